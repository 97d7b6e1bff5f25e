"""Where the shapes of a page's drawings lie. Plain numbers: the templates turn them into SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from n6gen.report.numbers import figure, size

#: A bar narrower than this has no room for its own label.
_LABEL = 64.0
#: Where one stage takes more than this of a frame, the others are drawn once more without it.
_DOMINANT = 0.9
#: Bins of a histogram, and from how many samples on there is one.
BINS = 64
_HISTOGRAM = 40
#: Width of a drawn memory.
MEMORY_WIDTH = 690.0


@attrs.frozen
class Bar:
    """A stage's part of a frame: `x` and `width` in the drawing, `share` as text."""

    name: str
    x: float
    width: float
    share: str
    figure: str
    labelled: bool


def stage_bars(session: Mapping[str, Any], width: float) -> list[Bar]:
    """The stages of a frame one after the other, as long as their medians; the sum is `width`."""
    parts = _parts(session)
    return _bars(parts, sum(parts.values()), width, session["unit"])


def rest_bars(session: Mapping[str, Any], width: float) -> list[Bar]:
    """The stages without the dearest, where that leaves no room to see them; shares are of the whole frame."""
    parts = _parts(session)
    whole, dearest = sum(parts.values()), max(parts, key=parts.__getitem__)
    if parts.pop(dearest) <= _DOMINANT * whole:
        return []
    return _bars(parts, whole, width, session["unit"])


def _parts(session: Mapping[str, Any]) -> dict[str, float]:
    return {name: stage["p50"] for name, stage in session["stages"].items() if name != "total"}


def _bars(parts: Mapping[str, float], whole: float, width: float, unit: str) -> list[Bar]:
    bars, x, drawn = [], 0.0, sum(parts.values()) or 1.0
    for name, part in parts.items():
        length = width * part / drawn
        bars.append(Bar(name, x, length, _share(part / (whole or 1.0)), figure(part, unit), length >= _LABEL))
        x += length
    return bars


def _share(share: float) -> str:
    return "< 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


@attrs.frozen
class Spread:
    """How the samples of a stage are spread, from 0 to the drawing's width.

    Either `dots`, one a sample, or `bins` (x, height 0..1) of a histogram; `marks` are quantiles as (label, x).
    """

    name: str
    low: str
    high: str
    dots: Sequence[float]
    bins: Sequence[tuple[float, float]]
    marks: Sequence[tuple[str, float]]
    n: int


def spreads(session: Mapping[str, Any], width: float) -> list[Spread]:
    """A drawing for each stage whose samples differ."""
    found = []
    for name, stage in session["stages"].items():
        samples = _samples(session, name)
        low, high = min(samples), max(samples)
        if low == high:
            continue
        places = [(sample - low) / (high - low) * width for sample in samples]
        few = len(samples) < _HISTOGRAM
        marks = [
            (f"{mark} {figure(stage[mark], session['unit'])}", (stage[mark] - low) / (high - low) * width)
            for mark in ("p50", "p95", "p99")
            if stage[mark] is not None
        ]
        found.append(
            Spread(
                name=name,
                low=figure(low, session["unit"]),
                high=figure(high, session["unit"]),
                dots=places if few else (),
                bins=() if few else _bins(places, width),
                marks=() if few else marks,
                n=len(samples),
            )
        )
    return found


def _bins(places: Sequence[float], width: float) -> list[tuple[float, float]]:
    counts = [0] * BINS
    for place in places:
        counts[min(BINS - 1, int(place / width * BINS))] += 1
    most = max(counts)
    return [(index * width / BINS, count / most) for index, count in enumerate(counts) if count]


def _samples(session: Mapping[str, Any], name: str) -> list[float]:
    if session["windows"]:
        return [sample for window in session["windows"] for sample in window["samples"][name]]
    return [frame["cost"][name] for frame in session["frames"]]


@attrs.frozen
class Block:
    """A region or partition within a memory: place and used part in the drawing, and what to say of it."""

    name: str
    x: float
    width: float
    used: float
    says: str
    labelled: bool


@attrs.frozen
class Row:
    """A memory: its name, first address, size, and what lies in it."""

    name: str
    base: str
    size: str
    says: str
    blocks: Sequence[Block]


def memory_rows(memory: Mapping[str, Any]) -> list[Row]:
    """Every memory in which a build has something, each drawn MEMORY_WIDTH long whatever its size."""
    if not memory:
        return []
    parts = [*memory["regions"], *memory["partitions"]]
    rows = []
    for entry in memory["memories"]:
        inside = [p for p in parts if entry["base"] <= p["base"] < entry["base"] + entry["size"]]
        if inside:
            scale = MEMORY_WIDTH / entry["size"]
            blocks = [_block(part, entry["base"], scale) for part in sorted(inside, key=lambda part: part["base"])]
            used = sum(part["used"] for part in inside if part["used"] is not None)
            known = any(part["used"] is not None for part in inside)
            says = f"{size(used)} used" if used else "unused" if known else "reserved"
            rows.append(Row(entry["name"], f"{entry['base']:#010x}", size(entry["size"]), says, blocks))
    return rows


def _block(part: Mapping[str, Any], base: int, scale: float) -> Block:
    length, used = part["size"] * scale, part["used"]
    says = f"{part['name']}: {size(part['size'])} at {part['base']:#010x}"
    if used is not None:
        says += f", {size(used)} used ({used / part['size']:.1%})"
    filled = max(1.5, used * scale) if used else 0.0
    return Block(part["name"], (part["base"] - base) * scale, length, filled, says, length >= _LABEL)
