"""`n6gen ci janitor`: take back boards of a farm that dead jobs kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command

if TYPE_CHECKING:
    from n6gen.farm.janitor import Leftover


@command("janitor")
@click.option("--coordinator", metavar="HOST:PORT", help="labgrid's coordinator; by default $LG_COORDINATOR.")
@click.option("--every", type=float, metavar="SECONDS", help="Do it again and again, until Ctrl-C; else once.")
@click.option(
    "--stale",
    type=float,
    metavar="SECONDS",
    help="Also what a job of another machine has kept for longer. Without it, only the dead of this machine count.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be released.")
def janitor(out: Output, coordinator: str | None, every: float | None, stale: float | None, dry_run: bool) -> None:
    """Release places of a labgrid farm whose job is dead.

    Run it on each machine that runs jobs: only there can a job be told dead. Places that a person or another program
    has acquired are left alone.
    """
    import attrs

    from n6gen.farm.coordinator import Coordinator
    from n6gen.farm.janitor import sweep, watch

    if every is not None and dry_run:
        raise click.UsageError("--every and --dry-run exclude each other")
    asked = Coordinator(coordinator)
    if every is not None:
        for one in watch(asked, every, stale=stale, say=out.say):
            out.say(_told(one))
        return
    found = sweep(asked, stale=stale, dry_run=dry_run)
    for one in found:
        out.show(_told(one))
    if not found:
        out.show("nothing to release")
    out.result([attrs.asdict(one) for one in found])


def _told(one: Leftover) -> str:
    return f"{one.place}: {'released' if one.released else 'would be released'}, {one.reason} ({one.holder})"
