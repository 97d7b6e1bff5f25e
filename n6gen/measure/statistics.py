"""Order statistics of samples."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Summary:
    """What a stage cost over `n` samples, in the session's unit."""

    n: int
    min: int
    p50: int
    max: int


def summarise(samples: Sequence[int]) -> Summary:
    """Minimum, median and maximum of at least one sample.

    The median of an even number is the lower middle sample: each figure is one that was measured.
    """
    ordered = sorted(samples)
    return Summary(len(ordered), ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1])
