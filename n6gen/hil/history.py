"""Past runs, a line each: the trend of every job, and what changed when one broke."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.tools.files import write_atomic

FILE = "history.jsonl"
#: So many runs are remembered, also of those whose evidence is gone.
_MOST = 500
_GOOD = "passed"
#: Verdicts that say nothing about the build: the job did not run.
_SILENT = ("cancelled", "skipped")


@attrs.frozen
class Culprit:
    """The run in which a job broke, the last one in which it was good (None: never), and what differs between them.

    `changed`: name, before, after.
    """

    broke: str
    good: str | None
    changed: tuple[tuple[str, str, str], ...]


def remember(root: Path, results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Add a run to the history in `root`; all of it, the oldest first. A run that is there already is replaced."""
    line = {
        "id": results["id"],
        "started": results["started"],
        "board": results["board"],
        "n6gen": results["n6gen"],
        "commit": results["commit"],
        "jobs": {job["name"]: _line(job) for job in results["jobs"]},
    }
    known = [entry for entry in history(root) if entry["id"] != line["id"]]
    known = [*known, line][-_MOST:]
    write_atomic(root / FILE, "".join(json.dumps(entry) + "\n" for entry in known))
    return known


def history(root: Path) -> list[dict[str, Any]]:
    """The runs that are remembered, the oldest first; a line that is damaged is left out."""
    try:
        lines = (root / FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return list(_entries(lines))


def course(known: Sequence[Mapping[str, Any]], job: str, board: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The runs of one job on one kind of board: id of the run, and what became of the job."""
    return [(run["id"], run["jobs"][job]) for run in known if job in run["jobs"] and run["board"] == board]


def culprit(known: Sequence[Mapping[str, Any]], job: str, board: str) -> Culprit | None:
    """When a job that is not good in its last run broke, and by what; None if it is good, or its last run is silent."""
    runs = [run for run in known if job in run["jobs"] and run["board"] == board]
    spoke = [run for run in runs if run["jobs"][job]["verdict"] not in _SILENT]
    if not spoke or spoke[-1] is not runs[-1] or spoke[-1]["jobs"][job]["verdict"] == _GOOD:
        return None
    good = max((index for index, run in enumerate(spoke) if run["jobs"][job]["verdict"] == _GOOD), default=None)
    first = spoke[0 if good is None else good + 1]
    if good is None:
        return Culprit(first["id"], None, ())
    before, after = _facts(spoke[good], job), _facts(first, job)
    changed = tuple(
        (name, before.get(name, "–"), after.get(name, "–"))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )
    return Culprit(first["id"], spoke[good]["id"], changed)


def _line(job: Mapping[str, Any]) -> dict[str, Any]:
    names = ("verdict", "reason", "costs", "unit", "build_id", "network_id", "tools")
    return {name: job[name] for name in names}


def _facts(run: Mapping[str, Any], job: str) -> dict[str, str]:
    """What a verdict may hang on: commit, ids and tools. An id that is not known, as nothing was built, is left out."""
    then, commit = run["jobs"][job], run["commit"]
    facts = {"commit": str(commit["id"]) + (" and changes" if commit["changed"] else "")} if commit["id"] else {}
    facts["n6gen"] = str(run["n6gen"])
    facts |= {name: str(then[name]) for name in ("network_id", "build_id") if then[name]}
    return facts | {f"tool {name}": str(version) for name, version in then["tools"].items()}


def _entries(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
            if {"id", "jobs", "board", "commit", "n6gen", "started"} <= entry.keys():
                yield entry
        except (ValueError, AttributeError):
            continue
