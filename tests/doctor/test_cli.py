"""`n6gen doctor` as a user runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from n6gen.vendor.manifest import load_manifest
from tests.support.cli import n6gen
from tests.support.vendor import real_store

_NAMES = [
    "python",
    "arm-none-eabi-gcc",
    "cmake",
    "ninja",
    "qemu",
    "git",
    "vendor packages",
    "stedgeai",
    "NPU runtime",
    "STM32CubeProgrammer",
    "probe-rs",
    "signing tool",
    "udev rules",
    "serial port",
    "disk",
]


def _program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def test_an_empty_machine_is_unfit_for_the_real_board(tmp_path: Path) -> None:
    """Exit code 3; every line is there; what is missing has a fix."""
    ran = n6gen("doctor", "--json", env={"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert ran.code == 3
    assert (ran.json["board"], ran.json["ok"]) == ("stm32n6570-dk", False)
    findings = {finding["name"]: finding for finding in ran.json["findings"]}
    assert list(findings) == _NAMES
    for name in ("arm-none-eabi-gcc", "git", "vendor packages", "stedgeai", "STM32CubeProgrammer"):
        assert findings[name]["state"] == "missing"
        assert findings[name]["fixes"]
    assert findings["qemu"]["state"] == "optional"
    shown = n6gen("doctor", env={"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert shown.code == 3
    assert "n6gen vendor fetch" in shown.out
    assert "needed for stm32n6570-dk and not here: arm-none-eabi-gcc" in shown.err


@pytest.mark.qemu
def test_the_virtual_board_needs_no_vendor(tmp_path: Path) -> None:
    """With compiler and emulator a machine is fit, whatever else it lacks."""
    ran = n6gen("doctor", "--board", "virtual", "--json", env={"HOME": str(tmp_path)})
    states = {finding["name"]: finding["state"] for finding in ran.json["findings"]}
    assert (ran.code, ran.json["ok"]) == (0, True)
    assert states["qemu"] == "ok"
    assert states["vendor packages"] == "optional"


@pytest.mark.arm
def test_a_machine_with_everything_is_fit_for_the_real_board(tmp_path: Path) -> None:
    """Stand-ins for ST's tools, the real packages, and permissions as root or by rule."""
    store = real_store()
    if any(store.record(p) is None for p in load_manifest("stm32n6570-dk").packages):
        pytest.skip("the vendor packages are not fetched on this machine (n6gen vendor fetch)")
    if os.geteuid() != 0:
        pytest.skip("a user's permissions depend on this machine's set-up")
    _program(tmp_path / "bin", "stedgeai", "ST Edge AI Core v4.0.0-20500 359356bb0")
    _program(tmp_path / "bin", "probe-rs", "probe-rs 0.32.0 (git commit: 1a2b3c4)")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ran = n6gen("doctor", "--json", env={"PATH": path, "N6GEN_CACHE_DIR": str(store.folder.parent)})
    findings = {finding["name"]: finding for finding in ran.json["findings"]}
    assert (ran.code, ran.json["ok"]) == (0, True), findings
    assert findings["NPU runtime"]["detail"].startswith("1.1.3-262")
    assert findings["STM32CubeProgrammer"]["state"] == "optional"


def test_an_unknown_board() -> None:
    """Exit code 5, with those that there are."""
    ran = n6gen("doctor", "--board", "none")
    assert ran.code == 5
    assert "virtual" in ran.err
