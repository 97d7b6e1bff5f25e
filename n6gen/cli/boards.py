"""`n6gen boards`: which boards are there."""

from __future__ import annotations

import attrs

from n6gen.cli.output import Output
from n6gen.cli.shell import command


@command("boards")
def boards(out: Output) -> None:
    """List the boards that can be reached, the virtual ones included."""
    from n6gen.programmer.registry import survey

    probes, problems = survey()
    if not out.for_machine:
        from rich.table import Table

        table = Table(box=None, header_style="bold")
        for title in ("serial", "board", "state", "VCP", "programmer"):
            # A serial number is there to be copied: never cut it.
            table.add_column(title, overflow="fold", min_width=24 if title == "serial" else None)
        for probe in probes:
            table.add_row(probe.serial, probe.board, probe.state, probe.vcp or "–", probe.programmer)
        out.show(table)
    for probe in probes:
        if probe.note:
            out.say(f"{probe.serial}: {probe.note}")
    for problem in problems:
        out.say(f"{problem.message}. {' '.join(problem.things_to_try)}")
    out.result([attrs.asdict(probe) for probe in probes])
