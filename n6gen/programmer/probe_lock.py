"""One user at a time of a debug probe, by its serial number, and where what its tools say is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from n6gen.programmer.base import Access
from n6gen.tools.files import write_atomic
from n6gen.tools.hold import Hold, Holder, hold, holder
from n6gen.tools.paths import state_dir


@contextmanager
def hold_probe(serial: str, access: Access) -> Iterator[Hold]:
    """Be the only n6gen of this user that uses a probe; BoardError that names who does otherwise. Begins a new log."""
    remedy = "Wait until that ends (--wait), or use another board: `n6gen boards` lists them."
    with hold(
        _folder(serial), serial, access.command, remedy, programs=True, patience=access.patience, say=access.say
    ) as held:
        write_atomic(log_of(serial), "")
        yield held


def holder_of(serial: str) -> Holder | None:
    """The n6gen that uses a probe, if one does."""
    folder = _folder(serial)
    return holder(folder) if folder.is_dir() else None


def log_of(serial: str) -> Path:
    """Where all that tools said is kept, of the last use of this probe."""
    return _folder(serial) / "programmer.log"


def _folder(serial: str) -> Path:
    # Old probes have serial numbers with odd characters; tools differ in how they write the letters.
    return state_dir().absolute() / "probes" / re.sub(r"[^A-Za-z0-9._-]", "_", serial.upper())
