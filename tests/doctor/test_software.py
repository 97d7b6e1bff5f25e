"""Programs and their versions: stand-ins on PATH that answer as the real ones do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from n6gen.doctor import packages, software
from n6gen.tools import known
from n6gen.tools.known import said_version

_CUBE = r"printf '\033[36m\033[01m      STM32CubeProgrammer v{}\033[0m\n'"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH; no other program can be found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    for tool in (known.CUBE_PROGRAMMER, known.SIGNING_TOOL, known.PROBE_RS):
        for variable in tool.variables:
            monkeypatch.delenv(variable, raising=False)
    return folder


def _stand_in(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_nothing_installed(tools: Path) -> None:
    """Each is missing with its fix; CMake and Ninja came with n6gen."""
    assert software.gcc().state == "missing"
    assert any("gcc-arm-none-eabi" in fix for fix in software.gcc().fixes)
    assert software.git(needed=True).state == "missing"
    assert software.git(needed=False).state == "optional"
    assert software.build_tool("cmake").state == "ok"
    assert software.build_tool("no-such-tool").state == "missing"
    compiler, located = software.stedgeai(needed=True)
    assert (compiler.state, located) == ("missing", None)


@pytest.mark.parametrize(
    ("says", "specs", "state"),
    [
        ("arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205", "/usr/lib/nano.specs", "ok"),
        ("arm-none-eabi-gcc (GNU Tools for STM32 13.3.rel1) 13.3.1 20240614", "/opt/nano.specs", "ok"),
        ("arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205", "nano.specs", "missing"),
        ("arm-none-eabi-gcc (GNU Arm) 9.3.1 20200408 (release)", "/usr/lib/nano.specs", "old"),
        ("", "", "missing"),
    ],
)
def test_gcc_must_be_new_enough_and_have_a_c_library(tools: Path, says: str, specs: str, state: str) -> None:
    """Debian packs newlib apart from the compiler."""
    script = f'case "$1" in --version) echo "{says}";; *) echo "{specs}";; esac'
    _stand_in(tools, "arm-none-eabi-gcc", script)
    assert software.gcc().state == state


@pytest.mark.parametrize(
    ("cube", "probe_rs", "states"),
    [
        (None, None, ("missing", "optional")),
        ("2.22.0", None, ("ok", "optional")),
        ("2.17.0", None, ("old", "optional")),
        ("2.20.0", None, ("old", "optional")),
        (None, "0.32.0", ("optional", "ok")),
        ("2.17.0", "0.32.0", ("optional", "ok")),
        (None, "0.29.1", ("missing", "optional")),
    ],
)
def test_one_programmer_is_enough(tools: Path, cube: str | None, probe_rs: str | None, states: tuple[str, str]) -> None:
    """Too old ones, and the release that cannot erase, do not count."""
    if cube:
        _stand_in(tools, "STM32_Programmer_CLI", _CUBE.format(cube))
    if probe_rs:
        _stand_in(tools, "probe-rs", f"echo 'probe-rs {probe_rs} (git commit: 1a2b3c4)'")
    found = {finding.name: finding for finding in software.programmers(needed=True)}
    assert (found["STM32CubeProgrammer"].state, found["probe-rs"].state) == states
    assert found["signing tool"].state == "optional"
    assert not any(finding.bad for finding in software.programmers(needed=False))


def test_a_wrong_variable_of_ours_is_told(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not an error of the doctor."""
    monkeypatch.setenv("N6GEN_CUBEPROGRAMMER", str(tools / "none"))
    cube = software.programmers(needed=True)[0]
    assert cube.state == "missing"
    assert "N6GEN_CUBEPROGRAMMER" in cube.detail


def test_cubeprogrammer_is_found_where_it_is_installed(tools: Path, tmp_path: Path) -> None:
    """The newest of several installs, by what they say of themselves."""
    if os.name != "posix" or os.uname().sysname != "Linux":
        pytest.skip("the known folders below the home folder are those of Linux")
    old = tmp_path / "ST" / "STM32CubeCLT_1.18.0" / "STM32CubeProgrammer" / "bin"
    new = tmp_path / "STMicroelectronics" / "STM32Cube" / "STM32CubeProgrammer" / "bin"
    for folder, version in ((old, "2.19.0"), (new, "2.22.0")):
        folder.mkdir(parents=True)
        _stand_in(folder, "STM32_Programmer_CLI", _CUBE.format(version))
    cube = software.programmers(needed=True)[0]
    assert cube.state == "ok"
    assert cube.detail.startswith(f"2.22.0, {new}")


def test_versions_are_read_past_colours(tmp_path: Path) -> None:
    """No number, or a program that does not run, is no version."""
    assert said_version(_stand_in(tmp_path, "a", _CUBE.format("2.22.0"))) == (2, 22, 0)
    assert said_version(_stand_in(tmp_path, "b", "echo none")) == ()
    assert said_version(tmp_path / "c") == ()


def test_packages_that_are_not_here_are_listed_by_what_they_are(tools: Path) -> None:
    """A fresh cache lacks everything."""
    found = packages.packages(needed=True)
    assert found.state == "missing"
    assert "hal" in found.detail
    assert "runtime" in found.detail
    assert found.fixes[0] == "n6gen vendor fetch"
    assert packages.packages(needed=False).state == "optional"


@pytest.mark.parametrize(
    ("release", "state", "said"),
    [
        ("4.0.0-20500 359356bb0", "missing", "vendor package runtime-4.0 is not on this machine"),
        ("4.0.1-20581 7ed50de05", "missing", "needs the NPU runtime ll_aton 1.1.3-275 (STEdgeAI 4.0.1)"),
        ("9.9.0-1 123456789", "optional", "not known yet"),
    ],
)
def test_compiler_and_runtime_must_fit(tools: Path, release: str, state: str, said: str) -> None:
    """By the compiler's release, before a network is compiled."""
    _stand_in(tools, "stedgeai", f"echo 'ST Edge AI Core v{release}'")
    compiler, located = software.stedgeai(needed=True)
    assert compiler.state == "ok"
    found = packages.runtime(located, needed=True)
    assert found.state == state
    assert said in found.detail


def test_an_install_brings_its_own_runtime(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a compiler whose runtime is nowhere public still fits."""
    install = tmp_path / "STEdgeAI" / "4.0"
    utilities = install / "Utilities" / "linux"
    utilities.mkdir(parents=True)
    _stand_in(utilities, "stedgeai", "echo 'ST Edge AI Core v4.0.1-20581 7ed50de05'")
    header = install / "Middlewares" / "ST" / "AI" / "Npu" / "ll_aton" / "ll_aton_version.h"
    header.parent.mkdir(parents=True)
    numbers = {"MAJOR": 1, "MINOR": 1, "MICRO": 3, "DEV": 275}
    header.write_text("".join(f"#define LL_ATON_VERSION_{name} ({value})\n" for name, value in numbers.items()))
    monkeypatch.setenv("STEDGEAI_CORE_DIR", str(install))
    _, located = software.stedgeai(needed=True)
    found = packages.runtime(located, needed=True)
    assert found.state == "ok"
    assert found.detail.startswith("1.1.3-275")
