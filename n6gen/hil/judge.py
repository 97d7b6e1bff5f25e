"""From what a job left behind to its verdict: a function of the evidence, so that a replay comes to the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from n6gen.errors import ExitCode, N6genError
from n6gen.hil.plan import Limits
from n6gen.hil.steps import StepResult

Verdict = Literal["passed", "failed", "error", "timeout", "skipped", "cancelled"]
#: What a board said, or failed to say, while it ran the build: the build's doing, and no reason to try again.
_RAN = ("Fault", "Refused", "Restarted")
_MEANING = {
    "build": "did not build",
    "flash": "was not flashed",
    "measure": "did not run",
    "evaluate": "not evaluated",
    "verify": "not verified",
}


@attrs.frozen
class Judged:
    """A verdict and why. `again`: the class of plan.RETRY_CLASSES that it belongs to, if it was no verdict of a board.

    `code`: what a run that ends with this verdict exits with. `gate`: what the baseline said.
    """

    verdict: Verdict
    reason: str
    code: int = ExitCode.OK
    again: str | None = None
    gate: Mapping[str, Any] | None = None


def judge_steps(steps: Sequence[StepResult]) -> Judged | None:
    """The verdict of steps of which one did not succeed; None if a board gave a result."""
    for step in steps:
        what = _MEANING.get(step.name, step.name)
        if step.timed_out:
            reason = f"{what}: ended after {step.seconds:.1f} s, its time was over"
            return Judged("timeout", reason, ExitCode.BOARD, "timeout")
        if step.exit_code == 0 or (step.name in ("measure", "evaluate") and step.exit_code == 1):
            continue
        if step.name == "verify" and step.exit_code == ExitCode.NEGATIVE:
            return Judged(
                "failed", f"a tensor of the board differs from the reference: see {step.log}", ExitCode.NEGATIVE
            )
        if step.exit_code is None or step.exit_code < 0:
            return Judged("error", f"{what}: its process was killed", ExitCode.BOARD, "killed")
        error = step.error or {}
        message = f"{what}: {error.get('message') or f'exit code {step.exit_code}, see {step.log}'}"
        if step.name == "measure" and error.get("kind") in _RAN:
            return Judged("failed", str(error.get("message")), ExitCode.NEGATIVE)
        if step.name == "measure" and error.get("kind") == "NoAnswer":
            # A hang, or an emulator on a machine that is too busy: no verdict, but nothing to try again either.
            return Judged("timeout", str(error.get("message")), ExitCode.BOARD)
        again = "board" if step.exit_code == ExitCode.BOARD else None
        return Judged("error", message, step.exit_code, again)
    return None


def judge_session(
    session: Mapping[str, Any],
    baseline: Mapping[str, Any] | None,
    limits: Limits,
    evaluation: Mapping[str, Any] | None = None,
) -> Judged:
    """The verdict over a session that came to its end (its JSON)."""
    wrong: list[str] = []
    frames = session["frames"]
    if not session["verdict"]["exact"]:
        bad = sum(frame["mask_exact"] < 1 for frame in frames)
        wrong.append(f"pixels differ from the integer reference in {bad} of {len(frames)} masks")
    worst = min((frame["mask_agreement"] for frame in frames if frame["mask_agreement"] is not None), default=None)
    if limits.mask_agreement is not None and worst is not None and worst < limits.mask_agreement:
        wrong.append(f"mask_agreement is {worst:.5f}, at least {limits.mask_agreement:g} is asked")
    wrong += _miou(evaluation, limits)
    gate, unlike = None, None
    note = "every pixel is right"
    if limits.max_regression is None or baseline is None:
        note += "; no baseline" if limits.max_regression is not None else ""
    else:
        gate, unlike = _gate(session, baseline, limits)
        if gate is not None and gate["verdict"] == "regression":
            wrong += gate["reasons"]
        elif gate is not None and gate["verdict"] == "undecided":
            note += "; the gate is undecided: measure longer"
        elif gate is not None and gate["verdict"] == "ok":
            note += f"; no stage costs more than {max(gate['limits'].values()):.2%} above the baseline"
    if wrong:
        return Judged("failed", "; ".join(wrong), ExitCode.NEGATIVE, gate=gate)
    if unlike is not None:
        return Judged("error", f"not comparable with the baseline: {unlike}", ExitCode.NOT_COMPARABLE, gate=gate)
    return Judged("passed", note, gate=gate)


def _miou(evaluation: Mapping[str, Any] | None, limits: Limits) -> list[str]:
    if limits.miou is None or evaluation is None:
        return []
    found = evaluation["results"]["integer"]["miou"]
    if found is not None and found >= limits.miou:
        return []
    return [f"mean IoU is {'n/a' if found is None else format(found, '.4f')}, at least {limits.miou:g} is asked"]


def _gate(
    session: Mapping[str, Any], baseline: Mapping[str, Any], limits: Limits
) -> tuple[dict[str, Any] | None, str | None]:
    """What the gate says, and why it cannot say anything."""
    from n6gen.measure.gate import gate

    assert limits.max_regression is not None  # noqa: S101 - the caller asked
    try:
        found = gate(session, baseline, limits.max_regression, stages=limits.stages, allow=limits.allow).as_json()
    except N6genError as error:
        return None, error.message
    return found, "; ".join(found["reasons"]) if found["verdict"] == "not comparable" else None
