"""`n6gen doctor`: what this machine lacks."""

from __future__ import annotations

from click.exceptions import Exit

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting
from n6gen.errors import ExitCode

_COLOURS = {"ok": "green", "missing": "bold red", "old": "bold red", "optional": "dim"}


@command("doctor")
@setting("board")
def doctor(out: Output, board: str) -> None:
    """Look at this machine: tools, packages, permissions, and how to get what is missing.

    The board decides what is needed: '--board virtual' needs no vendor tool and no hardware.
    """
    from n6gen.doctor.examine import examine

    findings = examine(board)
    if not out.for_machine:
        from rich.table import Table
        from rich.text import Text

        table = Table("what", "state", "", box=None, pad_edge=False, show_header=False)
        for finding in findings:
            fixes = "".join(f"\n→ {fix}" for fix in finding.fixes_here) if finding.bad or out.verbosity > 1 else ""
            state = Text(finding.state, style=_COLOURS[finding.state])
            table.add_row(finding.name, state, Text(finding.detail + fixes))
        out.show(table)
    bad = [finding.name for finding in findings if finding.bad]
    out.result(
        {
            "board": board,
            "ok": not bad,
            "findings": [
                {"name": f.name, "state": f.state, "detail": f.detail, "fixes": list(f.fixes_here)} for f in findings
            ],
        }
    )
    if bad:
        out.say(f"needed for {board} and not here: {', '.join(bad)}")
        raise Exit(ExitCode.MISSING)
    out.say(f"all that {board} needs is here")
