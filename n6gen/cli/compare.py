"""`n6gen compare`: two sessions side by side, if their conditions allow it."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command
from n6gen.errors import ExitCode


@command("compare", json_file=True)
@click.argument("a")
@click.argument("b")
@click.option("--allow", multiple=True, metavar="KEY", help="A condition that may differ, such as build_id.")
def compare(out: Output, a: str, b: str, allow: tuple[str, ...]) -> int:
    """Say how the cost of a frame changed from session A to session B.

    A and B are files that `n6gen measure --json` wrote, or sessions' folders. Sessions measured under unlike
    conditions are not compared: exit code 6, and the JSON lists what differs.
    """
    import attrs

    from n6gen.measure.alike import differences
    from n6gen.measure.compare import compare as compare_sessions
    from n6gen.measure.sessions import load_result
    from n6gen.report.numbers import unit_label
    from n6gen.report.table import change_table, difference_table
    from n6gen.report.words import PROFILE_BUILD, profile_build

    one, two = load_result(Path(a)), load_result(Path(b))
    differing = [attrs.asdict(entry) for entry in differences(one, two, allow)]
    result = {"comparable": not differing, "allowed": list(allow), "differing": differing, "stages": []}
    if differing:
        allowing = " ".join(f"--allow {entry['key']}" for entry in differing)
        out.show(difference_table(differing), f"Not comparable. If these are what you want to compare: {allowing}")
        out.result(result)
        return ExitCode.NOT_COMPARABLE
    changes = [attrs.asdict(change) for change in compare_sessions(one, two)]
    out.show(change_table(unit_label(one), one["unit"], changes))
    slower = [change["stage"] for change in changes if change["change"] == "slower"]
    faster = [change["stage"] for change in changes if change["change"] == "faster"]
    said = [f"{', '.join(names)} {word}" for names, word in ((slower, "slower"), (faster, "faster")) if names]
    if any(profile_build(session["conditions"]) for session in (one, two)):
        out.show(PROFILE_BUILD)
    out.show(f"Verdict: B is {' and '.join(said)}." if said else "Verdict: no difference.")
    out.result({**result, "stages": changes})
    return ExitCode.OK
