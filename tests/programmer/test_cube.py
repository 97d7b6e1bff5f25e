"""The programmer stm32cubeprogrammer against its stand-in: what it types, what it believes, when it tries again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from n6gen.errors import BoardError, MissingToolError
from n6gen.flash.session import Selection, flash
from n6gen.programmer import ladder, stm32cubeprogrammer
from n6gen.programmer.base import Access, Area
from n6gen.programmer.cube_cli import Cli
from n6gen.programmer.failures import Limits
from n6gen.programmer.registry import load
from n6gen.programmer.stm32cubeprogrammer import CubeProgrammer
from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, LOADER, NEW, SERIAL, SMALL, Cube, actions, build, cube, small

__all__ = ["build", "cube", "small"]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody really waits; the list has how long somebody would have."""
    waited: list[float] = []
    monkeypatch.setattr(ladder, "sleep", waited.append)
    return waited


def words(call: dict[str, Any]) -> list[str]:
    """The arguments of a call, files without their folders."""
    return [Path(word).name if "/" in word else word for word in call["argv"]]


def test_a_blank_board(cube: Cube, build: Path) -> None:
    """Everything is written at its place and read back; a second flash writes nothing."""
    result = flash(build)
    for name, data in NEW.items():
        assert cube.holds(name, len(data)) == data
    assert (result.serial, result.programmer, result.board) == (SERIAL, "stm32cubeprogrammer", DK.name)
    before = len(cube.erased())
    assert set(actions(flash(build)).values()) == {("unchanged", 0)}
    assert len(cube.erased()) == before


def test_an_app_change_writes_the_app_only(cube: Cube, build: Path) -> None:
    """Only its sectors are erased; the header's sector goes first and comes last."""
    flash(build)
    cube.forget()
    write_build(build, NEW | {"app": images(2, board=DK.name)["app"]}, board=DK.name)
    assert actions(flash(build)) == {
        "fsbl": ("unchanged", 0),
        "app": ("write", len(NEW["app"])),
        "weights": ("unchanged", 0),
    }
    base = DK.partition("app").address
    assert cube.erased() == [base, base + 0x1_0000, base]


def test_what_is_typed(cube: Cube, build: Path) -> None:
    """The board by its serial number, access port 1, ST's loader and reset before every use of it, no other option."""
    flash(build)
    listing, connect, read = map(words, cube.calls[:3])
    assert listing == ["-q", "-l", "st-link-only"]
    to_board = ["-q", "-c", "port=SWD", "ap=1", f"sn={SERIAL}", "mode=HOTPLUG"]
    assert connect == to_board
    assert read == [*to_board, "-el", LOADER, "-hardRst", "-r", "0x70000000", str(len(NEW["fsbl"])), "read.bin"]
    assert [*to_board, "-el", LOADER, "-hardRst", "-w", "write.bin", "0x70000000", "-v"] in map(words, cube.calls)
    assert words(cube.calls[-1]) == [*to_board, "-hardRst"]
    for call in cube.calls[1:]:
        assert f"sn={SERIAL}" in call["argv"]
        assert {word for word in call["argv"] if word.startswith("-")} <= {
            "-q",
            "-c",
            "-el",
            "-hardRst",
            "-w",
            "-v",
            "-r",
        }


