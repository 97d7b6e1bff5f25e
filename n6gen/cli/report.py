"""`n6gen report`: a session's reports, made anew from its raw bytes. And what `measure` shares with it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command
from n6gen.errors import ExitCode

if TYPE_CHECKING:
    from n6gen.measure.session import Session


def _percent(text: str) -> float:
    """A share written as "3%" or "3", as a number such as 0.03."""
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    # Written so that "nan" fails too.
    if not 0 <= share <= 100:
        raise click.BadParameter(f"{text!r} is not a percentage such as 3%")
    return share


class Wanted:
    """What a session is to be turned into, as the command line says; the baseline is read at once."""

    def __init__(
        self,
        files: Mapping[str, str | None],
        baseline: tuple[str, ...],
        max_regression: float,
        stages: tuple[str, ...],
        allow: tuple[str, ...],
    ) -> None:
        """InputError if the baseline cannot be read."""
        from n6gen.measure.baseline import load_baseline

        self.files = {kind: Path(name) for kind, name in files.items() if name is not None}
        self.baseline = load_baseline([Path(name) for name in baseline]) if baseline else []
        self.max_regression = max_regression
        self.stages = stages
        self.allow = allow


_FILES = {
    "html": "One page that needs nothing else, to read.",
    "junit": "Test results, for CI.",
    "markdown": "A summary; appended if FILE is $GITHUB_STEP_SUMMARY.",
    "card": "A number card to paste into a README, as SVG.",
}


def report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that turn a session into reports and judge it; it gets them as `wanted`."""

    @functools.wraps(function)
    def wrapped(
        *words: Any,
        baseline: tuple[str, ...],
        max_regression: float,
        stages: tuple[str, ...],
        allow: tuple[str, ...],
        **options: Any,
    ) -> Any:
        files = {kind: options.pop(kind) for kind in _FILES}
        return function(*words, wanted=Wanted(files, baseline, max_regression, stages, allow), **options)

    made = (
        click.option("--allow", multiple=True, metavar="KEY", help="A condition that may differ from the baseline's."),
        click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Judge this stage; without, all."),
        click.option(
            "--max-regression",
            type=_percent,
            default="0%",
            show_default="0%",
            metavar="PERCENT",
            help="How much more than in the baseline a stage may cost; 1% at least on a real clock.",
        ),
        click.option(
            "--baseline",
            multiple=True,
            metavar="PATH",
            help="An earlier session's JSON to judge this one by, or several, or a folder of them.",
        ),
        *(click.option(f"--{kind}", metavar="FILE", help=text) for kind, text in reversed(_FILES.items())),
    )
    return functools.reduce(lambda made, option: option(made), made, wrapped)


@command("report", json_file=True)
@report_options
@click.argument("session", required=False, metavar="[SESSION]")
def report(out: Output, session: str | None, wanted: Wanted) -> int:
    """Make a session's reports anew, from the raw bytes of its board.

    SESSION is a session's folder or its id; without it, the newest session is taken.
    """
    from n6gen.measure.replay import replay
    from n6gen.measure.sessions import find_session, read_result

    folder = find_session(session)
    again = replay(folder)
    if read_result(folder) not in (None, again.as_json()):
        out.say("note: the session's stored result is not what its raw bytes say; the bytes are shown")
    return deliver(out, again, folder, wanted)


def deliver(out: Output, session: Session, folder: Path, wanted: Wanted) -> int:
    """Judge a session, show it, and write what is wanted; the exit code of the command."""
    from n6gen.measure.baseline import choose
    from n6gen.measure.gate import gate

    values = session.as_json()
    judged = None
    if wanted.baseline:
        base = choose(wanted.baseline, values, wanted.allow)
        judged = gate(values, base, wanted.max_regression, stages=wanted.stages, allow=wanted.allow)
        values["gate"] = judged.as_json()
    _write(values, session, folder, wanted)
    if not out.for_machine:
        _show(out, values)
    out.result(values)
    if session.exact is False:
        return ExitCode.NEGATIVE
    return ExitCode.OK if judged is None else judged.exit_code


def _write(values: Mapping[str, Any], session: Session, folder: Path, wanted: Wanted) -> None:
    files = wanted.files
    if "html" in files:
        from n6gen.measure.gallery import gallery, log_of
        from n6gen.report.page import write_page

        write_page(values, gallery(session, folder), log_of(folder), files["html"])
    if "junit" in files:
        from n6gen.report.junit import write_junit

        write_junit(values, files["junit"])
    if "markdown" in files:
        from n6gen.report.markdown import write_markdown

        write_markdown(values, files["markdown"])
    if "card" in files:
        from n6gen.report.card import write_card

        write_card(values, files["card"])


def _show(out: Output, values: Mapping[str, Any]) -> None:
    from n6gen.report.epochs import epoch_lines
    from n6gen.report.numbers import unit_label
    from n6gen.report.table import change_table, frame_table, lacking, stage_table
    from n6gen.report.words import (
        PROFILE_BUILD,
        gate_lines,
        method_lines,
        profile_build,
        published_lines,
        verdict_line,
    )

    label = unit_label(values)
    out.show(stage_table(values["unit"], label, values["stages"]), *lacking(values["stages"]), *method_lines(values))
    if "profile" in values:
        from n6gen.report import profile

        out.show(profile.table(values), *profile.lines(values))
    out.show(*epoch_lines(values))
    out.show(frame_table(values["frames"]))
    out.show(*published_lines(values))
    judged = values.get("gate")
    if judged and judged["stages"]:
        out.show(change_table(label, values["unit"], judged["stages"]))
    marks = [PROFILE_BUILD] if profile_build(values["conditions"]) else []
    out.show(*gate_lines(values), *marks, verdict_line(values))
