"""One job: build, a board, flash, measure, a verdict; again if, and only if, it did not run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import BoardError, ExitCode, N6genError
from n6gen.hil.bench import Bench, Held, Need, NoBoard
from n6gen.hil.builds import Build, Builds
from n6gen.hil.canary import Canary
from n6gen.hil.judge import Judged, judge_session, judge_steps
from n6gen.hil.plan import Job, Plan
from n6gen.hil.steps import Step, Stepper, StepResult
from n6gen.tools.files import read_object, write_json

#: A job that met so many sick boards is given up.
_MOST_BOARDS = 20
#: A bench is asked for so long at once, in seconds: it does not know that all has to stop.
_PATIENCE_S = 10.0
_PAUSE_S = 0.2


@attrs.frozen
class Attempt:
    """A try on one board. `sick`: what its health check said, if the board is not well; `checked`: seconds of that."""

    board: str | None
    waited: float
    steps: tuple[StepResult, ...]
    judged: Judged
    sick: str | None = None
    checked: float = 0.0


@attrs.define
class Report:
    """What became of a job."""

    job: Job
    judged: Judged
    build: Build | None = None
    attempts: list[Attempt] = attrs.field(factory=list)
    evaluated: StepResult | None = None
    session: Mapping[str, Any] | None = None
    seconds: float = 0.0


@attrs.frozen
class Site:
    """What the jobs of a run share. `need`: what they ask of the bench; `strategy`: how boards are flashed."""

    plan: Plan
    bench: Bench
    need: Need
    strategy: str
    stepper: Stepper
    builds: Builds
    canary: Canary


def conduct(site: Site, job: Job, build: Build) -> Report:
    """Run a job whose build has ended. Whatever happens, it comes to one verdict; nothing is raised but bugs."""
    started = time.monotonic()
    report = Report(job, Judged("error", "not run", ExitCode.BUG), build)
    folder = site.stepper.root / "jobs" / job.name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        report.judged = _stopped(site) or _conduct(site, report, build, folder)
    except N6genError as error:
        report.judged = Judged("error", error.message, error.exit_code)
    report.seconds = time.monotonic() - started
    return report


def _conduct(site: Site, report: Report, build: Build, folder: Path) -> Judged:
    if build.step is not None and (bad := judge_steps([build.step])) is not None:
        return bad
    write_json(folder / "manifest.json", dict(build.manifest))
    if (bad := _evaluate(site, report, build, folder)) is not None:
        return bad
    left = site.plan.times.job
    again = 0
    for number in range(1, _MOST_BOARDS + 1):
        attempt = _attempt(site, report, build, folder, number, left)
        report.attempts.append(attempt)
        left -= sum(step.seconds for step in attempt.steps)
        judged = attempt.judged
        if (stopped := _stopped(site)) is not None:
            # A verdict that was reached before counts.
            return judged if judged.verdict in ("passed", "failed") else stopped
        if attempt.sick is None:
            if judged.again not in site.plan.retry.classes or again >= site.plan.retry.times:
                return judged
            again += 1
    return Judged("error", f"{_MOST_BOARDS} boards were sick, one after the other", ExitCode.BOARD)


def _attempt(site: Site, report: Report, build: Build, folder: Path, number: int, left: float) -> Attempt:
    if left <= 0:
        reason = f"its time of {site.plan.times.job:g} s was over"
        return Attempt(None, 0.0, (), Judged("timeout", reason, ExitCode.BOARD))
    asked = time.monotonic()
    steps: list[StepResult] = []
    try:
        if not report.attempts and not site.bench.names(site.need):
            return Attempt(None, 0.0, (), Judged("skipped", f"there is no {site.need.board} to run on"))
        with _board(site, report.job) as held:
            waited = time.monotonic() - asked
            sick = site.canary.first(held)
            checked = time.monotonic() - asked - waited
            if sick is not None:
                judged = Judged("error", sick, ExitCode.BOARD, "board")
            else:
                judged = _on_board(site, report, build, folder, held, number, left, steps)
                if judged.again is not None and not site.stepper.stop:
                    ended = time.monotonic()
                    sick = site.canary.after_error(held)
                    checked += time.monotonic() - ended
            if sick is not None:
                site.bench.quarantine(held.name, sick)
            return Attempt(held.name, waited, tuple(steps), judged, sick, checked)
    except NoBoard as error:
        return Attempt(None, time.monotonic() - asked, (), Judged("error", error.message, ExitCode.BOARD))
    except BoardError as error:
        judged = Judged("error", error.message, ExitCode.BOARD, "board")
        return Attempt(None, time.monotonic() - asked, tuple(steps), judged)


@contextmanager
def _board(site: Site, job: Job) -> Iterator[Held]:
    """A board for a job; NoBoard if there is none, none becomes free in time, or all has to stop."""
    deadline = time.monotonic() + site.plan.times.board
    with ExitStack() as stack:
        held: Held | None = None
        while held is None:
            left = deadline - time.monotonic()
            try:
                lent = site.bench.hold(site.need, job=job.name, timeout=max(0.0, min(left, _PATIENCE_S)))
                held = stack.enter_context(lent)
            except NoBoard:
                if left <= _PATIENCE_S or site.stepper.stop or not site.bench.names(site.need):
                    raise
                time.sleep(_PAUSE_S)
        yield held


def _on_board(
    site: Site,
    report: Report,
    build: Build,
    folder: Path,
    held: Held,
    number: int,
    left: float,
    steps: list[StepResult],
) -> Judged:
    """Flash and measure on a held board; the steps are added to `steps` as they end."""
    build.check()
    sessions = folder / "sessions"
    for step in _steps(site, build, folder, held):
        held.check()
        limited = attrs.evolve(step, timeout=max(0.1, min(step.timeout, left - sum(s.seconds for s in steps))))
        log = folder / f"{number}-{step.name}.log"
        env = {**held.env, "N6GEN_SESSIONS_DIR": str(sessions)}
        done, value = site.stepper.run(limited, log, env=env, keep=held.keep)
        steps.append(done)
        bad = judge_steps([done])
        if bad is not None:
            return bad
    held.check()
    return _judge(site, report, folder, value)


def _judge(site: Site, report: Report, folder: Path, session: dict[str, Any] | None) -> Judged:
    if session is None or "frames" not in session:
        return Judged("error", "the measurement gave no result", ExitCode.BUG)
    write_json(folder / "session.json", session)
    report.session = session
    baseline = _baseline(site, report.job, folder)
    evaluation = folder / "evaluation.json"
    return judge_session(session, baseline, site.plan.limits, read_object(evaluation) if evaluation.is_file() else None)


def _baseline(site: Site, job: Job, folder: Path) -> dict[str, Any] | None:
    file = baseline_file(site.plan, job, site.need.board)
    if file is None or site.plan.limits.max_regression is None:
        return None
    if not file.is_file():
        if job.baseline is not None:
            read_object(file)
        return None
    shutil.copyfile(file, folder / "baseline.json")
    return read_object(file)


def baseline_file(plan: Plan, job: Job, board: str) -> Path | None:
    """Where the baseline of a job on a board is, whether there is one or not."""
    if job.baseline is not None:
        return job.baseline
    return None if plan.baselines is None else plan.baselines / board / f"{job.name}.json"


def _steps(site: Site, build: Build, folder: Path, held: Held) -> list[Step]:
    plan, where = site.plan, ("--build", str(build.folder), "--sn", held.serial, *held.options)
    how = () if site.strategy == "flash" else ("--strategy", site.strategy)
    inputs = plan.inputs
    shown: tuple[str, ...] = ("--scene", str(inputs.scene))
    if inputs.frames:
        shown = tuple(word for path in inputs.frames for word in ("--frames", str(path)))
    patience = ("--timeout", f"{plan.times.inference:g}")
    verify = Step("verify", ("verify", *where, *shown, *patience, "--json"), plan.times.verify)
    return [
        Step("flash", ("flash", *where, *how, "--board", site.need.board, "--json"), plan.times.flash),
        *([verify] if plan.verify else []),
        Step(
            "measure",
            ("measure", *where, *shown, *patience, "--html", str(folder / "session.html"), "--json"),
            plan.times.measure,
        ),
    ]


def _evaluate(site: Site, report: Report, build: Build, folder: Path) -> Judged | None:
    what = site.plan.evaluation
    if what is None:
        return None
    words = ["evaluate", "--build", str(build.folder), "--images", str(what.images), "--masks", str(what.masks)]
    words += ["--limit", str(what.limit)] if what.limit is not None else []
    words += ["--void", str(what.void)] if what.void is not None else []
    step = Step("evaluate", (*words, "--json"), site.plan.times.evaluate)
    report.evaluated, value = site.stepper.run(step, folder / "evaluate.log")
    if value is not None and report.evaluated.ok:
        write_json(folder / "evaluation.json", value)
    return judge_steps([report.evaluated])


def _stopped(site: Site) -> Judged | None:
    stop = site.stepper.stop
    if not stop:
        return None
    if stop.verdict == "timeout":
        return Judged("timeout", stop.reason, ExitCode.BOARD)
    return Judged("cancelled", stop.reason, 130)
