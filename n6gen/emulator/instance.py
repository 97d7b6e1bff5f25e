"""Virtual boards by name: each has a folder with its flash, and one user at a time.

::

    $N6GEN_STATE_DIR/virtual/<serial>/
        instance.json   which board it is; written last, so a folder without one is no board yet
        nor.bin         the flash
        lock            held by whoever uses the board; the system lets go of it when that process ends
        holder.json     who holds the lock
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import attrs
from filelock import FileLock, Timeout

from n6gen.board.facts import Board, load_board
from n6gen.emulator.nor import BLANK, Nor
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.tools.files import write_atomic, write_json
from n6gen.tools.paths import state_dir

#: The instance that exists without being asked for, and what the names of others begin with.
DEFAULT_SERIAL = "virtual-0"
PREFIX = "virtual-"
#: How long a board that is in use is waited for, in seconds.
PATIENCE_S = 2.0

State = Literal["off", "running", "busy"]
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@attrs.frozen
class Holder:
    """Who uses an instance. `running`: with its processor on."""

    pid: int
    host: str
    command: str
    since: str
    running: bool = False

    def __str__(self) -> str:
        """For a message."""
        return f"n6gen {self.command}, process {self.pid} on {self.host}, since {self.since}"


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
        try:
            with _lock(self.folder, 0):
                return "off"
        except Timeout:
            holder = _holder(self.folder)
            return "running" if holder and holder.running else "busy"

    @contextmanager
    def hold(self, command: str, *, running: bool = False, patience: float = PATIENCE_S) -> Iterator[None]:
        """Be the only user, in all processes of this machine, while the context lasts.

        Raises BoardError that names the holder if it is still in use after `patience` seconds.
        """
        lock = _lock(self.folder, patience)
        try:
            lock.acquire()
        except Timeout:
            found = _holder(self.folder)
            raise BoardError(
                f"{self.serial} is in use" + (f" by {found}" if found else ""),
                "Wait until that ends, or use another virtual board: --sn virtual-1.",
            ) from None
        try:
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            holder = Holder(os.getpid(), socket.gethostname(), command, since, running)
            write_json(self.folder / "holder.json", attrs.asdict(holder))
            yield
        finally:
            (self.folder / "holder.json").unlink(missing_ok=True)
            lock.release()


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
        with _lock(folder, PATIENCE_S * 5):
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


def _lock(folder: Path, patience: float) -> FileLock:
    # A machine may be switched off by another thread than the one that switched it on.
    return FileLock(folder / "lock", timeout=patience, thread_local=False)


def _holder(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads((folder / "holder.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
