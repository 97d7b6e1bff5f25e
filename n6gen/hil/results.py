"""A run as JSON values: what `results.json` holds, and all reports are made from."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from n6gen import __version__
from n6gen.errors import ExitCode, MissingToolError
from n6gen.hil.conduct import Report, baseline_file
from n6gen.hil.evidence import SCHEMA, newest_session
from n6gen.hil.judge import Judged
from n6gen.hil.plan import Plan, Shard
from n6gen.hil.runner import Ran, Where
from n6gen.hil.steps import StepResult
from n6gen.tools.run import run

_INTERRUPTED = 130


def as_json(
    plan: Plan, shard: Shard, where: Where, folder: Path, started: datetime, commit: Mapping[str, Any], ran: Ran
) -> dict[str, Any]:
    """The results of a run."""
    jobs = [_job(plan, where, folder, report) for report in ran.reports]
    return {
        "schema": SCHEMA,
        "id": folder.name,
        "plan": plan.name,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(ran.seconds, 3),
        "exit_code": exit_code(jobs, required=plan.board.required, interrupted=ran.interrupted),
        "counts": dict(Counter(job["verdict"] for job in jobs)),
        "shard": str(shard),
        "bench": plan.bench,
        "board": where.need.board,
        "boards": list(where.names),
        "notes": [*([where.note] if where.note else []), *ran.notes],
        "sick": ran.sick,
        "canary_seconds": {name: round(seconds, 3) for name, seconds in ran.canaries.items()},
        "commit": dict(commit),
        "n6gen": __version__,
        "machine": {"system": platform.system(), "cores": os.cpu_count()},
        "excluded": [attrs.asdict(entry) for entry in plan.excluded],
        "limits": attrs.asdict(plan.limits),
        "jobs": jobs,
    }


def exit_code(jobs: Sequence[Mapping[str, Any]], *, required: bool, interrupted: bool) -> int:
    """How a run ends: a failed verdict first, then the first job that did not run, then a board that is not there."""
    if interrupted:
        return _INTERRUPTED
    if any(job["verdict"] == "failed" for job in jobs):
        return ExitCode.NEGATIVE
    for job in jobs:
        if job["verdict"] in ("error", "timeout"):
            return int(job["exit_code"])
    if required and any(job["verdict"] == "skipped" for job in jobs):
        return ExitCode.BOARD
    return ExitCode.OK


def verdict_json(judged: Judged) -> dict[str, Any]:
    """A verdict."""
    return {
        "verdict": judged.verdict,
        "reason": judged.reason,
        "exit_code": int(judged.code),
        "gate": None if judged.gate is None else dict(judged.gate),
    }


def commit_of(folder: Path) -> dict[str, Any]:
    """The commit of the repository that `folder` is in, and whether anything differs from it; None if there is none."""
    given = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA")
    try:
        head = run(["git", "-C", folder, "rev-parse", "HEAD"], timeout=20)
    except MissingToolError:
        return {"id": given, "changed": None}
    if not head.ok:
        return {"id": given, "changed": None}
    status = run(["git", "-C", folder, "status", "--porcelain", "--untracked-files=no"], timeout=60)
    return {"id": head.output.strip(), "changed": bool(status.output.strip()) if status.ok else None}


def _job(plan: Plan, where: Where, folder: Path, report: Report) -> dict[str, Any]:
    session = report.session
    steps = [step for attempt in report.attempts for step in attempt.steps]
    steps += [report.evaluated] if report.evaluated is not None else []
    waited = sum(attempt.waited for attempt in report.attempts)
    checked = sum(attempt.checked for attempt in report.attempts)
    in_steps = sum(step.seconds for step in steps)
    manifest = report.build.manifest if report.build is not None else {}
    kept = newest_session(folder / "jobs" / report.job.name)
    baseline = baseline_file(plan, report.job, where.need.board)
    return {
        "name": report.job.name,
        "model": report.job.model,
        "res": report.job.options["res"],
        "options": dict(report.job.options),
        **verdict_json(report.judged),
        "seconds": round(report.seconds, 3),
        "waited": round(waited, 3),
        "checked": round(checked, 3),
        "steps_seconds": round(in_steps, 3),
        # What the runner itself took: no step, no waiting, no health check.
        "runner_seconds": round(report.seconds - waited - checked - in_steps, 3),
        "build": None if report.build is None or report.build.step is None else step_json(report.build.step),
        "image": "named by the plan" if report.job.image is not None else "built by this run",
        "images": {} if report.build is None else dict(report.build.images),
        "build_id": manifest.get("build_id"),
        "network_id": manifest.get("network_id"),
        "attempts": [
            {
                "board": attempt.board,
                "waited": round(attempt.waited, 3),
                "steps": [step_json(step) for step in attempt.steps],
                "sick": attempt.sick,
                **verdict_json(attempt.judged),
            }
            for attempt in report.attempts
        ],
        "evaluate": None if report.evaluated is None else step_json(report.evaluated),
        "session": None if kept is None else kept.relative_to(folder).as_posix(),
        "baseline": None if baseline is None or not baseline.is_file() else str(baseline),
        "unit": None if session is None else session["unit"],
        "emulated": None if session is None else session["emulated"],
        "costs": {} if session is None else {name: stage["p50"] for name, stage in session["stages"].items()},
        "tools": {} if session is None else dict(session["conditions"]["tools"]),
    }


def step_json(step: StepResult) -> dict[str, Any]:
    """A step."""
    return attrs.asdict(step) | {"words": list(step.words)}


def step_of(values: Mapping[str, Any]) -> StepResult:
    """A step, back from JSON."""
    return StepResult(**{**values, "words": tuple(values["words"])})
