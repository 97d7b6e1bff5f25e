"""A run as Markdown, for the step summary of a GitHub job."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n6gen.hil.history import Culprit
from n6gen.hil.words import MARKS, culprit_line, headline, sick_boards, table_rows
from n6gen.report.markdown import safe
from n6gen.tools.files import write_atomic


def write_summary(results: Mapping[str, Any], culprits: Mapping[str, Culprit], file: Path) -> None:
    """Write it to `file`, and append it to the step summary if there is one."""
    text = summary(results, culprits)
    write_atomic(file, text)
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    if step:
        with Path(step).open("a", encoding="utf-8") as end:
            end.write("\n" + text)


def summary(results: Mapping[str, Any], culprits: Mapping[str, Culprit]) -> str:
    """The text."""
    good = results["exit_code"] == 0
    parts = [f"## {'✅' if good else '❌'} n6gen ci: {safe(headline(results))}"]
    notes = [*results["notes"], *(f"{name} is quarantined: {why}" for name, why in sick_boards(results))]
    if notes:
        parts.append("\n".join(f"- {safe(note)}" for note in notes))
    unit = next((job["unit"] for job in results["jobs"] if job["unit"]), None)
    emulated = any(job["emulated"] for job in results["jobs"])
    cost = f"total, {unit}{' (emulated)' if emulated else ''}" if unit else "total"
    rows = [f"| | job | board | {cost} | s | why |", "|---|---|---|---:|---:|---|"]
    for verdict, *cells in table_rows(results):
        rows.append(f"| {MARKS[verdict]} {verdict} | " + " | ".join(safe(cell) for cell in cells) + " |")
    parts.append("\n".join(rows))
    if culprits:
        parts.append("\n".join(f"- **{safe(name)}**: {safe(culprit_line(c))}" for name, c in culprits.items()))
    if results["excluded"]:
        parts.append("\n".join(f"- not run: {safe(e['name'])}: {safe(e['why'])}" for e in results["excluded"]))
    return "\n\n".join(parts) + "\n"
