"""One user at a time of a thing that has a folder of its own: a board, a probe.

::

    lock          held by whoever uses the thing; the system lets go of it when that process ends
    holder.json   who that is
    tool          held by that process and by the programs that it started for the thing (`Hold.keep`)

A process that is killed leaves its programs behind: one may still be writing to a board. So that the next user does not
start a second writer, `tool` stays locked until the last of them has ended, and is waited for.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import attrs
from filelock import FileLock, Timeout

from n6gen.errors import BoardError
from n6gen.tools.files import write_json

#: How long a thing in use is waited for unless a caller says otherwise, in seconds.
PATIENCE_S = 2.0
#: How long a program is waited for that a killed process left behind, in seconds.
_ORPHAN_S = 180.0
#: A lock that is held for no longer than this was only looked at, in seconds.
_GLANCE_S = 0.2
_POLL_S = 0.05


@attrs.frozen
class Holder:
    """Who uses a thing. `running`: with its processor on."""

    pid: int
    host: str
    command: str
    since: str
    running: bool = False

    def __str__(self) -> str:
        """For a message."""
        return f"n6gen {self.command}, process {self.pid} on {self.host}, since {self.since}"


@attrs.frozen
class Hold:
    """A thing that is held. `keep`: file descriptors that every program which works on the thing must inherit."""

    keep: tuple[int, ...] = ()


def nobody(_: str) -> None:
    """Tell nobody."""


@contextmanager
def hold(
    folder: Path,
    name: str,
    command: str,
    *remedies: str,
    running: bool = False,
    programs: bool = False,
    patience: float = PATIENCE_S,
    say: Callable[[str], None] = nobody,
) -> Iterator[Hold]:
    """Be the only user of the thing called `name`, in all processes of this machine, while the context lasts.

    `programs`: others are started for it, which inherit `Hold.keep`; those that a killed holder left are waited for.
    Raises BoardError, with `remedies`, that names the holder if it is still in use after `patience` seconds. `say` is
    told, once, of a long wait.
    """
    lock = file_lock(folder, patience)
    _acquire(lock, folder, name, remedies, say)
    keep: tuple[int, ...] = ()
    try:
        keep = _tether(folder, name, say) if programs else ()
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        who = Holder(os.getpid(), socket.gethostname(), command, since, running)
        write_json(folder / "holder.json", attrs.asdict(who))
        yield Hold(keep)
    finally:
        (folder / "holder.json").unlink(missing_ok=True)
        for descriptor in keep:
            os.close(descriptor)
        lock.release()


def holder(folder: Path) -> Holder | None:
    """Who holds the thing, None if nobody does. A holder that is not known yet has the process id 0."""
    try:
        with file_lock(folder, _GLANCE_S):
            return None
    except Timeout:
        return _read(folder) or Holder(0, socket.gethostname(), "?", "just now")


def in_use(folder: Path, name: str) -> str:
    """The sentence that names who holds `name`."""
    found = _read(folder)
    return f"{name} is in use" + (f" by {found}" if found else "")


def file_lock(folder: Path, patience: float) -> FileLock:
    """The lock itself, not acquired; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    # A machine may be switched off by another thread than the one that switched it on.
    return FileLock(folder / "lock", timeout=patience, thread_local=False)


def _acquire(lock: FileLock, folder: Path, name: str, remedies: tuple[str, ...], say: Callable[[str], None]) -> None:
    try:
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=min(_GLANCE_S, lock.timeout))
        if not lock.is_locked:
            # Nobody needs to hear of a wait that is over before he has read it.
            if lock.timeout > PATIENCE_S:
                say(f"waiting: {_in_use(folder, name)}")
            lock.acquire(timeout=max(0.0, lock.timeout - _GLANCE_S))
    except Timeout:
        raise BoardError(_in_use(folder, name), *remedies) from None


def _in_use(folder: Path, name: str) -> str:
    found = _read(folder)
    return f"{name} is in use" + (f" by {found}" if found else "")


def _tether(folder: Path, name: str, say: Callable[[str], None]) -> tuple[int, ...]:
    """Lock `tool`; waits for programs of a holder that is gone. Nothing where descriptors are not inherited."""
    if os.name != "posix":
        return ()
    descriptor = os.open(folder / "tool", os.O_RDWR | os.O_CREAT, 0o666)
    deadline = time.monotonic() + _ORPHAN_S
    if not _locked(descriptor):
        say(f"waiting: a program that a killed n6gen left behind still works on {name}")
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise BoardError(
                    f"{name} is in use by a program that a killed n6gen left behind",
                    f"End that program; `fuser {folder / 'tool'}` says which one it is.",
                )
            time.sleep(_POLL_S)
    return (descriptor,)


def _locked(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads((folder / "holder.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
