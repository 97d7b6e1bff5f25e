"""Flashing: what is on the board decides, what was written is read back, and a kill at any moment is repaired."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from n6gen.board.facts import Board, load_board
from n6gen.emulator.instance import Instance, open_instance
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.flash import session
from n6gen.flash.execute import Flashed
from n6gen.flash.session import Selection, flash
from n6gen.image.manifest import FILE_NAME
from n6gen.programmer.base import Access, Area, Identity, Rates, Runner, Target, Traits, differing_in
from tests.flash.fake_build import images, killed_after, write_build

BOARD = load_board("virtual")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "a build", images(1))


def held(instance: Instance, name: str, size: int) -> bytes:
    with instance.open_nor() as nor:
        return nor.read(BOARD.partition(name).offset, size)


def actions(result: Flashed) -> dict[str, tuple[str, int]]:
    return {entry["name"]: (entry["action"], entry["written"]) for entry in result.as_json()["partitions"]}


def test_first_flash_writes_all(build: Path) -> None:
    """Everything is written to a blank board, at its place, and the result says what the issue promises."""
    result = flash(build)
    content = images(1)
    for name, data in content.items():
        assert held(open_instance("virtual-0"), name, len(data)) == data
    said = result.as_json()
    seconds = [said.pop("estimated_s"), said.pop("seconds"), *(part.pop("estimated_s") for part in said["partitions"])]
    assert all(isinstance(value, float) and value >= 0 for value in seconds)
    assert said == {
        "partitions": [
            {
                "name": name,
                "address": BOARD.partition(name).address,
                "offset": BOARD.partition(name).offset,
                "size": len(data),
                "sectors": -(-len(data) // 0x1000),
                "action": "write",
                "written": len(data),
            }
            for name, data in content.items()
        ],
        "board": "virtual",
        "serial": "virtual-0",
        "programmer": "virtual",
        "strategy": "flash",
        "dry_run": False,
        "verified": True,
    }


def test_second_flash_writes_nothing(build: Path) -> None:
    """Unchanged is decided by reading the board, and the file keeps its time stamp."""
    flash(build)
    before = open_instance("virtual-0").nor.stat().st_mtime_ns
    assert actions(flash(build)) == dict.fromkeys(("fsbl", "app", "weights"), ("unchanged", 0))
    assert open_instance("virtual-0").nor.stat().st_mtime_ns == before


def test_only_the_damaged_sector_is_rewritten(build: Path) -> None:
    """One byte overwritten behind our back costs one sector, and is right again."""
    flash(build)
    instance = open_instance("virtual-0")
    offset = BOARD.partition("weights").offset + 20_000
    with instance.nor.open("r+b") as file:
        file.seek(offset)
        old = file.read(1)
        file.seek(offset)
        file.write(bytes([old[0] ^ 0xFF]))
    assert actions(flash(build)) == {"fsbl": ("unchanged", 0), "app": ("unchanged", 0), "weights": ("write", 4096)}
    assert held(instance, "weights", len(images(1)["weights"])) == images(1)["weights"]


def test_an_app_change_leaves_the_weights(build: Path) -> None:
    """Only the app is written when only the app is new."""
    flash(build)
    write_build(build, images(1) | {"app": images(2)["app"]})
    result = actions(flash(build))
    assert (result["fsbl"], result["weights"]) == (("unchanged", 0), ("unchanged", 0))
    assert result["app"][0] == "write"


def test_force_and_dry_run(build: Path) -> None:
    """`force` writes what is equal; a dry run writes nothing, whatever it says."""
    flash(build)
    before = open_instance("virtual-0").nor.read_bytes()
    assert {action for action, written in actions(flash(build, force=True)).values()} == {"write"}
    write_build(build, images(2))
    dry = flash(build, dry_run=True)
    assert set(actions(dry).values()) == {("write", 0)}
    assert dry.as_json()["verified"] is False
    assert open_instance("virtual-0").nor.read_bytes() == before


def test_a_shorter_image_leaves_the_rest(build: Path) -> None:
    """Nothing outside of the image's own sectors is erased."""
    flash(build)
    write_build(build, images(1) | {"app": images(2, app=8_000)["app"]})
    flash(build)
    old = images(1)["app"]
    assert held(open_instance("virtual-0"), "app", len(old))[0x3000:] == old[0x3000:]


