"""Where `stedgeai` is looked for, in which order, and what an answer must look like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from n6gen.board import load_board
from n6gen.compiler.stedgeai.locate import locate, search
from n6gen.compiler.stedgeai.profile import compiler_options, render_pools
from n6gen.compiler.stedgeai.version import CoreVersion
from n6gen.errors import InputError, MissingToolError
from tests.compiler.stedgeai.conftest import install


def test_an_install_is_named_by_its_root_its_folder_or_its_program(bare: Path) -> None:
    """`--stedgeai` takes whatever a user has at hand."""
    root = bare / "somewhere" / "STEdgeAI" / "4.0"
    program = install(root / "Utilities" / "linux")
    for given in (root, root.parent, program.parent, program):
        found = locate(given)
        assert found.program == program
        assert found.core.number == "4.0.1"
        assert found.core_dir == root
        assert "STM32CubeAI 12.0.1-RC2" in found.components


def test_the_variables_come_before_path(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N6GEN_STEDGEAI, then STEDGEAI_CORE_DIR, then PATH."""
    on_path = install(bare / "bin")
    monkeypatch.setenv("PATH", f"{bare / 'bin'}:/usr/bin:/bin")
    assert locate().program == on_path
    core = install(bare / "core" / "Utilities" / "linux")
    monkeypatch.setenv("STEDGEAI_CORE_DIR", str(bare / "core"))
    assert locate().program == core
    own = install(bare / "own" / "Utilities" / "linux")
    monkeypatch.setenv("N6GEN_STEDGEAI", str(bare / "own"))
    found = locate()
    assert found.program == own
    assert found.source == "$N6GEN_STEDGEAI"


def test_a_stale_variable_of_the_vendors_is_passed_over(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An uninstalled release may leave STEDGEAI_CORE_DIR behind; our own variable is never passed over."""
    on_path = install(bare / "bin")
    monkeypatch.setenv("PATH", f"{bare / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("STEDGEAI_CORE_DIR", str(bare / "gone"))
    assert locate().program == on_path
    monkeypatch.setenv("N6GEN_STEDGEAI", str(bare / "gone"))
    with pytest.raises(InputError, match="gone"):
        locate()


def test_the_newest_install_wins_by_the_cores_number(bare: Path) -> None:
    """Packs of X-CUBE-AI before 4.0.0 have numbers of their own: 10.2.0 is 2.2."""
    pack = bare / "STM32Cube" / "Repository" / "Packs" / "STMicroelectronics" / "X-CUBE-AI"
    install(pack / "10.2.0" / "Utilities" / "linux")
    three = install(bare / "ST" / "STEdgeAI" / "3.0" / "Utilities" / "linux")
    assert search().path == three
    four = install(pack / "4.0.0" / "Utilities" / "linux")
    assert search().path == four


@pytest.mark.parametrize(
    "place",
    [
        "ST/STEdgeAI/4.0/Utilities/linux",
        "ST/STEdgeAI/4.0/4.0/Utilities/linux",
        "ST/STEdgeAI/Utilities/linux",
        "ST/STEdgeAI_2_1_0/2.1/Utilities/linux",
        "app/ST/STEdgeAI/3.0/Utilities/linux",
        "ST/STEdgeAI_Core/2.0/Utilities/linux",
    ],
)
def test_folders_that_were_seen_are_known(bare: Path, place: str) -> None:
    """Every layout on record, below a home."""
    assert search().path is None
    program = install(bare / place)
    assert search().path == program


def _script(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "stedgeai"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo something else", "is no stedgeai that runs: --version says something else"),
        ("exit 1", "--version says nothing"),
        ("echo 'ST Edge AI Core v4.0.1-20581 7ed50de05'; exit 1", "is no stedgeai that runs"),
        ("echo 'ST Edge AI Core v1.0.0-19899'", "knows no NPU"),
    ],
)
def test_a_program_that_does_not_answer_is_refused(bare: Path, text: str, message: str) -> None:
    """Whatever is called stedgeai must say that it is one, of 2.0 or newer."""
    with pytest.raises(MissingToolError, match=message):
        locate(_script(bare / "bin", text))


def test_text_in_front_of_the_title_does_not_matter(bare: Path) -> None:
    """Wrappers and Python warn before the tool speaks."""
    program = _script(bare / "bin", "echo warning; echo 'ST Edge AI Core v2.2.0-20266 2adc00962'; echo '   ISPU 1'")
    found = locate(program)
    assert str(found.core) == "2.2.0-20266 2adc00962"
    assert found.components == ("warning", "ISPU 1")
    assert found.core_dir is None


@pytest.mark.parametrize(
    ("release", "has", "has_not"),
    [
        ((2, 0, 0), ("--mvei", "--no-hw-sw-parallelism", "--Oalt-sched"), ("--Oauto-sched",)),
        ((2, 1, 0), ("--mvei", "--Oalt-sched"), ("--Oauto-sched", "--no-hw-sw-parallelism")),
        ((2, 2, 0), ("--mvei", "--Oauto-sched"), ("--Oalt-sched",)),
        ((3, 0, 0), ("--Oauto-sched",), ("--mvei", "--Oalt-sched")),
        ((4, 1, 0), ("--Oauto-sched",), ("--mvei", "--Oalt-sched")),
    ],
)
def test_options_are_those_of_the_release(
    release: tuple[int, int, int], has: tuple[str, ...], has_not: tuple[str, ...]
) -> None:
    """What ST's own profiles of that release have."""
    words = compiler_options(CoreVersion(*release), per_epoch=False).split()
    assert set(has) <= set(words)
    assert not set(has_not) & set(words)
    assert {"-O3", "--all-buffers-info", "--enable-epoch-controller", "--Omax-ca-pipe", "4"} <= set(words)


def test_the_profile_variant_leaves_the_epoch_controller_out() -> None:
    """And asks for the traffic of each epoch."""
    words = compiler_options(CoreVersion(4, 0, 1), per_epoch=True)
    assert "--enable-epoch-controller" not in words
    assert "--csv-file network" in words


def test_a_pool_that_lies_nowhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """board.toml must say where each pool lies."""
    import attrs

    board = load_board("stm32n6570-dk")
    raw = {**board.raw, "npu": {**board.raw["npu"], "pool": [{**board.raw["npu"]["pool"][0], "in": "nowhere"}]}}
    with pytest.raises(InputError, match="'nowhere', which is nowhere"):
        render_pools(attrs.evolve(board, raw=raw))


def test_the_search_is_told(stand_in: Callable[[str], Path]) -> None:
    """The place that had it is named."""
    stand_in("4.0.0")
    assert locate().source == "PATH"
