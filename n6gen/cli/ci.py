"""`n6gen ci`: a plan of jobs on the boards that there are, with evidence and a verdict."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.janitor import janitor
from n6gen.cli.output import Output
from n6gen.cli.shell import command
from n6gen.errors import ExitCode

if TYPE_CHECKING:
    from n6gen.hil.conduct import Report
    from n6gen.hil.plan import Plan, Shard

_FILE = "n6gen-ci.toml"


@click.group("ci", cls=click.RichGroup)
def ci() -> None:
    """Hardware in the loop: build, flash and measure a matrix of jobs, and judge it."""


def _shard(text: str | None) -> Shard:
    from n6gen.hil.plan import ALL, Shard

    if text is None:
        return ALL
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise click.BadParameter(f"{text!r} is not i/n with i from 1 to n, such as 2/4", param_hint="--shard")
    return Shard(int(index), int(count))


_plan = click.option("--plan", "plan_file", default=_FILE, show_default=_FILE, metavar="FILE", help="The plan.")
_shards = click.option("--shard", metavar="I/N", help="Only the I-th of N parts of the jobs; together they are all.")
_out = click.option("--out", "out_dir", metavar="DIR", help="Where runs are kept; by default in the state folder.")


@command("init")
@click.option("--github", "services", flag_value="github", multiple=True, help="A workflow for GitHub Actions too.")
@click.option("--gitlab", "services", flag_value="gitlab", multiple=True, help="A pipeline for GitLab too.")
def init(out: Output, services: tuple[str, ...]) -> None:
    """Write a commented example of a plan into this folder; it runs as it is on the virtual board.

    With --github or --gitlab also a pipeline that runs it; a plan that is there already is kept then.
    """
    from n6gen.errors import InputError
    from n6gen.hil.example import write_example, write_pipeline

    file = Path(_FILE)
    pipelines = [str(write_pipeline(service, Path())) for service in dict.fromkeys(services)]
    for one in pipelines:
        out.show(f"{one} is written")
    if file.exists() and pipelines:
        out.result({"file": str(file.absolute()), "pipelines": pipelines})
        return
    if file.exists():
        raise InputError(f"{file} is there already", "Look at what it would do: n6gen ci plan", "Or remove it first.")
    write_example(file)
    out.show(f"{file} is written. Next: n6gen ci plan, then n6gen ci run")
    out.result({"file": str(file.absolute()), "pipelines": pipelines})


@command("plan")
@_plan
@_shards
def plan(out: Output, plan_file: str, shard: str | None) -> None:
    """Say what would run, where, and why; and what would not."""
    from n6gen.hil.read import read_plan

    part = _shard(shard)
    _show_plan(out, read_plan(Path(plan_file)), part)


@command("run")
@_plan
@_shards
@_out
@click.option("--dry-run", is_flag=True, help="Say what would run; run nothing.")
@click.option("--junit", metavar="FILE", help="Test results, a test a job; also kept with the run.")
def run(
    out: Output, plan_file: str, shard: str | None, out_dir: str | None, dry_run: bool, junit: str | None
) -> int | None:
    """Run the plan: every job comes to one verdict, with the evidence for it.

    Exits with 1 if a measured verdict is negative, else with the code of the first job that did not run.
    """
    from datetime import datetime

    from n6gen.hil.deliver import deliver
    from n6gen.hil.evidence import new_run, root_of
    from n6gen.hil.read import read_plan
    from n6gen.hil.results import as_json, commit_of
    from n6gen.hil.runner import place
    from n6gen.hil.runner import run as run_jobs

    part = _shard(shard)
    found = read_plan(Path(plan_file))
    if dry_run:
        _show_plan(out, found, part)
        return None
    where = place(found, out.say)
    if where.note:
        out.say(f"note: {where.note}")
    root, now = root_of(found.name, out_dir), datetime.now().astimezone()
    folder = new_run(root, found.file, now)
    jobs = part.part(found.jobs)
    out.say(f"{len(jobs)} jobs on {', '.join(where.names) or 'no board'}; evidence: {folder}")
    with _terminated_as_interrupted(), out.progress("jobs", len(jobs)) as advance:
        ended = 0

        def on_report(report: Report) -> None:
            nonlocal ended
            ended += 1
            advance(ended)
            _tell(out, report)

        ran = run_jobs(found, jobs, where, folder, on_report=on_report)
    results = as_json(found, part, where, folder, now, commit_of(found.folder), ran)
    results = deliver(root, folder, results, found.keep, Path(junit) if junit else None)
    _show_results(out, results, folder)
    out.result({"folder": str(folder), **results})
    return int(results["exit_code"])


@command("replay")
@click.argument("run_id", required=False, metavar="[RUN]")
@_plan
@_out
def replay(out: Output, run_id: str | None, plan_file: str, out_dir: str | None) -> int:
    """Judge a run anew from its recorded bytes, without a board.

    RUN is a run's folder, or its id; without it, the newest run of the plan is taken. Exits with 1 if a verdict is not
    what it was.
    """
    from n6gen.hil.evidence import find_run, read_results
    from n6gen.hil.replay import replay as judge_again
    from n6gen.hil.words import harmless

    folder = find_run(_root(plan_file, out_dir, run_id), run_id)
    again = judge_again(folder, read_results(folder))
    for one in again:
        how = "from its bytes" if one.from_bytes else "from how its steps ended"
        other = "" if one.same else f", but it was {one.then}: {one.now.reason}"
        out.show(harmless(f"{one.now.verdict:9} {one.name} ({how}){other}"))
    out.result(
        [
            {
                "job": one.name,
                "then": one.then,
                "now": one.now.verdict,
                "reason": one.now.reason,
                "bytes": one.from_bytes,
            }
            for one in again
        ]
    )
    return ExitCode.OK if all(one.same for one in again) else ExitCode.NEGATIVE


@command("accept")
@click.argument("run_id", required=False, metavar="[RUN]")
@_plan
@_out
@click.option("--job", "only", multiple=True, metavar="NAME", help="This job only; can be given several times.")
def accept(out: Output, run_id: str | None, plan_file: str, out_dir: str | None, only: tuple[str, ...]) -> None:
    """Make what a run measured the baseline: the jobs whose masks were exact. Commit the files it writes."""
    from n6gen.hil.accept import accept as take
    from n6gen.hil.evidence import find_run, root_of
    from n6gen.hil.read import read_plan

    found = read_plan(Path(plan_file))
    taken = take(found, find_run(root_of(found.name, out_dir), run_id), only)
    for name, file in taken.items():
        out.show(f"{name}: {file}")
    out.result({name: str(file) for name, file in taken.items()})


@command("boards")
@click.option("--release", metavar="NAME", help="Lend a quarantined board again.")
def boards(out: Output, release: str | None) -> None:
    """The boards that jobs ran on: who has them, and which are quarantined and why."""
    import attrs

    from n6gen.hil.local_bench import known
    from n6gen.hil.local_bench import release as lend_again

    if release is not None:
        sick = lend_again(release)
        out.show(f"{sick.name} is lent again; it was quarantined since {sick.since}: {sick.reason}")
    rows = known()
    for name, who, sick_one in rows if release is None else ():
        state = f"quarantined since {sick_one.since}: {sick_one.reason}" if sick_one else "free"
        out.show(f"{name}: {f'in use by {who}' if who else state}")
    out.result(
        [
            {
                "name": name,
                "holder": None if who is None else attrs.asdict(who),
                "quarantined": None if sick_one is None else attrs.asdict(sick_one),
            }
            for name, who, sick_one in rows
        ]
    )


for _one in (init, plan, run, replay, accept, boards, janitor):
    ci.add_command(_one)


def _root(plan_file: str, out_dir: str | None, run_id: str | None) -> Path:
    """Where runs are; a run's own folder needs no plan."""
    from n6gen.hil.evidence import root_of
    from n6gen.hil.read import read_plan

    if out_dir is not None or (run_id is not None and Path(run_id).is_dir()):
        return root_of("", out_dir)
    return root_of(read_plan(Path(plan_file)).name, None)


