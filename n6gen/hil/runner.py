"""A run: builds side by side, boards side by side, one job a board, and nothing that waits for ever."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

import attrs

from n6gen.errors import ExitCode, N6genError
from n6gen.hil.bench import Bench, Need, NoBoard
from n6gen.hil.builds import Build, Builds
from n6gen.hil.canary import Canary
from n6gen.hil.conduct import Report, Site, conduct
from n6gen.hil.judge import Judged
from n6gen.hil.local_bench import LocalBench
from n6gen.hil.plan import Job, Plan
from n6gen.hil.steps import PROGRAM, Stepper, Stop

_LOOK_S = 0.2
#: A board is waited for so long when it is to prove at the end that it is well, in seconds.
_LAST_S = 10.0


@attrs.frozen
class Where:
    """Where the jobs of a plan run: the bench, what they ask of it, and what is to be said about that."""

    bench: Bench
    need: Need
    strategy: str
    names: tuple[str, ...]
    note: str | None = None


@attrs.frozen
class Ran:
    """A run that is over. `sick`: boards that failed their last health check, and why; `seconds`: wall time."""

    reports: tuple[Report, ...]
    seconds: float
    notes: tuple[str, ...]
    sick: dict[str, str]
    canaries: dict[str, float]
    interrupted: bool = False


def place(plan: Plan, say: Callable[[str], None] = lambda text: None) -> Where:  # noqa: ARG005
    """Where the jobs of a plan run: on the boards of its bench, or on the fallback if that has none."""
    need = Need(plan.board.name, plan.board.tags)
    bench = _bench(plan, say)
    names = tuple(bench.names(need))
    fallback = plan.board.fallback
    if names or fallback is None or fallback == need.board:
        return Where(bench, need, plan.board.strategy, names)
    note = f"there is no {need.board}: the jobs run on the {fallback} board instead, and say nothing about its speed"
    other = LocalBench()
    instead = Need(fallback)
    return Where(other, instead, "flash", tuple(other.names(instead)), note)


def run(
    plan: Plan,
    jobs: tuple[Job, ...],
    where: Where,
    folder: Path,
    *,
    program: tuple[str, ...] = PROGRAM,
    on_report: Callable[[Report], None] = lambda report: None,  # noqa: ARG005
    stop: Stop | None = None,
) -> Ran:
    """Run `jobs` and keep the evidence in `folder`. Every job comes to exactly one verdict.

    Ctrl-C ends what is under way: verdicts that were reached stand, the rest is cancelled, boards are released.
    """
    started = time.monotonic()
    stop = stop or Stop()
    stepper = Stepper(folder, plan.folder, stop, plan.env, program)
    builds = Builds(stepper, where.need.board, plan.times.build)
    canary = Canary(plan, stepper, builds)
    site = Site(plan, where.bench, where.need, where.strategy, stepper, builds, canary)
    crew = _Crew(site, max(1, len(where.names)), on_report)
    interrupted = False
    try:
        if jobs and plan.canary.when:
            # It is needed before the first job can run.
            builds.of(canary.job)
        for job in jobs:
            crew.begin(job)
        if plan.limits.max_regression is not None:
            # What judges takes a while to import: better now than in the first job that comes to it.
            importlib.import_module("n6gen.measure.gate")
        while not crew.done(_LOOK_S):
            if time.monotonic() - started > plan.times.run:
                stop.now("timeout", f"the run's time of {plan.times.run:g} s was over")
    except KeyboardInterrupt:
        interrupted = True
        stop.now("cancelled", "stopped by Ctrl-C")
    while not crew.done(_LOOK_S):
        pass
    sick = {} if stop else _last_check(site, canary)
    builds.close()
    reports = tuple(crew.reports[job.name] for job in jobs)
    return Ran(reports, time.monotonic() - started, tuple(canary.notes), sick, dict(canary.seconds), interrupted)


def _bench(plan: Plan, say: Callable[[str], None]) -> Bench:
    if plan.bench == "labgrid":
        from n6gen.hil.labgrid_bench import LabgridBench

        return LabgridBench(plan.coordinator, say=say)
    return LocalBench(plan.board.serials)


class _Crew:
    """Runs each job as soon as its build is there and somebody is free for it."""

    def __init__(self, site: Site, boards: int, on_report: Callable[[Report], None]) -> None:
        self.reports: dict[str, Report] = {}
        self._site = site
        self._on_report = on_report
        self._pool = ThreadPoolExecutor(boards, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._ended: list[Future[None]] = []

    def begin(self, job: Job) -> None:
        ended: Future[None] = Future()
        self._ended.append(ended)
        build = self._site.builds.of(job)
        build.add_done_callback(lambda made: self._pool.submit(self._run, job, made, ended))

    def done(self, patience: float) -> bool:
        """Whether every job has its verdict, after at most `patience` seconds."""
        return not wait(self._ended, patience).not_done

    def _run(self, job: Job, made: Future[Build], ended: Future[None]) -> None:
        try:
            report = self._report(job, made)
            with self._lock:
                self.reports[job.name] = report
                self._on_report(report)
        finally:
            ended.set_result(None)

    def _report(self, job: Job, made: Future[Build]) -> Report:
        try:
            return conduct(self._site, job, made.result())
        except N6genError as error:
            return Report(job, Judged("error", error.message, error.exit_code))
        except Exception as error:  # noqa: BLE001 - a bug in one job ends that job only
            return Report(job, Judged("error", f"a bug in n6gen: {error!r}", ExitCode.BUG))


def _last_check(site: Site, canary: Canary) -> dict[str, str]:
    """Let every board that was used prove that it is still well; the sick ones are quarantined."""
    if "after" not in site.plan.canary.when:
        return {}
    sick: dict[str, str] = {}
    left = set(canary.seconds) & set(site.bench.names(site.need))
    with ExitStack() as stack:
        # A bench lends any board that fits: those that had their turn are kept until all had.
        while left:
            try:
                held = stack.enter_context(site.bench.hold(site.need, job="health check", timeout=_LAST_S))
            except (NoBoard, N6genError):
                break
            if held.name in left and (reason := canary.ask(held)) is not None:
                site.bench.quarantine(held.name, reason)
                sick[held.name] = reason
            left.discard(held.name)
    return sick
