"""What a finished run leaves for people and machines: results, history, JUnit, summary, page."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n6gen.hil.evidence import finish, prune
from n6gen.hil.history import culprit, remember
from n6gen.hil.junit import write_junit
from n6gen.hil.page import write_page
from n6gen.hil.plan import Keep
from n6gen.hil.summary import write_summary


def deliver(root: Path, folder: Path, results: dict[str, Any], keep: Keep, junit: Path | None) -> dict[str, Any]:
    """Write all of it, make room, and return the results with the culprit of each job that is not good."""
    _drop_builds(folder, results)
    known = remember(root, results)
    found = {job["name"]: culprit(known, job["name"], results["board"]) for job in results["jobs"]}
    culprits = {name: one for name, one in found.items() if one is not None}
    for job in results["jobs"]:
        one = culprits.get(job["name"])
        job["broke"] = None if one is None else {"in": one.broke, "good": one.good, "changed": list(one.changed)}
    write_junit(results, folder / "junit.xml")
    if junit is not None:
        junit.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "junit.xml", junit)
    write_summary(results, culprits, folder / "summary.md")
    write_page(results, culprits, known, folder, folder / "index.html")
    finish(folder, results)
    prune(root, keep)
    return results


def _drop_builds(folder: Path, results: Mapping[str, Any]) -> None:
    """Builds are made again from the plan; only those of jobs that are not good stay, to be looked into."""
    wanted = {
        Path(word).name
        for job in results["jobs"]
        if job["verdict"] in ("failed", "error", "timeout") and job["build"] is not None
        for word in job["build"]["words"]
        if Path(word).parent == folder / "builds"
    }
    for build in (folder / "builds").glob("*"):
        if build.is_dir() and build.name not in wanted:
            shutil.rmtree(build, ignore_errors=True)