def test_progress_ends_at_the_plans_work(build: Path) -> None:
    """A bar that follows it is full at the end, and never runs backwards."""
    planned: list[int] = []
    seen: list[int] = []
    flash(build, on_plan=lambda plans, _: planned.append(sum(p.work for p in plans)), on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1:] == planned


class TestBadBuild:
    """What cannot be flashed is said before a board is looked for."""

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no build folder"):
            flash(tmp_path / "nothing")

    def test_no_manifest(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no finished build") as caught:
            flash(tmp_path)
        assert any("n6gen build" in hint for hint in caught.value.things_to_try)

    @pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda data: b""])
    def test_changed_file(self, build: Path, damage: object) -> None:
        file = build / "weights.bin"
        file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
        with pytest.raises(InputError, match=r"weights.bin is not the file that was built"):
            flash(build)

    def test_missing_file(self, build: Path) -> None:
        (build / "app.bin").unlink()
        with pytest.raises(InputError, match=r"cannot read .*app.bin"):
            flash(build)

    def test_too_large(self, build: Path) -> None:
        with pytest.raises(InputError, match="do not fit into"):
            flash(write_build(build, images(1, app=BOARD.partition("app").size)))

    def test_bad_header(self, build: Path) -> None:
        content = images(1)
        with pytest.raises(InputError, match="image of app is bad: binary type 0x10"):
            flash(write_build(build, content | {"app": content["fsbl"]}))

    def test_bad_trailer(self, build: Path) -> None:
        with pytest.raises(InputError, match="image of weights is bad: weights-trailer"):
            flash(write_build(build, images(1) | {"weights": bytes(256)}))

    @pytest.mark.parametrize(
        ("key", "value", "says"),
        [("name", "nosuch", "no partition nosuch"), ("name", "fsbl", "puts fsbl at"), ("offset", 0, "puts app at")],
    )
    def test_other_layout(self, build: Path, key: str, value: object, says: str) -> None:
        manifest = json.loads((build / FILE_NAME).read_text())
        manifest["partitions"][1][key] = value
        (build / FILE_NAME).write_text(json.dumps(manifest))
        with pytest.raises(InputError, match=says):
            flash(build)


class TestWhichBoard:
    """The board that is meant is found, or the user is asked."""

    def test_the_only_one(self, build: Path) -> None:
        open_instance("virtual-7")
        assert flash(build).serial == "virtual-7"

    def test_several(self, build: Path) -> None:
        open_instance("virtual-0")
        open_instance("virtual-1")
        with pytest.raises(BoardError, match=r"2 boards: which one\? virtual-0, virtual-1"):
            flash(build)
        assert flash(build, "virtual-1").serial == "virtual-1"

    def test_new_by_name(self, build: Path) -> None:
        assert flash(build, "virtual-new").serial == "virtual-new"

    @pytest.mark.parametrize("serial", ["0039003433", "", "../virtual-0"])
    def test_unknown(self, build: Path, serial: str) -> None:
        with pytest.raises(BoardError, match="no board with the serial number"):
            flash(build, serial)

    def test_other_than_asked_for(self, build: Path) -> None:
        with pytest.raises(InputError, match="is for virtual, not for stm32n6570-dk"):
            flash(build, selection=Selection(board="stm32n6570-dk"))

    def test_build_for_another_board(self, build: Path) -> None:
        """A virtual board that is not the one that the build is for refuses it."""
        instance = open_instance("virtual-0")
        (instance.folder / "instance.json").write_text('{"schema": 1, "board": "stm32n6570-dk"}')
        os.truncate(instance.nor, load_board("stm32n6570-dk").nor.size)
        with pytest.raises(InputError, match="is for virtual, virtual-0 is a stm32n6570-dk"):
            flash(build, "virtual-0")

    def test_nothing_can_program_it(self, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("n6gen.programmer.registry.names", list)
        with pytest.raises(MissingToolError, match="nothing here can program a virtual"):
            flash(build)


class FlakyTarget:
    """A board in memory whose flash has one stuck byte."""

    traits = Traits(0x1000, 0x1_0000, Rates(0.0, 0.0, 0.0))

    def __init__(self, stuck: int) -> None:
        self.flash = bytearray(b"\xff" * BOARD.nor.size)
        self.stuck = stuck

    def identify(self) -> Identity:
        return Identity("flaky", None)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.flash[address - BOARD.nor.base :][:size])

    def differing(self, address: int, data: bytes) -> list[int]:
        return differing_in(self.read(address, len(data)), data, 0x1000)

    def erase(self, address: int) -> None:
        self.flash[address - BOARD.nor.base : address - BOARD.nor.base + 0x1000] = b"\xff" * 0x1000

    def write(self, areas: Sequence[Area]) -> None:
        for area in areas:
            at = area.address - BOARD.nor.base
            self.flash[at : at + len(area.data)] = area.data
            if at <= self.stuck < at + len(area.data):
                self.flash[self.stuck] = 0x5A

    def reset(self) -> None:
        raise AssertionError("a board that failed to verify is not started")

    def runner(self) -> Runner:
        raise AssertionError