def _show_plan(out: Output, found: Plan, part: Shard) -> None:
    from n6gen.hil.outlook import outlook

    seen = outlook(found, part)
    for line in seen.lines():
        out.show(line)
    out.result(seen.as_json())


def _tell(out: Output, report: Report) -> None:
    from n6gen.hil.words import harmless

    out.say(harmless(f"{report.judged.verdict}: {report.job.name}, {report.seconds:.1f} s: {report.judged.reason}"))


def _show_results(out: Output, results: Mapping[str, Any], folder: Path) -> None:
    from n6gen.hil.words import harmless, headline, on_github, sick_boards, table_rows, workflow_commands

    if on_github():
        # Its parser reads stderr too, which leaves stdout to the result.
        for line in workflow_commands(results):
            sys.stderr.write(line + "\n")
    if not out.for_machine:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="bold")
        for title in ("verdict", "job", "board", "total", "s", "why"):
            table.add_column(title, justify="right" if title in ("total", "s") else "left", overflow="fold")
        for row in table_rows(results):
            table.add_row(*(Text(harmless(cell)) for cell in row))
        out.show(table)
    for name, why in sick_boards(results):
        out.say(harmless(f"{name} is quarantined: {why}"))
    for note in results["notes"]:
        out.say(harmless(note))
    out.show(f"{headline(results)}; page: {folder / 'index.html'}")


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A CI system that cancels a job sends SIGTERM: it ends a run as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
