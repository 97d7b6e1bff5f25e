"""`n6gen flash` as a user runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.instance import open_instance
from tests.flash.fake_build import images, write_build
from tests.support.cli import n6gen


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "a build, here", images(1))


def nor() -> Path:
    return Path(os.environ["N6GEN_STATE_DIR"]) / "virtual" / "virtual-0" / "nor.bin"


def overwrite(offset: int) -> None:
    with nor().open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


def test_first_second_and_after_damage(build: Path) -> None:
    """All is written; then nothing; then the sector with the wrong byte."""
    first = n6gen("flash", "--build", build, "--json")
    assert first.code == 0, first.err
    assert [(p["name"], p["action"]) for p in first.json["partitions"]] == [
        ("fsbl", "write"),
        ("app", "write"),
        ("weights", "write"),
    ]
    assert (first.json["board"], first.json["programmer"], first.json["verified"]) == ("virtual", "virtual", True)
    content = nor().read_bytes()
    for entry in first.json["partitions"]:
        data = images(1)[entry["name"]]
        assert entry["size"] == entry["written"] == len(data)
        assert entry["address"] == load_board("virtual").nor.base + entry["offset"]
        assert content[entry["offset"] :][: len(data)] == data

    second = n6gen("flash", "--build", build, "--json")
    assert {p["action"] for p in second.json["partitions"]} == {"unchanged"}

    overwrite(first.json["partitions"][1]["offset"] + 5000)
    third = n6gen("flash", "--build", build, "--json")
    assert [(p["action"], p["written"]) for p in third.json["partitions"]] == [
        ("unchanged", 0),
        ("write", 4096),
        ("unchanged", 0),
    ]
    assert nor().read_bytes() == content


def test_for_people(build: Path) -> None:
    """A table, and that it was verified; results on stdout, nothing on stderr when quiet."""
    done = n6gen("flash", "--build", build, "--quiet")
    assert done.code == 0
    assert "every partition was read back and is right" in done.out
    assert "0x28380000" in done.out
    assert done.err == ""


def test_dry_run(build: Path) -> None:
    """Says what it would do, and does not."""
    done = n6gen("flash", "--build", build, "--dry-run")
    assert done.code == 0
    assert done.out.count("write") == 3
    assert "nothing was written (--dry-run)" in done.out
    assert set(nor().read_bytes()) == {0xFF}


def test_force(build: Path) -> None:
    """Writes what is equal too."""
    n6gen("flash", "--build", build)
    done = n6gen("flash", "--build", build, "--force", "--json")
    assert {p["action"] for p in done.json["partitions"]} == {"write"}


def failed(code: int, *words: str | Path) -> str:
    done = n6gen("flash", *words)
    assert done.code == code, done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    first, *_ = done.err.splitlines()
    assert first.startswith("error: ")
    return done.err


def test_no_build(tmp_path: Path) -> None:
    """Neither a missing nor an unfinished build is flashed: exit 5, with the command that helps."""
    assert "n6gen build" in failed(5, "--build", tmp_path / "nothing")
    assert "n6gen build" in failed(5, "--build", tmp_path)


def test_build_for_another_board(build: Path) -> None:
    """Exit 5: by the option, and by the board that is there."""
    assert "is for virtual, not for stm32n6570-dk" in failed(5, "--build", build, "--board", "stm32n6570-dk")
    manifest = json.loads((build / "manifest.json").read_text())
    (build / "manifest.json").write_text(json.dumps(manifest | {"board": "stm32n6570-dk"}))
    failed(5, "--build", build, "--sn", "virtual-0")


def test_changed_image(build: Path) -> None:
    """A file that is not the one that was built: exit 5."""
    (build / "app.bin").write_bytes(b"something else")
    assert "is not the file that was built" in failed(5, "--build", build)


def test_which_board(build: Path) -> None:
    """Several and no --sn: exit 4 with their names. An unknown one: exit 4."""
    for serial in ("virtual-0", "virtual-1"):
        open_instance(serial)
    said = failed(4, "--build", build)
    assert "virtual-0, virtual-1" in said
    assert "--sn" in said
    assert n6gen("flash", "--build", build, "--sn", "virtual-1", "--json").json["serial"] == "virtual-1"
    failed(4, "--build", build, "--sn", "0123")


def test_busy(build: Path) -> None:
    """Somebody else uses the board: exit 4, naming them."""
    with open_instance("virtual-0").hold("measure", running=True):
        assert f"in use by n6gen measure, process {os.getpid()}" in failed(4, "--build", build)


def test_state_folder_that_cannot_be_written(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3: a permission is missing on this machine."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("N6GEN_STATE_DIR", str(tmp_path / "file"))
    assert "N6GEN_STATE_DIR" in failed(3, "--build", build)
