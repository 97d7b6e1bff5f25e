"""Runs of the real runner with real processes that are quick: see steps_stand_in.py."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from n6gen.hil.deliver import deliver
from n6gen.hil.evidence import new_run
from n6gen.hil.plan import ALL, Shard
from n6gen.hil.read import read_plan
from n6gen.hil.results import as_json
from n6gen.hil.runner import place, run

PROGRAM = (sys.executable, "-I", "-S", str(Path(__file__).with_name("steps_stand_in.py")))
QUICK = '\n[canary]\nwhen = []\n[board]\nserials = ["virtual-0", "virtual-1"]\n'


def plan_file(folder: Path, *models: str, more: str = QUICK) -> Path:
    """A plan of one job a model."""
    file = folder / "n6gen-ci.toml"
    listed = ", ".join(f'"{model}"' for model in models)
    file.write_text(f'name = "t"\n[matrix]\nmodel = [{listed}]\nres = [32]\n{more}')
    return file


def conduct(file: Path, shard: Shard = ALL) -> tuple[Path, dict[str, Any]]:
    """Run a plan to its end; the run's folder and its results."""
    plan = read_plan(file)
    now = datetime.now().astimezone()
    root = file.parent / "runs"
    folder = new_run(root, file, now)
    where = place(plan)
    ran = run(plan, shard.part(plan.jobs), where, folder, program=PROGRAM)
    results = as_json(plan, shard, where, folder, now, {"id": "c0ffee", "changed": False}, ran)
    return folder, deliver(root, folder, results, plan.keep, None)


def verdicts(results: Mapping[str, Any]) -> dict[str, str]:
    """The verdict of each job."""
    return {job["model"]: job["verdict"] for job in results["jobs"]}


def calls(folder: Path) -> list[str]:
    """What the stand-in was asked to do, in order."""
    return (folder / "calls.txt").read_text().splitlines()
