"""What a run would do, said before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import N6genError
from n6gen.hil.builds import Builds
from n6gen.hil.conduct import baseline_file
from n6gen.hil.matrix import build_words
from n6gen.hil.plan import Plan, Shard
from n6gen.hil.runner import Where, place
from n6gen.hil.steps import Stepper, Stop


@attrs.frozen
class Prospect:
    """A job to come. `why`: what is asked of it; `shared`: how many jobs use its build."""

    name: str
    build: str
    words: tuple[str, ...]
    shared: int
    why: str


@attrs.frozen
class Outlook:
    """What would run. `where` is None, and `trouble` says why, if no bench can be asked."""

    plan: Plan
    shard: Shard
    where: Where | None
    trouble: str | None
    jobs: tuple[Prospect, ...]

    def lines(self) -> Iterator[str]:
        """For people."""
        plan = self.plan
        others = len(plan.jobs) - len(self.jobs)
        yield f"{plan.file}: {len(self.jobs)} jobs" + (f", {others} in other shards" if others else "")
        yield f"boards: {self._boards()}"
        for job in self.jobs:
            once = f" (one build for {job.shared} jobs)" if job.shared > 1 else ""
            yield f"  {job.name}: {job.why}{once}"
            yield f"    n6gen {' '.join(job.words)}"
        for entry in plan.excluded:
            yield f"  not run: {entry.name}: {entry.why}"
        times, retry = plan.times, plan.retry
        yield f"at most {times.run:g} s in all, {times.job:g} s a job, {times.board:g} s of waiting for a board"
        if retry.times and retry.classes:
            yield f"tried again at most {retry.times} times: what did not run ({', '.join(retry.classes)}), no verdict"

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        where = self.where
        return {
            "plan": str(self.plan.file),
            "shard": str(self.shard),
            "board": None if where is None else where.need.board,
            "boards": [] if where is None else list(where.names),
            "note": self.trouble if where is None else where.note,
            "jobs": [attrs.asdict(job) for job in self.jobs],
            "excluded": [attrs.asdict(entry) for entry in self.plan.excluded],
        }

    def _boards(self) -> str:
        if self.where is None:
            return f"unknown: {self.trouble}"
        names = ", ".join(self.where.names) or f"no {self.where.need.board}"
        return names + (f"; {self.where.note}" if self.where.note else "")


def outlook(plan: Plan, shard: Shard) -> Outlook:
    """What a run of this shard would do."""
    where, trouble = None, None
    try:
        where = place(plan)
    except N6genError as error:
        trouble = error.message
    board = plan.board.name if where is None else where.need.board
    builds = Builds(Stepper(plan.folder, plan.folder, Stop()), board, plan.times.build)
    jobs = shard.part(plan.jobs)
    keys = {job.name: builds.key(job) for job in jobs}
    shared = Counter(keys.values())
    prospects = []
    for job in jobs:
        baseline = baseline_file(plan, job, board)
        limit = plan.limits.max_regression
        why = "masks must be exact"
        if limit is not None and baseline is not None and baseline.is_file():
            why += f", at most {limit:.2%} above {baseline}"
        elif limit is not None:
            why += ", no baseline yet"
        words = build_words(job, board, Path("builds") / keys[job.name], plan.folder)
        if job.image is not None:
            words = ["flash", "--build", str(job.image)]
            why += ", with an image that the plan names"
        prospects.append(Prospect(job.name, keys[job.name], tuple(words), shared[keys[job.name]], why))
    return Outlook(plan, shard, where, trouble, tuple(prospects))
