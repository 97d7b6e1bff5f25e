"""Where the shapes of a page's drawings lie. Plain numbers: the templates turn them into SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from n6gen.report.numbers import figure, size

#: A bar narrower than this has no room for its own label.
_LABEL = 64.0
#: Bins of a histogram.
_BINS = 48


@attrs.frozen
class Bar:
    """A stage's part of a frame: `x` and `width` in the drawing, `share` 0..1."""

    name: str
    x: float
    width: float
    share: float
    figure: str
    labelled: bool


def stage_bars(session: Mapping[str, Any], width: float) -> list[Bar]:
    """The stages of a frame one after the other, as long as their medians; the sum is `width`."""
    parts = {name: stage["p50"] for name, stage in session["stages"].items() if name != "total"}
    whole = sum(parts.values()) or 1.0
    bars, x = [], 0.0
    for name, part in parts.items():
        length = width * part / whole
        bars.append(Bar(name, x, length, part / whole, figure(part, session["unit"]), length >= _LABEL))
        x += length
    return bars


@attrs.frozen
class Spread:
    """How the samples of a stage are spread: bins as heights 0..1, and marks (label, x) from 0 to `width`."""

    name: str
    low: str
    high: str
    bins: Sequence[tuple[float, float]]
    marks: Sequence[tuple[str, float]]
    n: int


def spreads(session: Mapping[str, Any], width: float) -> list[Spread]:
    """A histogram for each stage whose samples differ."""
    found = []
    for name, stage in session["stages"].items():
        samples = _samples(session, name)
        low, high = min(samples), max(samples)
        if low == high:
            continue
        scale = width / (high - low)
        counts = [0] * _BINS
        for sample in samples:
            counts[min(_BINS - 1, int((sample - low) / (high - low) * _BINS))] += 1
        most = max(counts)
        bins = [(index * width / _BINS, count / most) for index, count in enumerate(counts) if count]
        marks = [(mark, (stage[mark] - low) * scale) for mark in ("p50", "p95", "p99") if stage[mark] is not None]
        ends = (figure(low, session["unit"]), figure(high, session["unit"]))
        found.append(Spread(name, *ends, bins, marks, len(samples)))
    return found


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


def memory_rows(memory: Mapping[str, Any], width: float) -> list[Row]:
    """Every memory in which a build has something, each drawn `width` long whatever its size."""
    if not memory:
        return []
    parts = [*memory["regions"], *memory["partitions"]]
    rows = []
    for entry in memory["memories"]:
        inside = [p for p in parts if entry["base"] <= p["base"] < entry["base"] + entry["size"]]
        if inside:
            scale = width / entry["size"]
            blocks = [_block(part, entry["base"], scale) for part in sorted(inside, key=lambda part: part["base"])]
            used = sum(part["used"] for part in inside if part["used"] is not None)
            says = f"{size(used)} used" if used else "reserved"
            rows.append(Row(entry["name"], f"{entry['base']:#010x}", size(entry["size"]), says, blocks))
    return rows


def _block(part: Mapping[str, Any], base: int, scale: float) -> Block:
    length, used = part["size"] * scale, part["used"]
    says = f"{part['name']}: {size(part['size'])} at {part['base']:#010x}"
    if used is not None:
        says += f", {size(used)} used ({used / part['size']:.1%})"
    filled = 0.0 if used is None else max(1.5, used * scale)
    return Block(part["name"], (part["base"] - base) * scale, length, filled, says, length >= _LABEL)
