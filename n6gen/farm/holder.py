"""Who holds a place, written so that a janitor can tell whether he still lives.

labgrid records one text for whoever acquires a place, ``host/user``, and never asks again. n6gen puts into it the
process, when that process started, the system's boot, and a number of this one hold: no file, nothing to keep in step.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
from pathlib import Path

import attrs

PROC = Path("/proc")
_NAME = re.compile(r"(?P<host>[^/]+)/n6gen-(?P<pid>\d+)-(?P<start>\d+)-(?P<boot>[0-9a-f]+)-(?P<hold>[0-9a-f]+)")
#: The field behind a process's state that says when it started, in ticks since the boot (proc(5)).
_START = 19


@attrs.frozen
class Holder:
    """One hold of one process. `str` is what the coordinator gets to know."""

    host: str
    pid: int
    start: int
    boot: str
    hold: str

    def __str__(self) -> str:
        """As the coordinator's `acquired` says it."""
        return f"{self.host}/n6gen-{self.pid}-{self.start}-{self.boot}-{self.hold}"

    @classmethod
    def new(cls) -> Holder:
        """This process, for a hold that no other has the number of."""
        return cls(this_host(), os.getpid(), _started(os.getpid()) or 0, _boot(), secrets.token_hex(4))

    @classmethod
    def read(cls, acquired: str) -> Holder | None:
        """Whom the coordinator names; None if that is nobody of n6gen's (a person, another tool)."""
        found = _NAME.fullmatch(acquired)
        if found is None:
            return None
        return cls(found["host"], int(found["pid"]), int(found["start"]), found["boot"], found["hold"])

    def dead(self) -> bool:
        """Whether it is sure that the process is gone: only a process of this machine can be told dead."""
        if self.host != this_host():
            return False
        return self.boot != _boot() or _started(self.pid) != self.start


def this_host() -> str:
    """This machine's name as holders carry it."""
    return socket.gethostname()


def _boot() -> str:
    """The beginning of the id of this boot; process numbers begin anew with each."""
    return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]


def _started(pid: int) -> int | None:
    """When a process started; None if there is none of this number, or only its remains."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[_START])
