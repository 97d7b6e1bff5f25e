"""Order statistics of samples, with intervals that assume nothing about their distribution.

Every figure is a sample that was measured: the p-quantile of n samples is the ⌈n·p⌉-th smallest. Intervals come from
the binomial distribution of how many samples lie below the true quantile; they hold for independent samples of any
continuous distribution, and for discrete ones cover more than they promise.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import attrs

#: Of all intervals, so many hold the true value.
CONFIDENCE = 0.95
#: A clock that ticks fewer times than this during a median sample is too coarse to tell percentiles apart.
LEAST_TICKS = 200
#: Why a deterministic clock has no percentiles.
DETERMINISTIC = "deterministic"

Interval = tuple[float, float]


@attrs.frozen
class Summary:
    """What `n` samples of a stage say, in their own unit. What they cannot say is None, for the reason `why`."""

    n: int
    min: float
    p50: float
    max: float
    p95: float | None = None
    p99: float | None = None
    mad: float | None = None
    p50_interval: Interval | None = None
    why: str | None = None


def summarise(samples: Sequence[float], *, tick: float = 0.0, deterministic: bool = False) -> Summary:
    """A summary of at least one sample. `tick` is the clock's resolution, in the samples' unit.

    `deterministic`: samples of unlike inputs on a clock that repeats. They are not drawn from a distribution, so there
    is no interval, no percentile and no spread to speak of.
    """
    ordered = sorted(samples)
    n, p50 = len(ordered), quantile(ordered, 50)
    basic = Summary(n, ordered[0], p50, ordered[-1])
    if deterministic:
        return attrs.evolve(basic, why=DETERMINISTIC)
    if p50 < LEAST_TICKS * tick:
        return attrs.evolve(basic, why=f"median under {LEAST_TICKS} ticks")
    p95, p99 = (quantile(ordered, percent) if n >= least_samples(percent) else None for percent in (95, 99))
    lacking = f"n<{least_samples(95 if p95 is None else 99)}" if p99 is None else None
    return attrs.evolve(
        basic, p95=p95, p99=p99, mad=deviation(ordered), p50_interval=interval(ordered, 50), why=lacking
    )


def quantile(ordered: Sequence[float], percent: int) -> float:
    """The smallest of the sorted samples that at least `percent` of them do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]


def deviation(ordered: Sequence[float]) -> float:
    """The median distance of the sorted samples from their median (MAD)."""
    middle = quantile(ordered, 50)
    return quantile(sorted(abs(sample - middle) for sample in ordered), 50)


@functools.cache
def least_samples(percent: int) -> int:
    """How many samples it takes until the largest of them exceeds a quantile with confidence."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(percent / 100))


def interval(ordered: Sequence[float], percent: int, confidence: float = CONFIDENCE) -> Interval | None:
    """An interval that holds the true quantile with at least `confidence`; None if n samples cannot give one.

    Both tails are bounded alike: the true value lies below the interval, or above it, with at most half the risk each.
    """
    ranks = _ranks(len(ordered), percent, confidence)
    return None if ranks is None else (ordered[ranks[0] - 1], ordered[ranks[1] - 1])


def difference(
    new: Sequence[float], old: Sequence[float], percent: int = 50, confidence: float = CONFIDENCE, tick: float = 0.0
) -> Interval | None:
    """An interval for a quantile of `new` less that of `old`, both sorted and independent; None for too few samples.

    Each side gets an interval of confidence √`confidence`: both hold together with `confidence`, whatever the two
    distributions are, and then the difference lies between the outermost differences of their ends. A sample is known
    to one `tick` of the clock that took it, so that each end may be as much further out.
    """
    ends = _both(new, old, percent, confidence, tick)
    return None if ends is None else (ends[0][0] - ends[1][1], ends[0][1] - ends[1][0])


def ratio(new: Sequence[float], old: Sequence[float], tick: float = 0.0) -> Interval | None:
    """Like `difference`, for the median of `new` divided by that of `old`; None, too, if that of `old` may be 0."""
    ends = _both(new, old, 50, CONFIDENCE, tick)
    if ends is None or ends[1][0] <= 0:
        return None
    return ends[0][0] / ends[1][1], ends[0][1] / ends[1][0]


def _both(
    new: Sequence[float], old: Sequence[float], percent: int, confidence: float, tick: float
) -> tuple[Interval, Interval] | None:
    each = math.sqrt(confidence)
    ours, theirs = interval(new, percent, each), interval(old, percent, each)
    if ours is None or theirs is None:
        return None
    return (ours[0] - tick, ours[1] + tick), (theirs[0] - tick, theirs[1] + tick)


@functools.lru_cache(maxsize=256)
def _ranks(n: int, percent: int, confidence: float) -> tuple[int, int] | None:
    """The ranks, from 1, of the samples that bound the quantile."""
    risk = (1 - confidence) / 2
    low = _below(n, percent / 100, risk)
    # The other end is the same question about the samples in reverse order.
    high = _below(n, 1 - percent / 100, risk)
    return (low, n + 1 - high) if low and high else None


def _below(n: int, p: float, risk: float) -> int:
    """The largest rank whose sample exceeds the p-quantile with at most `risk`; 0 if there is none."""
    total, rank = 0.0, 0
    log_p, log_q, log_n = math.log(p), math.log1p(-p), math.lgamma(n + 1)
    for hits in range(n):
        choose = log_n - math.lgamma(hits + 1) - math.lgamma(n - hits + 1)
        total += math.exp(choose + hits * log_p + (n - hits) * log_q)
        if total > risk:
            break
        rank = hits + 1
    return rank
