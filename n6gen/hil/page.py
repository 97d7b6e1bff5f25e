"""A run as one HTML page: verdicts, trends over past runs, and what broke what. Runs nothing, fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from n6gen.hil.history import Culprit, course
from n6gen.hil.words import culprit_line, headline, sick_boards
from n6gen.report.numbers import figure
from n6gen.report.template import render
from n6gen.report.words import EMULATED
from n6gen.tools.files import write_atomic

_WIDTH, _HEIGHT = 520.0, 56.0
_RUNS = 40
_GOOD = ("passed",)


def write_page(
    results: Mapping[str, Any],
    culprits: Mapping[str, Culprit],
    known: Sequence[Mapping[str, Any]],
    folder: Path,
    file: Path,
) -> None:
    """Write the page of a run; `known` is the history, `folder` the run's, that links are looked for in."""
    page = render(
        "ci.html.j2",
        run=results,
        headline=headline(results),
        good=results["exit_code"] == 0,
        emulated=EMULATED if any(job["emulated"] for job in results["jobs"]) else None,
        jobs=[_job(job, culprits.get(job["name"]), known, results["board"], folder) for job in results["jobs"]],
        sick=sick_boards(results),
        width=_WIDTH,
        height=_HEIGHT,
        facts=_facts(results),
    )
    write_atomic(file, page)


def _job(
    job: Mapping[str, Any], broke: Culprit | None, known: Sequence[Mapping[str, Any]], board: str, folder: Path
) -> dict[str, Any]:
    runs = course(known, job["name"], board)[-_RUNS:]
    home = folder / "jobs" / job["name"]
    links = [
        (name, f"jobs/{job['name']}/{name}") for name in ("session.html", "session.json") if (home / name).is_file()
    ]
    links += [("build.log", job["build"]["log"])] if job["build"] else []
    links += [(Path(step["log"]).name, step["log"]) for attempt in job["attempts"] for step in attempt["steps"]]
    total = job["costs"].get("total")
    return {
        "name": job["name"],
        "verdict": job["verdict"],
        "good": job["verdict"] in _GOOD,
        "reason": job["reason"],
        "board": next((attempt["board"] for attempt in reversed(job["attempts"]) if attempt["board"]), None) or "–",
        "total": None if total is None else figure(total, job["unit"]),
        "unit": job["unit"],
        "seconds": f"{job['seconds']:.1f}",
        "tries": len(job["attempts"]),
        "broke": None if broke is None else culprit_line(broke),
        "changed": () if broke is None else broke.changed,
        "links": links,
        "trend": _trend(runs),
        "images": sorted(job["images"].items()),
    }


def _trend(runs: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Points of a drawing: one a run, its height the total cost, between the least and the most of them."""
    costs = [entry["costs"].get("total") for _, entry in runs]
    there = [cost for cost in costs if cost is not None]
    low, high = (min(there), max(there)) if there else (0.0, 0.0)
    step = _WIDTH / max(1, len(runs) - 1)
    points = []
    for index, ((name, entry), cost) in enumerate(zip(runs, costs, strict=True)):
        share = 0.5 if cost is None or high == low else (cost - low) / (high - low)
        unit = entry["unit"] or ""
        said = "no figure" if cost is None else f"{figure(cost, unit)} {unit}"
        points.append(
            {
                "x": index * step if len(runs) > 1 else _WIDTH / 2,
                "y": _HEIGHT * (1 - share),
                "measured": cost is not None,
                "good": entry["verdict"] in _GOOD,
                "says": f"{name}: {entry['verdict']}, {said}",
            }
        )
    line = " ".join(f"{point['x']:.1f},{point['y']:.1f}" for point in points if point["measured"])
    unit = next((entry["unit"] for _, entry in runs if entry["unit"]), "")
    return {
        "points": points,
        "line": line,
        "low": figure(low, unit) if there else None,
        "high": figure(high, unit) if there else None,
        "runs": len(runs),
    }


def _facts(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    commit = results["commit"]
    changed = {True: ", with changes", False: "", None: ""}[commit["changed"]]
    canaries = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in results["canary_seconds"].items())
    return [
        ("plan", results["plan"]),
        ("commit", f"{commit['id']}{changed}" if commit["id"] else "n/a"),
        ("n6gen", results["n6gen"]),
        ("bench", f"{results['bench']}: {', '.join(results['boards']) or 'no board'}"),
        ("shard", results["shard"]),
        ("health checks", canaries or "none"),
        ("machine", f"{results['machine']['system']}, {results['machine']['cores']} cores"),
    ]
