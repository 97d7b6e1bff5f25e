"""Baselines: what a run measured becomes what later runs are judged by."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from n6gen.errors import InputError
from n6gen.hil.conduct import baseline_file
from n6gen.hil.evidence import read_results
from n6gen.hil.plan import Plan
from n6gen.tools.files import read_object


def accept(plan: Plan, folder: Path, only: Collection[str] = ()) -> dict[str, Path]:
    """Copy the sessions of the run in `folder` to where `plan` looks for baselines; the files, by job.

    Takes every job whose masks were exact, or those in `only`. Raises InputError if there is nothing to take, a job of
    `only` has none, or the plan says no place.
    """
    results = read_results(folder)
    jobs = {job.name: job for job in plan.jobs}
    taken: dict[str, Path] = {}
    for name in only or [job["name"] for job in results["jobs"]]:
        session = folder / "jobs" / name / "session.json"
        if name not in jobs or not session.is_file() or not read_object(session)["verdict"]["exact"]:
            if only:
                raise InputError(f"run {folder.name} has no session with exact masks of a job {name} of this plan")
            continue
        file = baseline_file(plan, jobs[name], results["board"])
        if file is None:
            raise InputError(f"{plan.file} does not say where baselines are", 'Add: baselines = "baselines"')
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(session, file)
        taken[name] = file
    if not taken:
        raise InputError(f"run {folder.name} has no session with exact masks", "Look at it: " + str(folder))
    return taken
