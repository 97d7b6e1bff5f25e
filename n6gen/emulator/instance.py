"""Virtual boards by name: each has a folder with its flash, and one user at a time.

::

    $N6GEN_STATE_DIR/virtual/<serial>/
        instance.json   which board it is; written last, so a folder without one is no board yet
        nor.bin         the flash
        lock            held by whoever uses the board (n6gen.tools.hold), with holder.json
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import attrs

from n6gen.board.facts import Board, load_board
from n6gen.emulator.nor import BLANK, Nor
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.tools.files import write_atomic, write_json
from n6gen.tools.hold import PATIENCE_S, file_lock, hold, holder, nobody
from n6gen.tools.paths import state_dir

#: The instance that exists without being asked for, and what the names of others begin with.
DEFAULT_SERIAL = "virtual-0"
PREFIX = "virtual-"

State = Literal["off", "running", "busy"]
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@attrs.frozen
class Instance:
    """One virtual board. Make it with `open_instance`; every use of its flash goes through `hold`."""

    serial: str
    folder: Path
    board: Board

    @property
    def nor(self) -> Path:
        """The file that is its flash; byte 0 = base of the NOR."""
        return self.folder / "nor.bin"

    def open_nor(self) -> Nor:
        """Its flash, to be used while it is held. Raises BoardError if the file is not what it should be."""
        return Nor(self.nor, self.board.nor.size, (self.board.erase_small, self.board.erase_large))

    def state(self) -> State:
        """off: nobody uses it. running: its processor is on. busy: its flash is being read or written."""
        found = holder(self.folder)
        return "off" if found is None else "running" if found.running else "busy"

    @contextmanager
    def hold(
        self, command: str, *, running: bool = False, patience: float = PATIENCE_S, say: Callable[[str], None] = nobody
    ) -> Iterator[None]:
        """Be its only user while the context lasts; see n6gen.tools.hold."""
        remedies = ("Wait until that ends (--wait), or use another virtual board: --sn virtual-1.",)
        with hold(self.folder, self.serial, command, *remedies, running=running, patience=patience, say=say):
            yield


def instances() -> list[Instance]:
    """All virtual boards, by serial. The default one is made if there is none."""
    folders = sorted(file.parent for file in _root().glob("*/instance.json"))
    return [_read(folder) for folder in folders] or [open_instance(DEFAULT_SERIAL)]


def open_instance(serial: str, board: str = "virtual") -> Instance:
    """The virtual board called `serial`; made, with a blank flash, if its name begins with ``virtual-``.

    Raises BoardError if there is none and the name has another form, MissingToolError if its folder cannot be written.
    """
    folder = _root() / serial
    if _SERIAL.fullmatch(serial) and (folder / "instance.json").is_file():
        return _read(folder)
    if not _SERIAL.fullmatch(serial) or not serial.startswith(PREFIX):
        raise BoardError(
            f"there is no board with the serial number {serial!r}",
            "Run `n6gen boards` to see what is there.",
            f"A name like {PREFIX}1 makes a new virtual board.",
        )
    return _make(folder, load_board(board))


def _root() -> Path:
    return state_dir().absolute() / "virtual"


def _make(folder: Path, board: Board) -> Instance:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file_lock(folder, PATIENCE_S * 5):
            # Another process may have been first.
            if not (folder / "instance.json").is_file():
                write_atomic(folder / "nor.bin", BLANK * board.nor.size)
                write_json(folder / "instance.json", {"schema": 1, "board": board.name})
    except OSError as error:
        raise MissingToolError(
            f"cannot make the virtual board {folder.name} in {folder.parent}: {error.strerror or error}",
            "Set N6GEN_STATE_DIR to a folder that you may write to.",
        ) from error
    return _read(folder)


def _read(folder: Path) -> Instance:
    file = folder / "instance.json"
    try:
        board = json.loads(file.read_text(encoding="utf-8"))["board"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} does not describe a virtual board: {error}", f"Remove {folder}.") from error
    return Instance(folder.name, folder, load_board(board))
