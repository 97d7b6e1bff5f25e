"""Which published rows cannot be: a figure beyond what the hardware has."""

from __future__ import annotations

import attrs

from n6gen.zoo.rows import Row, bound_facts

_KIB = 1024


@attrs.frozen
class Bound:
    """A limit that a row breaks: its name, what it says, and the row's figure beside it."""

    name: str
    says: str
    found: str


def broken_bounds(row: Row) -> list[Bound]:
    """All limits that `row` breaks, as far as its figures were published."""
    return [
        Bound(fact["name"], fact["says"], found)
        for fact in bound_facts()
        if (found := _CHECKS[fact["name"]](row, fact.get("limit", 0.0)))
    ]


def _flash_stream(row: Row, limit: float) -> str | None:
    if row.flash_kib is None:
        return None
    speed = row.flash_kib * _KIB / (row.ms * 1e3)
    return f"{speed:.0f} MB/s" if speed > limit else None


def _pool(row: Row, limit: float) -> str | None:
    return f"{row.internal_kib:g} KiB" if row.internal_kib is not None and row.internal_kib > limit else None


def _copied(row: Row, _limit: float) -> str | None:
    return f"{row.ms:g}" if row.ms in (row.internal_kib, row.external_kib, row.flash_kib) else None


_CHECKS = {"flash-stream": _flash_stream, "on-chip-pool": _pool, "time-is-memory": _copied}
