"""A gate: is this session worse than its baseline, by more than is allowed?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import attrs

from n6gen.errors import ExitCode, InputError
from n6gen.measure.alike import GATE, Difference, differences
from n6gen.measure.baseline import SPREADS, Baseline
from n6gen.measure.compare import StageChange, compare
from n6gen.measure.statistics import CONFIDENCE
from n6gen.report.numbers import figure
from n6gen.report.words import PROFILE_BUILD, profile_build

Verdict = Literal["ok", "regression", "undecided", "not comparable"]
#: On a clock that does not repeat, no change up to this is a regression: two sessions may differ by as much for reasons
#: that their own samples cannot tell, such as temperature, or where code came to lie.
FLOOR = 0.01
_EXIT = {"regression": ExitCode.NEGATIVE, "not comparable": ExitCode.NOT_COMPARABLE}


@attrs.frozen
class Gate:
    """What a gate decided, and why: one sentence for each stage, or condition, that is not as it must be.

    `runs`: how many baseline sessions there were; `spread`: what chance may do to each stage, as far as they tell;
    `limits`: how much more each stage was allowed to cost in the end. All are shares.
    """

    verdict: Verdict
    max_regression: float
    allowed: tuple[str, ...]
    reasons: tuple[str, ...]
    stages: tuple[StageChange, ...] = ()
    differing: tuple[Difference, ...] = ()
    runs: int = 1
    spread: Mapping[str, float] = attrs.field(factory=dict)
    limits: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def exit_code(self) -> ExitCode:
        """How a command that gates must end."""
        return _EXIT.get(self.verdict, ExitCode.OK)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return attrs.asdict(self)


def gate(
    new: Mapping[str, Any],
    base: Mapping[str, Any] | Baseline,
    max_regression: float,
    *,
    stages: Collection[str] = (),
    allow: Collection[str] = (),
) -> Gate:
    """Judge `new` against `base` (the JSON of two sessions): no stage may cost more than 1 + `max_regression`.

    It is a regression only if the whole interval lies beyond the limit, and undecided if the limit lies within. With a
    Baseline of several runs the limit is no less than what chance does among them (Baseline.spread), and on a clock
    that does not repeat no less than FLOOR. Only `stages` are judged, if any are named; `allow` names conditions that
    may differ besides those of alike.GATE. What a profile build takes is not judged. Raises InputError for a stage or a
    condition that is not there, and for JSON that is no session's.
    """
    allowed = tuple(dict.fromkeys((*GATE, *allow)))
    baseline = base if isinstance(base, Baseline) else Baseline(base, (base,))
    base, runs = baseline.base, len(baseline.runs)
    if any(profile_build(session.get("conditions")) for session in (base, new)):
        return Gate("not comparable", max_regression, allowed, (PROFILE_BUILD,), runs=runs)
    differing = tuple(differences(base, new, allowed))
    if differing:
        reasons = tuple(f"{entry.key}: {entry.a} in the baseline, {entry.b} here" for entry in differing)
        return Gate("not comparable", max_regression, allowed, reasons, differing=differing, runs=runs)
    changes = compare(base, new)
    unknown = sorted(set(stages) - {change.stage for change in changes})
    if unknown:
        raise InputError(f"there is no stage {unknown[0]!r}", f"There are: {', '.join(c.stage for c in changes)}.")
    judged = tuple(change for change in changes if not stages or change.stage in stages)
    spread = {c.stage: much for c in judged if (much := baseline.spread(c.stage)) is not None}
    least = max(max_regression, 0.0 if base["method"]["name"] == "deterministic" else FLOOR)
    limits = {change.stage: max(least, spread.get(change.stage, 0.0)) for change in judged}
    verdicts = [(change, _verdict(change, 1 + limits[change.stage])) for change in judged]
    found = {verdict for _, verdict in verdicts}
    worst: Verdict = "regression" if "regression" in found else "undecided" if "undecided" in found else "ok"
    reasons = tuple(
        _reason(change, verdict, limits[change.stage], base["unit"])
        + _because(runs, limits[change.stage], least, max_regression)
        for change, verdict in verdicts
        if verdict != "ok"
    )
    return Gate(worst, max_regression, allowed, reasons, judged, runs=runs, spread=spread, limits=limits)


def _because(runs: int, limit: float, least: float, max_regression: float) -> str:
    """Why a limit is not the one that was asked for."""
    if limit > least:
        return f" ({SPREADS} times the spread of {runs} baseline runs, more than the {max_regression:+.2%} asked for)"
    if limit > max_regression:
        return f" (a clock that does not repeat is judged from {limit:+.2%} on; {max_regression:+.2%} was asked for)"
    return ""


def _verdict(change: StageChange, limit: float) -> Verdict:
    if change.change == "same":
        return "ok"
    low, high = change.interval or (change.ratio, change.ratio)
    if low > limit:
        return "regression"
    return "undecided" if high > limit else "ok"


def _reason(change: StageChange, verdict: Verdict, limit: float, unit: str) -> str:
    new, old = figure(change.b, unit), figure(change.a, unit)
    much = f"{change.stage}: {new} {unit} against {old}, {change.ratio - 1:+.2%}"
    if change.interval is None:
        return f"{much}; at most {limit:+.2%} is allowed"
    low, high = (f"{end - 1:+.2%}" for end in change.interval)
    said = "beyond" if verdict == "regression" else "not proven to be within"
    return f"{much}, with {CONFIDENCE:.0%} confidence between {low} and {high}: {said} the allowed {limit:+.2%}"
