"""`n6gen flash` and `n6gen boards` for the real board, as a user runs them, on the programmer's stand-in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, OTHER_SERIAL, SERIAL, Cube, cube
from tests.support.cli import Ran, n6gen

__all__ = ["cube"]

SMALL = images(3, fsbl=2_000, app=3_000, blob=4_000, board=DK.name)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "a build", SMALL, board=DK.name)


def failed(code: int, *words: str | Path, **env: str) -> Ran:
    """One clear line on stderr, the exit code, and no traceback; quickly."""
    started = time.monotonic()
    done = n6gen("flash", *words, env=env)
    seconds = time.monotonic() - started
    assert done.code == code, done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    # 2 s is what is promised; a loaded machine gets more.
    assert seconds < 10
    return done


def test_the_plan_and_the_result(cube: Cube, build: Path) -> None:
    """A plan with sectors and seconds before anything is written; what was done and the next step after it."""
    done = n6gen("flash", "--build", build)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split() == ["partition", "address", "size", "action", "sectors", "estimate"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["fsbl", "0x70000000"],
        ["app", "0x70100000"],
        ["weights", "0x70380000"],
    ]
    assert all("1 × 64 KiB" in line and line.rstrip().endswith("s") for line in lines[1:4])
    assert "every partition was read back and is right" in done.out
    again = n6gen("flash", "--build", build, "--json").json
    assert {part["action"] for part in again["partitions"]} == {"unchanged"}
    assert (again["serial"], again["programmer"], again["estimated_s"]) == (SERIAL, "stm32cubeprogrammer", 0)


def test_the_estimate_learns(cube: Cube, build: Path) -> None:
    """First the reference's formula, then what this very probe took."""
    big = write_build(build, images(1, app=200_000, board=DK.name), board=DK.name)
    first = n6gen("flash", "--build", big, "--dry-run", "--json").json["estimated_s"]
    assert first > 10
    n6gen("flash", "--build", big)
    second = n6gen("flash", "--build", big, "--force", "--dry-run", "--json").json["estimated_s"]
    assert second < first / 2


def test_only(cube: Cube, build: Path) -> None:
    """One partition; an app without its weights only if they are there already, or by force."""
    done = failed(5, "--build", build, "--only", "app")
    assert "does not hold the weights of its network" in done.err
    assert cube.erased() == []
    assert n6gen("flash", "--build", build, "--only", "weights").code == 0
    only = n6gen("flash", "--build", build, "--only", "app", "--json").json
    assert [(part["name"], part["action"]) for part in only["partitions"]] == [("app", "write")]
    write_build(build, images(4, board=DK.name), board=DK.name)
    failed(5, "--build", build, "--only", "app")
    assert n6gen("flash", "--build", build, "--only", "app", "--force").code == 0
    assert "its partitions: fsbl, app, weights" in failed(5, "--build", build, "--only", "nosuch").err.lower()


def test_a_refused_plan(cube: Cube, build: Path) -> None:
    """A dry run shows it with its reason."""
    cube.change(probes=[{"sn": SERIAL, "revision": "Rev Z"}])
    done = n6gen("flash", "--build", build, "--dry-run")
    assert done.code == 0
    assert "app is refused: its header has version 2.3" in done.out
    parts = n6gen("flash", "--build", build, "--dry-run", "--json").json["partitions"]
    assert [part["action"] for part in parts] == ["refuse", "refuse", "write"]
    assert "header" in parts[0]["reason"]


def test_no_programmer(build: Path, tmp_path: Path) -> None:
    """Exit 3, with what to install, and the board that needs nothing."""
    done = failed(3, "--build", build, PATH=str(tmp_path), HOME=str(tmp_path))
    assert "nothing here can program a stm32n6570-dk" in done.err
    assert "st.com" in done.err
    assert "--board virtual" in done.err


def test_no_probe(cube: Cube, build: Path) -> None:
    """Exit 4, with the cable."""
    cube.change(probes=[])
    assert "cable" in failed(4, "--build", build).err
    assert "cable" in failed(4, "--build", build, "--programmer", "stm32cubeprogrammer").err


def test_another_board(cube: Cube, build: Path, tmp_path: Path) -> None:
    """Exit 5: the build is for one board, what is there, or was asked for, is another."""
    other = write_build(tmp_path / "virtual", images(1))
    assert f"is for virtual, {SERIAL} is a stm32n6570-dk" in failed(5, "--build", other, "--sn", SERIAL).err
    assert "is for stm32n6570-dk, virtual-0 is a virtual" in failed(5, "--build", build, "--sn", "virtual-0").err
    assert "is for stm32n6570-dk, not for virtual" in failed(5, "--build", build, "--board", "virtual").err
    assert cube.erased() == []


def test_two_boards(cube: Cube, build: Path) -> None:
    """Exit 4 and both are listed; --sn decides."""
    cube.change(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL}])
    said = failed(4, "--build", build).err
    assert SERIAL in said
    assert OTHER_SERIAL in said
    assert n6gen("flash", "--build", build, "--sn", OTHER_SERIAL, "--json").json["serial"] == OTHER_SERIAL


def test_boards(cube: Cube) -> None:
    """Serial, board, state, link and programmer of each; the serial in full, to be copied."""
    cube.change(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL, "board": "NUCLEO-N657X0-Q"}])
    listed = {board["serial"]: board for board in n6gen("boards", "--json").json}
    assert (listed[SERIAL]["board"], listed[SERIAL]["state"]) == (DK.name, "ready")
    assert (listed[SERIAL]["nor"], listed[SERIAL]["programmer"]) == (None, "stm32cubeprogrammer")
    assert listed[OTHER_SERIAL]["board"] == "NUCLEO-N657X0-Q"
    assert "virtual-0" in listed
    out = n6gen("boards", env={"COLUMNS": "80"}).out
    assert SERIAL in out
    assert OTHER_SERIAL in out


def test_boards_with_a_wedged_probe(cube: Cube) -> None:
    """Others are listed all the same; the problem and its remedy are said."""
    cube.fail("list", "wedged", times=9)
    done = n6gen("boards")
    assert done.code == 0
    assert "virtual-0" in done.out
    assert "no longer answers on USB" in done.err
