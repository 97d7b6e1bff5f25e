"""A run as test results: a test a job, named by its model and resolution."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from n6gen.report.junit import write
from n6gen.report.numbers import figure
from n6gen.tools.text import clean


def write_junit(results: Mapping[str, Any], file: Path) -> None:
    """Write a run. `time` is the wall time of a job in seconds; what a network costs is in properties."""
    suite = TestSuite("n6gen ci")
    suite.timestamp = results["started"][:19]
    for name in ("id", "board", "shard", "n6gen"):
        suite.add_property(name, clean(str(results[name])))
    if results["commit"]["id"]:
        suite.add_property("commit", clean(str(results["commit"]["id"])))
    for job in results["jobs"]:
        suite.add_testcase(_case(job))
    write(suite, file)


def _case(job: Mapping[str, Any]) -> TestCase:
    model, res = clean(job["model"]), job["res"]
    name = job["name"] if model in job["name"] and str(res) in job["name"] else f"{job['name']} ({model} {res})"
    case = TestCase(clean(name), f"n6gen.ci.{model}", job["seconds"])
    verdict, reason = job["verdict"], clean(job["reason"])
    if verdict == "failed":
        case.result = [Failure(reason, "verdict")]
    elif verdict in ("error", "timeout"):
        case.result = [Error(reason, verdict)]
    elif verdict in ("skipped", "cancelled"):
        case.result = [Skipped(f"{verdict}: {reason}")]
    lines = [f"{verdict}: {reason}"]
    lines += [f"board: {attempt['board']}: {attempt['reason']}" for attempt in job["attempts"]]
    lines += [f"{stage}: {figure(cost, job['unit'])} {job['unit']}" for stage, cost in job["costs"].items()]
    lines += [f"{name}: {job[name]}" for name in ("build_id", "network_id") if job[name]]
    lines += [f"image {name}: sha256 {sha}" for name, sha in job["images"].items()]
    case.system_out = clean("\n".join(lines), limit=1 << 16)
    return case
