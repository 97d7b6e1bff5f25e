"""The programmer stm32cubeprogrammer: which tool, which probe, which board, which silicon."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.flash.session import Selection, flash
from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, OTHER_SERIAL, SERIAL, Cube, cube
from tests.programmer.test_cube import SMALL, actions, build, small

__all__ = ["build", "cube", "small"]


def test_two_boards(cube: Cube, small: Path) -> None:
    """Without --sn both are listed; with it, in either case of letters, the right one is written."""
    cube.change(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL}])
    with pytest.raises(BoardError, match="there are 2 boards: which one") as caught:
        flash(small)
    assert SERIAL in caught.value.message
    assert OTHER_SERIAL in caught.value.message
    flash(small, OTHER_SERIAL.lower())
    assert not cube.nor().exists()
    assert cube.holds("app", 100, OTHER_SERIAL) == SMALL["app"][:100]


def test_another_board(cube: Cube, small: Path) -> None:
    """A probe that is on another board is not written to."""
    cube.change(probes=[{"sn": SERIAL, "board": "NUCLEO-N657X0-Q"}])
    with pytest.raises(InputError, match=f"{SERIAL} is a NUCLEO-N657X0-Q"):
        flash(small)


def test_another_processor(cube: Cube, small: Path) -> None:
    """A probe by itself names no board: the processor behind it must be the right one."""
    cube.change(probes=[{"sn": SERIAL, "board": "--", "device": "0x450"}])
    with pytest.raises(InputError, match=f"{SERIAL} is a "):
        flash(small)
    cube.change(probes=[{"sn": SERIAL, "board": "--"}])
    flash(small, dry_run=True)


def test_silicon_of_another_cut(cube: Cube, build: Path) -> None:
    """Revision Z boots header 2.1 only: loader and app are refused, by a plan that says why."""
    cube.change(probes=[{"sn": SERIAL, "revision": "Rev Z"}])
    with pytest.raises(InputError, match=r"must not be written to .*: its header has version 2\.3, this silicon"):
        flash(build)
    assert cube.erased() == []
    assert {name: action for name, (action, _) in actions(flash(build, dry_run=True)).items()} == {
        "fsbl": "refuse",
        "app": "refuse",
        "weights": "write",
    }
    write_build(build, images(1, board=DK.name, header="2.1"), board=DK.name)
    flash(build)


def test_another_probe_answers(cube: Cube, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that used another probe than it was told to is not trusted any further."""
    cube.change(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL}])
    script = cube.program.read_text().replace('"$@"', '$(echo "$@" | sed s/sn=[0-9A-F]*//)')
    cube.program.write_text(script)
    with pytest.raises(BoardError, match=f"was told to use {OTHER_SERIAL} and used {SERIAL}"):
        flash(small, OTHER_SERIAL)


def test_an_unknown_serial(cube: Cube, small: Path) -> None:
    """The connected ones are named."""
    with pytest.raises(BoardError, match="no board with the serial number '0123'") as caught:
        flash(small, "0123")
    assert SERIAL in caught.value.things_to_try[0]


def test_not_installed(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked for, and the board that needs none of it."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(MissingToolError, match="nothing here can program a stm32n6570-dk") as caught:
        flash(small)
    assert any("N6GEN_CUBEPROGRAMMER" in hint for hint in caught.value.things_to_try)
    assert any("--board virtual" in hint for hint in caught.value.things_to_try)
    with pytest.raises(MissingToolError, match="no STM32CubeProgrammer on this machine"):
        flash(small, selection=Selection(programmer="stm32cubeprogrammer"))


def test_named_and_not_there(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that was named is not passed over in silence."""
    monkeypatch.setenv("N6GEN_CUBEPROGRAMMER", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere"):
        flash(small)
