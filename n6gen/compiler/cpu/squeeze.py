"""Channels whose sums leave int32 only because of their bias, moved to where they fit.

Where a filter is next to nothing, a quantiser chooses the scale of its weights so that the bias just fits int32. Over
all inputs such a channel takes one value, or two neighbours, so that only the sum at which it changes counts: another
bias and a larger multiplier can change at the very same input.
"""

from __future__ import annotations

import attrs
import numpy as np


@attrs.frozen
class Sums:
    """A channel's lowest and highest sum, its multiplier, and what the output's zero point leaves of int8."""

    lowest: int
    highest: int
    multiplier: np.float32
    limits: tuple[int, int]

    def value(self, total: int, factor: int = 1) -> int:
        """What a sum becomes, before the zero point is added, with a multiplier that is larger by `factor`."""
        steps = np.rint(np.float32(total) * (self.multiplier * np.float32(factor)))
        return int(np.clip(steps, *self.limits))

    @property
    def is_constant(self) -> bool:
        """Whether all sums become one value."""
        return self.value(self.lowest) == self.value(self.highest)


def squeeze(sums: Sums, reach: int) -> tuple[int, np.float32] | None:
    """What to add to the bias, and another multiplier, so that no sum is further than `reach` from zero.

    None if the channel takes more than two values, or there is no such pair. Every sum keeps its value.
    """
    low, high = sums.value(sums.lowest), sums.value(sums.highest)
    change = _change(sums, low, sums.lowest, sums.highest)
    if sums.value(change) != high:
        return None
    factor = 2
    while factor <= reach:
        shift = _change(sums, low, -reach, reach, factor) - change
        ends = sums.lowest + shift, sums.highest + shift
        if max(map(abs, ends)) <= reach:
            if (sums.value(ends[0], factor), sums.value(ends[1], factor)) != (low, high):
                return None
            return shift, sums.multiplier * np.float32(factor)
        factor *= 2
    return None


def _change(sums: Sums, low: int, begin: int, end: int, factor: int = 1) -> int:
    """The first sum behind `begin` that becomes more than `low`; `end` if no earlier one does."""
    while begin + 1 < end:
        middle = (begin + end) // 2
        if sums.value(middle, factor) > low:
            end = middle
        else:
            begin = middle
    return end
