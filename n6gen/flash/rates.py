"""How long work on a board takes: at first what the programmer says, then what was measured with that very probe."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from n6gen.programmer.base import Rates
from n6gen.tools.files import write_json
from n6gen.tools.paths import state_dir

#: Less than this says nothing about a rate, in bytes.
_ENOUGH = 64 << 10


@attrs.define
class _Sum:
    calls: int = 0
    size: int = 0
    seconds: float = 0.0

    def rate(self, start: float, otherwise: float) -> float:
        """Seconds per 1024 bytes, without what the calls cost by themselves."""
        if self.size < _ENOUGH:
            return otherwise
        return max(0.0, self.seconds - self.calls * start) / (self.size / 1024)


class Stopwatch:
    """Adds up what a flash really took."""

    def __init__(self) -> None:
        """Start at zero."""
        self._started = time.monotonic()
        self._sums = {"start": _Sum(), "read": _Sum(), "write": _Sum()}

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._started

    @contextmanager
    def measure(self, kind: str, size: int = 0) -> Iterator[None]:
        """Add one call of a kind (start, read, write) that works on `size` bytes, if it succeeds."""
        started = time.monotonic()
        yield
        one = self._sums[kind]
        one.calls += 1
        one.size += size
        one.seconds += time.monotonic() - started

    def rates(self, before: Rates) -> Rates:
        """The rates after this flash; `before` where too little was read or written to tell."""
        start = self._sums["start"]
        start_s = start.seconds / start.calls if start.calls else before.start_s
        return Rates(
            start_s=start_s,
            read_s=self._sums["read"].rate(start_s, before.read_s),
            write_s=self._sums["write"].rate(start_s, before.write_s),
        )


def known_rates(programmer: str, serial: str, otherwise: Rates) -> Rates:
    """What was measured last with this programmer and this probe, else `otherwise`."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Rates(**json.loads(_file(programmer, serial).read_text(encoding="utf-8")))
    return otherwise


def keep_rates(programmer: str, serial: str, rates: Rates) -> None:
    """Remember them for the next plan. Where that fails the next estimate is worse, nothing else."""
    with contextlib.suppress(OSError):
        write_json(_file(programmer, serial), attrs.asdict(rates))


def _file(programmer: str, serial: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{programmer}-{serial}")
    return state_dir() / "rates" / f"{name}.json"
