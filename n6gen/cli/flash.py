"""`n6gen flash`: write a build to a board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from n6gen.flash.execute import Flashed
    from n6gen.flash.plan import PartitionPlan


@command("flash")
@setting("build")
@setting("sn")
@click.option("--board", metavar="NAME", help="The board that the build must be for; by default whichever it is for.")
@click.option("--dry-run", is_flag=True, help="Read the board and show what would be written.")
@click.option("--force", is_flag=True, help="Write everything, also what the board already holds.")
def flash(out: Output, build: str, sn: str | None, board: str | None, dry_run: bool, force: bool) -> None:
    """Write a build to a board: only the sectors that differ, then read back and compared."""
    from n6gen.flash.execute import flash as run

    with ExitStack() as stack:
        report: Callable[[float], None] = lambda done: None  # noqa: ARG005, E731

        def begin(plans: Sequence[PartitionPlan]) -> None:
            nonlocal report
            for one in plans:
                out.detail(f"{one.partition.name}: {one.action}, {len(one.steps)} steps, {one.written} B")
            if not dry_run:
                report = stack.enter_context(out.progress("flash", max(1, sum(one.work for one in plans))))

        result = run(
            Path(build),
            sn,
            board=board,
            force=force,
            dry_run=dry_run,
            on_plan=begin,
            on_progress=lambda done: report(done),
        )
    _show(out, result)
    out.result(result.as_json())


def _show(out: Output, result: Flashed) -> None:
    from rich.table import Table

    table = Table("partition", "address", "size", "action", box=None, header_style="bold")
    for entry in result.as_json()["partitions"]:
        action = "would be written" if result.dry_run and entry["action"] == "write" else entry["action"]
        action += f" ({entry['written']} B)" if entry["written"] else ""
        table.add_row(entry["name"], f"{entry['address']:#010x}", f"{entry['size']} B", action)
    out.show(table)
    if result.dry_run:
        out.show(f"{result.serial}: nothing was written (--dry-run)")
    else:
        out.show(f"{result.serial}: every partition was read back and is right")
