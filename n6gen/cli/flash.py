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
    from n6gen.programmer.base import Traits

#: How long `--wait` waits, in seconds, if it does not say.
_WAIT_S = 600.0


@command("flash")
@setting("build")
@setting("sn")
@click.option("--board", metavar="NAME", help="The board that the build must be for; by default whichever it is for.")
@setting("programmer")
@setting("cubeprogrammer")
@setting("probe_rs")
@click.option("--only", multiple=True, metavar="NAME", help="Look at this partition only; can be given several times.")
@click.option("--dry-run", is_flag=True, help="Read the board and show what would be written.")
@click.option("--force", is_flag=True, help="Write everything, also what the board already holds.")
@click.option(
    "--wait",
    type=float,
    is_flag=False,
    flag_value=_WAIT_S,
    metavar="[SECONDS]",
    help=f"Wait for a board that somebody else uses; {_WAIT_S:g} s if not said.",
)
def flash(
    out: Output,
    build: str,
    sn: str | None,
    board: str | None,
    programmer: str | None,
    cubeprogrammer: str | None,
    probe_rs: str | None,
    only: tuple[str, ...],
    dry_run: bool,
    force: bool,
    wait: float | None,
) -> None:
    """Write a build to a board: only the sectors that differ, then read back and compared."""
    from n6gen.flash.interrupt import Stopped
    from n6gen.flash.session import Selection
    from n6gen.flash.session import flash as run
    from n6gen.programmer.base import Access
    from n6gen.programmer.registry import tool_paths
    from n6gen.tools.hold import PATIENCE_S

    selection = Selection(
        board=board,
        programmer=programmer,
        paths=tool_paths(cubeprogrammer, probe_rs),
        access=Access(patience=PATIENCE_S if wait is None else wait, say=out.say),
    )
    with ExitStack() as stack:
        report: Callable[[float], None] = lambda done: None  # noqa: ARG005, E731

        def begin(plans: Sequence[PartitionPlan], traits: Traits) -> None:
            nonlocal report
            _show_plan(out, plans, traits)
            if not dry_run:
                report = stack.enter_context(out.progress("flash", max(1, sum(one.work for one in plans))))

        try:
            result = run(
                Path(build),
                sn,
                selection=selection,
                only=only,
                force=force,
                dry_run=dry_run,
                on_plan=begin,
                on_progress=lambda done: report(done),
            )
        except Stopped as stopped:
            out.say(stopped.state)
            raise
    _show(out, result)
    out.result(result.as_json())


def _show_plan(out: Output, plans: Sequence[PartitionPlan], traits: Traits) -> None:
    from rich.table import Table

    from n6gen.flash.execute import in_flash_order

    table = Table("partition", "address", "size", "action", "sectors", "estimate", box=None, header_style="bold")
    for one in in_flash_order(plans):
        table.add_row(
            one.partition.name,
            f"{one.partition.address:#010x}",
            f"{len(one.image)} B",
            f"write {one.written} B" if one.written else one.action,
            f"{one.sectors} × {traits.sector >> 10} KiB" if one.sectors else "–",
            f"{one.seconds(traits):.1f} s" if one.steps else "–",
        )
    out.show(table)
    for one in plans:
        if one.refused:
            out.show(f"{one.partition.name} is refused: {one.refused}")


def _show(out: Output, result: Flashed) -> None:
    written = sum(one.written for one in result.partitions)
    if result.dry_run:
        out.show(f"{result.serial}: nothing was written (--dry-run)")
        return
    out.show(f"{result.serial}: every partition was read back and is right")
    if written:
        estimated = result.as_json()["estimated_s"]
        out.show(f"{written} B written; {result.seconds:.1f} s in all, {estimated:.1f} s estimated for writing")