@pytest.mark.parametrize("option", ["-ob", "-otp", "-e", "--erase", "-rstbl", "-fillmemory", "-pwr", "--skipErase"])
def test_what_can_never_be_typed(option: str) -> None:
    """Option bytes, fuses, and erasing by number are not in n6gen's vocabulary, whoever asks."""
    with pytest.raises(ValueError, match="must not call"):
        Cli(Path("STM32_Programmer_CLI")).call(["-c", "port=SWD", option, "displ"], timeout=1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
def test_its_libraries_come_first(cube: Cube, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Linux, and the user's own path stays behind them."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/some where")
    flash(build, dry_run=True)
    assert {call["libraries"] for call in cube.calls} == {f"{cube.bin.parent / 'lib'}:/some where"}


def test_files_of_any_name(cube: Cube, small: Path) -> None:
    """Compilers name weights `.raw`, which the tool refuses: it never sees a build's own file."""
    (small / "weights.bin").rename(small / "weights.raw")
    manifest = small / "manifest.json"
    manifest.write_text(manifest.read_text().replace("weights.bin", "weights.raw"))
    flash(small)
    assert cube.holds("weights", len(SMALL["weights"])) == SMALL["weights"]


CAUSES = [
    ("connect", "no-permission", MissingToolError, "may not open it"),
    ("connect", "wedged", BoardError, "no longer answers on USB"),
    ("connect", "no-probe", BoardError, "no debug probe is connected"),
    ("read", "no-loader", MissingToolError, "no external loader"),
    ("erase", "erase-refused", BoardError, "refuses to be erased"),
    ("write", "write-failed", BoardError, "the loader failed while it wrote"),
    ("verify", "verify-mismatch", BoardError, "does not hold what was written"),
    ("verify", "vanishes", BoardError, "ended without saying that it was done"),
    ("write", "vanishes", BoardError, "ended without saying that it was done"),
    ("read", "vanishes", BoardError, "ended without saying that it was done"),
    ("write", "complains-only", BoardError, "an error that n6gen does not know"),
]


@pytest.mark.parametrize(("at", "kind", "error", "cause"), CAUSES)
def test_failures_that_nothing_helps_against(
    cube: Cube, small: Path, waits: list[float], at: str, kind: str, error: type[Exception], cause: str
) -> None:
    """One cause, named with the board; not tried again; where the log is; and the next flash finishes."""
    cube.fail(at, kind)
    with pytest.raises(error, match=f"^{SERIAL}: .*{cause}") as caught:
        flash(small)
    assert waits == []
    hints = caught.value.things_to_try  # type: ignore[attr-defined]
    log = Path(hints[-1].removeprefix("All that it said: "))
    assert "STM32CubeProgrammer v2.22.0" in log.read_text()
    flash(small)
    assert {name: cube.holds(name, len(data)) for name, data in SMALL.items()} == SMALL


def test_a_busy_probe_is_tried_again(cube: Cube, small: Path, waits: list[float]) -> None:
    """With growing patience, three times; then it is an error."""
    cube.fail("connect", "busy", times=3)
    flash(small)
    assert waits == [1.0, 2.0, 4.0]
    waits.clear()
    cube.fail("read", "busy", times=4)
    with pytest.raises(BoardError, match="another program uses the probe"):
        flash(small)
    assert waits == [1.0, 2.0, 4.0]


def test_lost_contact_is_tried_again_once(cube: Cube, small: Path, waits: list[float]) -> None:
    """More slowly, and under reset; what worked is kept."""
    cube.fail("read", "protocol")
    flash(small)
    later = cube.calls[-1]["argv"]
    assert "mode=UR" in later
    assert "freq=1000" in later
    cube.fail("read", "protocol", times=2)
    with pytest.raises(BoardError, match="lost each other"):
        flash(small)


def test_the_ladder(cube: Cube, small: Path, waits: list[float]) -> None:
    """A processor that cannot be had while it runs is had under reset, where no reset needs to be asked for."""
    cube.fail("connect", "no-target", times=99, mode="HOTPLUG")
    flash(small)
    modes = [word for call in cube.calls[1:] for word in call["argv"] if word.startswith("mode=")]
    assert modes == ["mode=HOTPLUG", *["mode=UR"] * (len(modes) - 1)]
    assert not any("-hardRst" in call["argv"] for call in cube.calls[2:-1])


def test_no_target_at_all(cube: Cube, small: Path, waits: list[float]) -> None:
    """Under reset neither: the switches, in the words of this board."""
    cube.fail("connect", "no-target", times=2)
    with pytest.raises(BoardError, match="not in the development position") as caught:
        flash(small)
    assert caught.value.things_to_try[0] == DK.raw["boot"]["develop"]
    assert len(cube.calls) == 3


def test_switches_in_the_flash_position(cube: Cube, build: Path) -> None:
    """Reads work under reset, erasing does not: the reference's matrix. The remedy is the switches; nothing is torn."""
    flash(build)
    write_build(build, images(2, board=DK.name), board=DK.name)
    cube.change(probes=[{"sn": SERIAL, "switches": "flash"}])
    with pytest.raises(BoardError, match="refuses to be erased: the boot switches") as caught:
        flash(build)
    assert caught.value.things_to_try[0] == DK.raw["boot"]["develop"]
    assert {name: cube.holds(name, len(data)) for name, data in NEW.items()} == NEW
    cube.change(probes=[{"sn": SERIAL}])
    flash(build)
    assert cube.holds("app", 100) == images(2, board=DK.name)["app"][:100]


@pytest.mark.parametrize("kind", ["silent", "corrupt"])
def test_success_is_not_believed(cube: Cube, small: Path, kind: str) -> None:
    """The tool says that it wrote and verified, exit status 0; the flash holds something else: read-back finds it."""
    cube.change(faults=[{"at": "write", "kind": kind}, {"at": "verify", "kind": "silent"}])
    with pytest.raises(BoardError, match="weights does not hold what was written: at 0x7038"):
        flash(small)


@pytest.mark.parametrize("after", [0, 1, 30_000, 65_535, 65_600])
def test_a_tool_that_dies(cube: Cube, build: Path, after: int) -> None:
    """Killed after so many bytes of one call: an error, and the next flash finds the truth and finishes."""
    old = images(2, board=DK.name)
    write_build(build, old, board=DK.name)
    flash(build)
    write_build(build, NEW, board=DK.name)
    cube.change(die_after=after)
    if after < 65_536:
        with pytest.raises(BoardError, match="ended without saying that it was done"):
            flash(build)
    for entry in flash(build, dry_run=True).as_json()["partitions"]:
        data = NEW[entry["name"]]
        assert (entry["action"] == "unchanged") == (cube.holds(entry["name"], len(data)) == data)
    cube.change(die_after=None)
    flash(build)
    assert {name: cube.holds(name, len(data)) for name, data in NEW.items()} == NEW


def test_a_tool_that_hangs(cube: Cube, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped, and the probe is named as what needs a hand."""
    short = Limits(list_s=20, connect_s=20, work_s=1.5, work_per_kib_s=0)
    monkeypatch.setattr(stm32cubeprogrammer, "LIMITS", short)
    cube.fail("erase", "hang")
    with pytest.raises(BoardError, match="did not end in time") as caught:
        flash(small)
    assert "Unplug" in caught.value.things_to_try[0]
    flash(small)


def test_a_list_that_hangs(cube: Cube, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that only lists probes."""
    monkeypatch.setattr(stm32cubeprogrammer, "LIMITS", Limits(list_s=1.0))
    cube.fail("list", "hang")
    with pytest.raises(BoardError, match="did not end in time"):
        flash(small)


def test_too_old(cube: Cube, small: Path) -> None:
    """Before 2.18 it knew no STM32N6; 2.20.0 is used with a warning, and named when it fails as it is known to."""
    cube.change(version="2.17.0")
    with pytest.raises(MissingToolError, match=r"2\.17\.0 is too old"):
        flash(small)
    cube.change(version="2.20.0")
    said: list[str] = []
    selection = Selection(access=Access(say=said.append))
    flash(small, selection=selection)
    assert any("2.20.0 is known to fail" in line for line in said)
    cube.fail("erase", "erase-refused")
    with pytest.raises(MissingToolError, match=r"2\.20\.0 is known to fail") as caught:
        flash(small, force=True)
    assert "2.21" in caught.value.things_to_try[0]


def test_no_loader_beside_it(cube: Cube, small: Path) -> None:
    """Said before anything is done."""
    (cube.bin / "ExternalLoader" / LOADER).unlink()
    with pytest.raises(MissingToolError, match=f"no external loader {LOADER} beside"):
        flash(small)


def test_the_loader_is_found_through_a_link(
    cube: Cube, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to the tool in a folder of PATH leads to its loader too."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "STM32_Programmer_CLI").symlink_to(cube.program)
    monkeypatch.delenv("N6GEN_CUBEPROGRAMMER")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}{os.pathsep}{os.environ['PATH']}")
    flash(small, dry_run=True)


def test_several_areas_in_one_call(cube: Cube) -> None:
    """Areas that do not touch travel as Intel HEX; what lies between them stays."""
    base = DK.partition("weights").address
    with CubeProgrammer().open(SERIAL, DK, Access()) as target:
        target.write([Area(base, b"a" * 0x3_0000)])
        target.write([Area(base, b"b" * 0x1_0000), Area(base + 0x2_0000, b"c" * 10)])
        assert target.read(base, 0x2_000A) == b"b" * 0x1_0000 + b"a" * 0x1_0000 + b"c" * 10
        target.erase(base)
        assert target.read(base, 0x1_0000) == b"\xff" * 0x1_0000
        assert target.differing(base, b"\xff" * 0x1_0000 + b"a" * 0x1_0000) == []
    assert words(cube.calls[1])[-3:] == ["-w", "write.hex", "-v"]


def test_the_registry_has_it() -> None:
    """By its name."""
    assert load("stm32cubeprogrammer").name == "stm32cubeprogrammer"