class FlakyProgrammer:
    name = "flaky"

    def __init__(self, target: FlakyTarget) -> None:
        self.target = target

    @contextmanager
    def open(self, serial: str, board: Board, access: Access) -> Iterator[Target]:
        yield self.target


@pytest.mark.parametrize(("name", "at"), [("fsbl", 0), ("app", 12_345), ("weights", 4096)])
def test_verify_names_partition_and_address(build: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int) -> None:
    """A flash that does not hold what was written is an error, with the first wrong byte."""
    target = FlakyTarget(BOARD.partition(name).offset + at)
    monkeypatch.setattr(session, "choose", lambda board, serial, **how: (FlakyProgrammer(target), "flaky"))
    address = BOARD.partition(name).address + at
    with pytest.raises(BoardError, match=f"{name} does not hold what was written: at {address:#010x} .. was .* 5a is"):
        flash(build)


def test_a_torn_image_has_no_valid_key(tmp_path: Path) -> None:
    """Between old and new there is no moment at which a mixture carries a valid header or trailer."""
    old, new = images(1, app=30_000, blob=40_000), images(2, app=34_000, blob=38_000)
    flash(write_build(tmp_path / "old", old))
    build = write_build(tmp_path / "new", new)
    instance = open_instance("virtual-0")
    clean = instance.nor.read_bytes()
    for writes in random.Random(7).sample(range(1500), 5):
        instance.nor.write_bytes(clean)
        killed_after(build, writes)
        for name in ("fsbl", "app"):
            found = held(instance, name, len(new[name]))
            whole = found[: len(old[name])] == old[name][: len(found)] or found == new[name]
            assert whole or found[:0x400] not in {old[name][:0x400], new[name][:0x400]}


def test_two_flashers_take_turns(tmp_path: Path) -> None:
    """Of two processes on one board, one waits for the other or is told who holds it: the images never mix."""
    builds = [write_build(tmp_path / f"{seed}", images(seed)) for seed in (1, 2)]
    script = "import sys\nfrom pathlib import Path\nfrom n6gen.flash.session import flash\nflash(Path(sys.argv[1]))"
    open_instance("virtual-0")
    running = [subprocess.Popen([sys.executable, "-c", script, build], stderr=subprocess.PIPE) for build in builds]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert 0 in {returncode for _, returncode in ends}
    assert all(
        returncode == 0 or b"BoardError: virtual-0 is in use by n6gen flash" in said for said, returncode in ends
    )
    instance = open_instance("virtual-0")
    found = {name: held(instance, name, len(data)) for name, data in images(1).items()}
    assert found in (images(1), images(2))


def test_a_held_board_is_busy(build: Path) -> None:
    """While somebody else holds the board, the error names them; nothing is written."""
    instance = open_instance("virtual-0")
    before = instance.nor.read_bytes()
    done = threading.Event()

    def hold() -> None:
        with instance.hold("measure", running=True):
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        while instance.state() != "running":
            time.sleep(0.02)
        with pytest.raises(BoardError, match=r"virtual-0 is in use by n6gen measure, process \d+ on "):
            flash(build)
    finally:
        done.set()
        holder.join()
    assert instance.nor.read_bytes() == before
    assert instance.state() == "off"
