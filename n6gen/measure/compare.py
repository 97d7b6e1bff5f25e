"""Two sessions side by side: from intervals, or exact where the clock is."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from n6gen.errors import InputError
from n6gen.measure.session import STAGES, TOTAL
from n6gen.measure.statistics import difference, ratio

Change = Literal["same", "slower", "faster", "not told apart"]


@attrs.frozen
class StageChange:
    """A stage in both sessions: what it costs, and `ratio` = b / a.

    `interval` holds the true ratio, `difference` the true b - a, in the session's unit; both are None where the ratio
    is exact.

    The cost is the median over all samples; on a clock that repeats, the mean over the frames, which are the same.
    """

    stage: str
    a: float
    b: float
    ratio: float
    interval: tuple[float, float] | None
    difference: tuple[float, float] | None
    change: Change


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[StageChange]:
    """The stages that both sessions (their JSON, under like conditions) have.

    Raises InputError if there is none, too few samples to say anything, or JSON that is no session's.
    """
    try:
        exact = a["method"]["name"] == "deterministic"
        names = [name for name in a["stages"] if name in b["stages"]]
        changes = [_exact(name, a, b) if exact else _sampled(name, a, b) for name in names]
    except (KeyError, TypeError, AttributeError, statistics.StatisticsError) as error:
        raise InputError(f"that is not the JSON of a finished session: {error!r}") from error
    if not changes:
        raise InputError("the two sessions have no stage in common")
    return changes


def _exact(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> StageChange:
    before, after = (statistics.fmean(frame["cost"][name] for frame in side["frames"]) for side in (a, b))
    # Equal work may fall differently onto the ticks of the clock, each stage of a sum by one.
    tick = a["resolution_of_clock"]
    same = abs(after - before) <= tick * (len(STAGES) if name == TOTAL else 1) + 1
    change: Change = "same" if same else _direction(after, before)
    # What cost less than a tick counts as one.
    return StageChange(name, before, after, max(after, tick) / max(before, tick), None, None, change)


def _sampled(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> StageChange:
    old, new = _samples(a, name), _samples(b, name)
    before, after = a["stages"][name]["p50"], b["stages"][name]["p50"]
    tick = max(a["resolution_of_clock"], b["resolution_of_clock"])
    found = ratio(new, old, tick)
    if found is None:
        raise InputError(f"{name}: too few samples, or too small ones, for an interval", "Measure both again, longer.")
    apart = found[0] > 1 or found[1] < 1
    change: Change = _direction(after, before) if apart else "not told apart"
    return StageChange(name, before, after, after / before, found, difference(new, old, tick=tick), change)


def _direction(after: float, before: float) -> Literal["slower", "faster"]:
    return "slower" if after > before else "faster"


def _samples(session: Mapping[str, Any], name: str) -> list[float]:
    return sorted(sample for window in session["windows"] for sample in window["samples"][name])
