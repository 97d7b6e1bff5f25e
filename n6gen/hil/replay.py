"""A run again, from its evidence and without a board: same bytes, same rules, same verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import N6genError
from n6gen.hil.judge import Judged, judge_session, judge_steps
from n6gen.hil.plan import Limits
from n6gen.hil.results import step_of
from n6gen.tools.files import read_object


@attrs.frozen
class Replayed:
    """A job's verdict then and now. `from_bytes`: whether a board's raw bytes were judged, not only how steps ended."""

    name: str
    then: str
    now: Judged
    from_bytes: bool

    @property
    def same(self) -> bool:
        """Whether it came to the same."""
        return self.then == self.now.verdict


def replay(folder: Path, results: Mapping[str, Any]) -> list[Replayed]:
    """Judge every job of the run in `folder` anew."""
    raw = results["limits"]
    limits = Limits(**{**raw, "stages": tuple(raw["stages"]), "allow": tuple(raw["allow"])})
    return [_job(folder, job, limits) for job in results["jobs"]]


def _job(folder: Path, job: Mapping[str, Any], limits: Limits) -> Replayed:
    attempts = job["attempts"]
    steps = [step_of(step) for step in (attempts[-1]["steps"] if attempts else [])]
    measured = next((step for step in steps if step.name == "measure"), None)
    if measured is not None and measured.exit_code in (0, 1) and job["session"] is not None:
        return Replayed(job["name"], job["verdict"], _from_bytes(folder, job, limits), from_bytes=True)
    before = [step_of(job[name]) for name in ("build", "evaluate") if job[name] is not None]
    bad = judge_steps([*before, *steps])
    # A run that was stopped, a board that was not there: nothing that evidence could be judged by.
    stands = Judged(job["verdict"], job["reason"], job["exit_code"])
    skipped = job["verdict"] in ("skipped", "cancelled") or bad is None
    return Replayed(job["name"], job["verdict"], stands if skipped else bad or stands, from_bytes=False)


def _from_bytes(folder: Path, job: Mapping[str, Any], limits: Limits) -> Judged:
    from n6gen.measure.replay import replay as play

    home = folder / "jobs" / job["name"]
    try:
        session = play(folder / job["session"]).as_json()
    except N6genError as error:
        # They gave a result once: they were damaged since, or are of a protocol that this n6gen no longer reads.
        return Judged("error", f"its bytes cannot be played back: {error.message}", error.exit_code)
    found = {name: _if_there(home / f"{name}.json") for name in ("baseline", "evaluation")}
    return judge_session(session, found["baseline"], limits, found["evaluation"])


def _if_there(file: Path) -> dict[str, Any] | None:
    return read_object(file) if file.is_file() else None
