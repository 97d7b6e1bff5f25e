"""`n6gen boards`: which boards are there."""

from __future__ import annotations

from n6gen.cli.output import Output
from n6gen.cli.shell import command


@command("boards")
def boards(out: Output) -> None:
    """List the boards that can be reached, the virtual ones included."""
    from n6gen.programmer.registry import all_probes

    probes = all_probes()
    if not out.for_machine:
        from rich.table import Table

        table = Table("serial", "board", "state", "nor", box=None, header_style="bold")
        for probe in probes:
            table.add_row(probe.serial, probe.board, probe.state, probe.nor or "")
        out.show(table)
    out.result([{"serial": p.serial, "board": p.board, "state": p.state, "nor": p.nor} for p in probes])
