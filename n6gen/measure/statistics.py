"""Order statistics of samples."""

from __future__ import annotations

import math
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

    The median is the lower middle sample, so that each figure is one that was measured.
    """
    ordered = sorted(samples)
    return Summary(len(ordered), ordered[0], ordered[math.ceil(len(ordered) / 2) - 1], ordered[-1])
