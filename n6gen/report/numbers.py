"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def figure(value: float, unit: str) -> str:
    """A cost: whole where the unit is counted, to the microsecond where it is a time in ms."""
    return f"{value:,.3f}" if unit == "ms" else f"{value:,.0f}"


def or_na(value: float | None, unit: str, why: str | None) -> str:
    """A cost, or that there is none and why."""
    return figure(value, unit) if value is not None else f"n/a ({why})" if why else "n/a"


def interval(ends: tuple[float, float] | None, unit: str, why: str | None) -> str:
    """An interval of costs, or that there is none and why."""
    return or_na(None, unit, why) if ends is None else f"{figure(ends[0], unit)} – {figure(ends[1], unit)}"


def share(value: float | None) -> str:
    """A share of pixels: never rounded up to all of them. None: nothing was compared."""
    if value is None:
        return "n/a"
    return "1" if value == 1 else f"{min(value, 0.99999):.5f}"


def size(count: int) -> str:
    """Bytes in the largest unit that keeps a whole digit."""
    for unit, much in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= much:
            return f"{count / much:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} B"


def unit_label(session: Mapping[str, Any]) -> str:
    """The unit, and that it is no time of a real board where that is so."""
    return f"{session['unit']} (emulated)" if session["emulated"] else str(session["unit"])


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested conditions as dotted names and texts; None reads n/a."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", " ".join(map(str, value)) or "none"
        else:
            words = {None: "n/a", True: "yes", False: "no"}
            known = value is None or isinstance(value, bool)
            yield f"{prefix}{key}", words[value] if known else str(value)
