"""The sentences that every kind of report says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from n6gen.report.numbers import figure

EMULATED = "Instructions were counted by an emulator. No figure of it is a time."
PROFILE_BUILD = "Profile build: the NPU's epoch controller is left out, which costs time. No latency is quoted from it."


def verdict_line(session: Mapping[str, Any]) -> str:
    """Whether the masks are right."""
    if session["verdict"]["exact"] is None:
        return "Verdict: no mask was compared; nobody but the board saw the frames, or the build has no model."
    if session["verdict"]["exact"]:
        return "Verdict: every pixel equals the integer reference."
    wrong = sum(frame["mask_exact"] < 1 for frame in session["frames"])
    return f"Verdict: pixels differ from the integer reference in {wrong} of {len(session['frames'])} masks."


def profile_build(conditions: Any) -> bool:
    """Whether a session's conditions are those of a build that is made for profiles, and for no other figure."""
    options = conditions.get("options") if isinstance(conditions, Mapping) else None
    return isinstance(options, Mapping) and bool(options.get("profile"))


def warnings(session: Mapping[str, Any]) -> list[str]:
    """What must be known before any figure of the session is believed."""
    said = [EMULATED] if session["emulated"] else []
    return [*said, PROFILE_BUILD] if profile_build(session["conditions"]) else said


def passed(session: Mapping[str, Any]) -> bool:
    """Whether nothing was found wrong: no mask, and no cost."""
    judged = session.get("gate") or {"verdict": "ok"}
    return session["verdict"]["exact"] is not False and judged["verdict"] in ("ok", "undecided")


def method_lines(session: Mapping[str, Any]) -> list[str]:
    """What else was measured, and that it was measured quickly, where that is so."""
    method, unit, cold, rate = session["method"], session["unit"], session["cold"], session["rate"]
    lines = []
    if method["name"] == "quick":
        least = f"{method['window_s']:g} s and {method['window_samples']} samples"
        lines.append(f"Quick, not a full measurement: {method['windows']} windows of at least {least}.")
    if cold:
        lines.append(f"The first inference after start, kept apart: {figure(cold['total'], unit)} {unit}.")
    if rate:
        parts = ", ".join(f"{name} {figure(rate[name], unit)} {unit}" for name in ("wait", "loop"))
        lines.append(
            f"With the camera running: {rate['fps']:.1f} frames a second end to end, {rate['dropped']} of "
            f"{rate['frames']} missed; median {parts}."
        )
    return lines


def gate_lines(session: Mapping[str, Any]) -> list[str]:
    """What the gate decided, and why."""
    judged = session.get("gate")
    if not judged:
        return []
    limit = _limit(judged)
    differ = ", the conditions differ from the baseline's" if judged["differing"] else ""
    head = {
        "ok": f"Gate: no stage costs more than {limit}.",
        "regression": f"Gate: a stage costs more than {limit}.",
        "undecided": "Gate: undecided, the samples do not tell; measure longer.",
        "not comparable": f"Gate: not comparable{differ}.",
    }[judged["verdict"]]
    return [head, *(f"  {reason}" for reason in judged["reasons"])]


def _limit(judged: Mapping[str, Any]) -> str:
    """How much more than in the baseline the stages may cost, each or all alike."""
    shares = {stage: f"{share:.2%}" for stage, share in judged.get("limits", {}).items()}
    if len(set(shares.values())) > 1:
        each = ", ".join(f"{stage} {share}" for stage, share in shares.items())
        return f"its limit above the baseline ({each})"
    return f"{next(iter(shares.values()), format(judged['max_regression'], '.2%'))} above the baseline"


def published_lines(session: Mapping[str, Any]) -> list[str]:
    """The published row beside the result, and what is not alike."""
    beside = session.get("published")
    if not beside:
        return []
    row, unit = beside["row"], session["unit"]
    what = " + ".join(beside["compared"])
    memory = f"{row['internal_kib']:g} KiB RAM, {row['flash_kib']:g} KiB flash"
    lines = [
        f"Published: {row['model']}: {row['ms']:.2f} ms, {row['inferences_per_second']:.1f} inf/s, {memory}.",
        f"Here {what}: {figure(beside['measured'], unit)} {unit}, {beside['ratio']:.3f} of it.",
    ]
    lines += [f"  unlike: {text}" for text in beside["unlike"]]
    return lines + [f"  the row breaks a bound: {bound['says']} (row: {bound['found']})" for bound in beside["bounds"]]
