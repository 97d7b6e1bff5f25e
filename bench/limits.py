"""What the project has set itself, for ST's network with the Helium kernels and the head cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from bench.counts import Counts, Row
from bench.subjects import ST


@attrs.frozen
class Limit:
    """`most` of what `of` takes from the figures of a row, at `resolution`; `first` was the limit before."""

    what: str
    resolution: int
    first: int | None
    most: int
    of: Callable[[Mapping[str, int]], int]


def _work(figures: Mapping[str, int]) -> int:
    return figures["network"] + figures["decode"]


def _memory(figures: Mapping[str, int]) -> int:
    return figures["arena_bytes"]


_INSTRUCTIONS = "network + decode, instructions"
_ACTIVATIONS = "activations, bytes, input included"
LIMITS = (
    Limit(_INSTRUCTIONS, 256, 75_000_000, 60_000_000, _work),
    Limit(_INSTRUCTIONS, 320, 92_000_000, 60_000_000, _work),
    Limit(_INSTRUCTIONS, 416, 196_000_000, 155_000_000, _work),
    Limit(_ACTIVATIONS, 320, 640_000, 410_000, _memory),
    Limit(_ACTIVATIONS, 416, 1_100_000, 650_000, _memory),
    Limit("decode to 320×320, instructions, dearest frame", 320, None, 300_000, lambda figures: figures["decode_max"]),
    Limit("present, instructions", 320, None, 160_000, lambda figures: figures["present"]),
)


def judged(counts: Counts) -> list[tuple[Limit, int, bool]]:
    """Each limit whose row is kept, what it is, and whether that is within the limit."""
    found: list[tuple[Limit, Row | None]] = [(limit, counts.row((ST, limit.resolution, "mve"))) for limit in LIMITS]
    values = [(limit, limit.of(row.figures)) for limit, row in found if row is not None]
    return [(limit, value, value <= limit.most) for limit, value in values]
