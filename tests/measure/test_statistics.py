"""Order statistics."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from n6gen.measure.statistics import summarise


@given(st.lists(st.integers(0, 1 << 40), min_size=1))
def test_each_figure_is_a_sample_and_the_median_is_the_lower_one(samples: list[int]) -> None:
    """Minimum, median and maximum agree with the standard library."""
    summary = summarise(samples)
    assert (summary.n, summary.min, summary.max) == (len(samples), min(samples), max(samples))
    assert summary.p50 == statistics.median_low(samples)
