"""Order statistics: against scipy, against the standard library, and in simulation."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from n6gen.measure.statistics import (
    CONFIDENCE,
    LEAST_TICKS,
    deviation,
    difference,
    interval,
    least_samples,
    quantile,
    ratio,
    summarise,
)

_PERCENTILES = (50, 95, 99)


@given(st.lists(st.integers(0, 1 << 40), min_size=1))
def test_each_figure_is_a_sample_and_the_median_is_the_lower_one(samples: list[int]) -> None:
    """Minimum, median and maximum agree with the standard library."""
    summary = summarise(samples)
    assert (summary.n, summary.min, summary.max) == (len(samples), min(samples), max(samples))
    assert summary.p50 == statistics.median_low(samples)


def test_quantiles_spreads_and_intervals_agree_with_scipy() -> None:
    """1,200 random samples of every size from 1 to 600: quantiles, MAD and interval are scipy's."""
    rng = np.random.default_rng(20)
    draws = (rng.integers, rng.exponential, rng.standard_normal)
    seen = dict.fromkeys(_PERCENTILES, 0)
    for number in range(1200):
        n = 1 + number // 2
        raw = rng.integers(0, 50, n) if number % 3 == 0 else draws[number % 3](size=n)
        sample = sorted(raw.tolist())
        percent = _PERCENTILES[number % 3 - 1]
        assert quantile(sample, percent) == np.quantile(sample, percent / 100, method="inverted_cdf")
        theirs = scipy.stats.quantile_test(sample, p=percent / 100).confidence_interval(CONFIDENCE)
        ours = interval(sample, percent)
        if ours is None:
            assert math.isnan(theirs.low) or math.isnan(theirs.high)
        else:
            seen[percent] += 1
            assert ours == (theirs.low, theirs.high)
        if n % 2:
            assert deviation(sample) == scipy.stats.median_abs_deviation(sample)
    assert all(count > 100 for count in seen.values())


@pytest.mark.parametrize(("n", "ranks"), [(5, None), (6, (1, 6)), (10, (2, 9)), (30, (10, 21)), (100, (40, 61))])
def test_intervals_of_the_median_have_the_known_ranks(n: int, ranks: tuple[int, int] | None) -> None:
    """The table in every textbook: five samples have no 95 % interval of the median."""
    assert interval(range(1, n + 1), 50) == ranks


@pytest.mark.parametrize(
    ("percent", "n"), [(50, 6), (50, 60), (50, 1000), (95, 100), (95, 300), (95, 1000), (99, 500), (99, 1000)]
)
def test_intervals_hold_the_true_quantile_as_often_as_they_say(percent: int, n: int) -> None:
    """4,000 simulated sessions: the share of intervals that hold the true value is at least nominal, and not 1."""
    rng = np.random.default_rng(n + percent)
    truth = -math.log(1 - percent / 100)
    ranks = interval(range(n), percent)
    assert ranks is not None
    sorted_samples = np.sort(rng.exponential(size=(4000, n)), axis=1)
    low, high = (sorted_samples[:, int(rank)] for rank in ranks)
    covered = float(((low <= truth) & (truth <= high)).mean())
    # Three standard errors of 4,000 trials below the nominal 0.95.
    assert 0.9397 <= covered < 0.999


@pytest.mark.parametrize(("n", "m"), [(30, 30), (100, 40), (500, 500)])
def test_differences_and_ratios_hold_the_truth_as_often_as_they_say(n: int, m: int) -> None:
    """Medians of unlike distributions: the intervals cover at least nominally."""
    rng = np.random.default_rng(n)
    slow, fast = rng.exponential(3.0, (1500, n)), rng.normal(5.0, 0.5, (1500, m))
    truth = 3 * math.log(2)
    held = [0, 0]
    for one, two in zip(np.sort(slow, axis=1).tolist(), np.sort(fast, axis=1).tolist(), strict=True):
        apart, times = difference(one, two), ratio(one, two)
        assert apart is not None
        assert times is not None
        held[0] += apart[0] <= truth - 5.0 <= apart[1]
        held[1] += times[0] <= truth / 5.0 <= times[1]
    assert all(count / 1500 >= 0.95 for count in held)


def test_the_clocks_resolution_widens_differences_and_ratios() -> None:
    """By a tick at each end; a ratio to what may be nothing is none."""
    new, old = [20.0] * 60, [10.0] * 60
    assert difference(new, old) == (10, 10)
    assert difference(new, old, tick=1.0) == (8, 12)
    assert (ratio(new, old), ratio(new, old, 1.0)) == ((2, 2), (19 / 11, 21 / 9))
    assert ratio(new, old, 10.0) is None
    assert ratio(new, [0.0] * 60) is None


def test_what_the_samples_cannot_say_is_not_said() -> None:
    """p95 needs 59 samples, p99 needs 299; the reason names the number."""
    assert (least_samples(95), least_samples(99)) == (59, 299)
    few, some, many = (summarise(list(range(1000, 1000 + n))) for n in (58, 298, 299))
    assert (few.p95, few.p99, few.why) == (None, None, "n<59")
    assert (some.p95, some.p99, some.why) == (1283, None, "n<299")
    assert (many.p95, many.p99, many.why) == (1284, 1296, None)
    assert summarise([7.0] * 5).p50_interval is None


def test_a_coarse_clock_has_no_percentiles() -> None:
    """A median of fewer than 200 ticks is kept, what lies around it is not."""
    coarse = summarise([199.0] * 400, tick=1.0)
    assert (coarse.p50, coarse.p95, coarse.mad, coarse.p50_interval) == (199.0, None, None, None)
    assert str(LEAST_TICKS) in str(coarse.why)
    assert summarise([200.0] * 400, tick=1.0).p99 == 200.0


def test_a_deterministic_clock_has_no_distribution() -> None:
    """However many frames: no percentile, no spread, no interval."""
    summary = summarise(list(range(1000, 2000)), deterministic=True)
    assert (summary.p95, summary.p99, summary.mad, summary.p50_interval) == (None, None, None, None)
    assert summary.why == "deterministic"
