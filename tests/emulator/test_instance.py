"""Virtual boards by name: made once, held by one process at a time, free when that process is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from n6gen.emulator.instance import instances, open_instance
from n6gen.errors import BoardError, InputError, MissingToolError


def test_the_default_one_is_there_without_asking() -> None:
    """virtual-0 exists on first use, blank, switched off."""
    (instance,) = instances()
    assert instance.serial == "virtual-0"
    assert instance.nor == Path(os.environ["N6GEN_STATE_DIR"]) / "virtual" / "virtual-0" / "nor.bin"
    assert instance.nor.read_bytes() == b"\xff" * instance.board.nor.size
    assert instance.state() == "off"


def test_no_default_beside_a_named_one() -> None:
    """Who made a board of his own gets no second one."""
    open_instance("virtual-9")
    assert [instance.serial for instance in instances()] == ["virtual-9"]


def test_content_stays() -> None:
    """Opening an instance again does not blank it."""
    with open_instance("virtual-0").open_nor() as nor:
        nor.program(0, b"1234")
    assert open_instance("virtual-0").nor.read_bytes()[:4] == b"1234"


@pytest.mark.parametrize(
    "serial", ["", "board", "../virtual-1", "virtual-/x", "virtual- 1", ".virtual-1", "virtual-" * 9]
)
def test_names_that_are_no_virtual_board(serial: str) -> None:
    """A typing error does not make a board, and no name leads out of the folder."""
    with pytest.raises(BoardError, match="no board with the serial number"):
        open_instance(serial)
    assert not (Path(os.environ["N6GEN_STATE_DIR"]) / "virtual").exists()


def test_made_once_by_many() -> None:
    """Two that come at the same time get the same board."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(open_instance, ["virtual-0"] * 8))
    assert len(set(map(str, made))) == 1


def test_state_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Said in one line, with the variable to set."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("N6GEN_STATE_DIR", str(tmp_path / "file" / "state"))
    with pytest.raises(MissingToolError, match="cannot make the virtual board") as caught:
        open_instance("virtual-0")
    assert any("N6GEN_STATE_DIR" in hint for hint in caught.value.things_to_try)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"board": "nosuch"}'])
def test_broken_description(text: str) -> None:
    """An instance that cannot be read is bad input."""
    instance = open_instance("virtual-0")
    (instance.folder / "instance.json").write_text(text)
    with pytest.raises(InputError):
        open_instance("virtual-0")


@pytest.mark.parametrize(("running", "state"), [(False, "busy"), (True, "running")])
def test_held(running: bool, state: str) -> None:
    """While it is held, its state says how, and nobody else gets it; then it is off again."""
    instance = open_instance("virtual-0")
    with instance.hold("measure", running=running):
        assert instance.state() == state
        holder = json.loads((instance.folder / "holder.json").read_text())
        assert (holder["pid"], holder["command"]) == (os.getpid(), "measure")
        with pytest.raises(BoardError, match=f"in use by n6gen measure, process {os.getpid()} on"):
            instance.hold("flash", patience=0.1).__enter__()
        assert instance.state() == state
    assert instance.state() == "off"
    assert not (instance.folder / "holder.json").exists()


def test_free_when_the_holder_was_killed() -> None:
    """A kill -9 of the holder frees the board; what it left behind does not matter."""
    instance = open_instance("virtual-0")
    script = (
        "import time\nfrom n6gen.emulator.instance import open_instance\n"
        "with open_instance('virtual-0').hold('measure', running=True):\n print('held', flush=True)\n time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        assert instance.state() == "running"
        process.kill()
    started = time.monotonic()
    with instance.hold("flash"):
        assert time.monotonic() - started < 1
        assert instance.state() == "busy"
