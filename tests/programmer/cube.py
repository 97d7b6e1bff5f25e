"""Installs the stand-in of STM32CubeProgrammer, tells it how to fail, and reads what it was asked to do."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from n6gen.board.facts import load_board
from n6gen.flash.execute import Flashed
from tests.flash.fake_build import images, write_build

SERIAL = "003900343234511733353533"
OTHER_SERIAL = "002100363234510E37333934"
DK = load_board("stm32n6570-dk")
LOADER = DK.raw["probe"]["loader"]
STAND_IN = Path(__file__).resolve().parents[1] / "stand_ins" / "STM32_Programmer_CLI.py"


class Cube:
    """An installed stand-in. Its settings are read anew by every call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "an install, here" / "bin"
        (self.bin / "ExternalLoader").mkdir(parents=True)
        (self.bin / "ExternalLoader" / LOADER).write_bytes(b"loader")
        self.program = self.bin / "STM32_Programmer_CLI"
        self.program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S {shlex.quote(str(STAND_IN))} "$@"\n')
        self.program.chmod(0o755)
        self.settings(probes=[{"sn": SERIAL}])

    def settings(self, **values: Any) -> None:
        """Replace all settings."""
        (self.folder / "cube.json").write_text(json.dumps(values))

    def change(self, **values: Any) -> None:
        """Replace some settings."""
        self.settings(**{**json.loads((self.folder / "cube.json").read_text()), **values})

    def fail(self, at: str, kind: str, times: int = 1, **more: Any) -> None:
        """Fail at a step in a recorded way, so often."""
        self.change(faults=[{"at": at, "kind": kind, "times": times, **more}])

    @property
    def calls(self) -> list[dict[str, Any]]:
        """All calls so far."""
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []

    def forget(self) -> None:
        """Start a new list of calls."""
        (self.folder / "calls.jsonl").unlink(missing_ok=True)

    def erased(self) -> list[int]:
        """Addresses of the sectors that were erased, in order."""
        return [address for call in self.calls for address in call["erased"]]

    def nor(self, serial: str = SERIAL) -> Path:
        """The flash behind a probe."""
        return self.folder / f"{serial}.nor"

    def holds(self, name: str, size: int, serial: str = SERIAL) -> bytes:
        """What a partition holds."""
        return self.nor(serial).read_bytes()[DK.partition(name).offset :][:size]


@pytest.fixture
def cube(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cube:
    """The stand-in, installed where n6gen finds it, with one board."""
    made = Cube(tmp_path)
    monkeypatch.setenv("CUBE_STAND_IN", str(tmp_path))
    monkeypatch.setenv("N6GEN_CUBEPROGRAMMER", str(made.program))
    return made


NEW = images(1, board=DK.name)
#: One sector each: fewer calls.
SMALL = images(3, fsbl=2_000, app=3_000, blob=4_000, board=DK.name)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "a build", NEW, board=DK.name)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_build(tmp_path / "small", SMALL, board=DK.name)


def actions(result: Flashed) -> dict[str, tuple[str, int]]:
    return {entry["name"]: (entry["action"], entry["written"]) for entry in result.as_json()["partitions"]}
