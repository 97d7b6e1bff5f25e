"""The sentences about a run, and its text made harmless for the log of a CI job."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from n6gen.hil.history import Culprit
from n6gen.tools.text import clean

MARKS = {"passed": "✅", "failed": "❌", "error": "⚠️", "timeout": "⏱️", "skipped": "⏭️", "cancelled": "✋"}
_ORDER = ("failed", "error", "timeout", "cancelled", "skipped", "passed")


def harmless(text: str) -> str:
    """One line without control characters, and without what the parser of a workflow's log takes for a command."""
    return clean(text).replace("\n", " ").replace("::", ": :").replace("##[", "# #[")


def headline(results: Mapping[str, Any]) -> str:
    """How many jobs ended how."""
    counts = results["counts"]
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts.get(verdict))
    return f"{said or 'no job'} on {results['board']} in {results['seconds']:.1f} s"


def culprit_line(found: Culprit) -> str:
    """When a job broke, and what changed then."""
    if found.good is None:
        return f"not good in any run that is remembered, the first of them {found.broke}"
    changed = ", ".join(f"{name} {_short(before)} → {_short(after)}" for name, before, after in found.changed)
    return f"good in {found.good}, broke in {found.broke}; changed: {changed or 'nothing that is recorded'}"


def workflow_commands(results: Mapping[str, Any]) -> list[str]:
    """Workflow commands, one a job that is not as it should be. Only their own text is a command."""
    lines = []
    for job in results["jobs"]:
        if job["verdict"] in ("failed", "error", "timeout"):
            lines.append(_command("error", f"{job['name']}: {job['verdict']}", job["reason"]))
        elif job["verdict"] == "skipped":
            lines.append(_command("warning", f"{job['name']}: skipped", job["reason"]))
    lines += [_command("warning", f"{name} is quarantined", why) for name, why in sick_boards(results)]
    return lines


def sick_boards(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The boards that this run quarantined, each with the reason."""
    found = {
        attempt["board"]: attempt["sick"] for job in results["jobs"] for attempt in job["attempts"] if attempt["sick"]
    }
    return sorted({**found, **results["sick"]}.items())


def on_github() -> bool:
    """Whether this runs in a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _command(kind: str, title: str, text: str) -> str:
    said = harmless(title).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={said}::{harmless(text).replace('%', '%25')}"


def _short(value: str) -> str:
    return value[:12] if len(value) in (40, 64) else value


def table_rows(results: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    """For people: verdict, job, board, total cost, seconds, why."""
    rows = []
    for job in results["jobs"]:
        board = job["attempts"][-1]["board"] if job["attempts"] else None
        total = job["costs"].get("total")
        cost = "–" if total is None else f"{total:,.0f}" if job["unit"] != "ms" else f"{total:,.3f}"
        rows.append((job["verdict"], job["name"], board or "–", cost, f"{job['seconds']:.1f}", job["reason"]))
    return rows
