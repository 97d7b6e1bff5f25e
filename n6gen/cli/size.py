"""`n6gen size`: who uses which memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from n6gen.size.use import Sizes


@command("size")
@setting("build")
@click.option("--svg", metavar="FILE", help="Also draw the memory map into FILE.")
@click.option("--diff", metavar="OLD", help="Show what changed since the build in the folder OLD.")
def size(out: Output, build: str, svg: str | None, diff: str | None) -> None:
    """Show what a build takes of each region and partition, and who takes it."""
    from n6gen.size.use import differences, sizes_of

    sizes = sizes_of(Path(build))
    changed = differences(sizes_of(Path(diff)), sizes) if diff is not None else None
    if svg is not None:
        from n6gen.size.picture import svg as draw
        from n6gen.tools.files import write_if_changed

        write_if_changed(Path(svg), draw(sizes))
        out.say(f"memory map: {svg}")
    if not out.for_machine:
        _show(out, sizes)
        if changed is not None:
            _show_changes(out, changed)
    result = sizes.as_json()
    if changed is not None:
        result["changes"] = [{"room": r, "owner": o, "before": was, "now": now} for r, o, was, now in changed]
    out.result(result)


def _show(out: Output, sizes: Sizes) -> None:
    from rich.table import Table

    from n6gen.size.picture import share

    table = Table("memory", "region", "address", box=None, header_style="bold", pad_edge=False)
    for column in ("used", "of", ""):
        table.add_column(column, justify="right")
    table.add_column("by")
    for room in sizes.rooms:
        owners = dict.fromkeys(use.owner for use in room.uses)
        sums = {owner: sum(use.size for use in room.uses if use.owner == owner) for owner in owners}
        by = ", ".join(f"{owner} {taken:,}" if len(sums) > 1 else owner for owner, taken in sums.items())
        table.add_row(
            room.memory,
            room.name,
            f"{room.base:#010x}",
            f"{room.used:,}",
            f"{room.size:,}",
            share(room.used, room.size),
            by,
        )
    out.show(table)


def _show_changes(out: Output, changed: list[tuple[str, str, int, int]]) -> None:
    from rich.table import Table

    if not changed:
        out.show("nothing takes more or less than before")
        return
    table = Table("changed", "by", box=None, header_style="bold", pad_edge=False)
    for column in ("before", "now", "difference"):
        table.add_column(column, justify="right")
    for room, owner, before, now in changed:
        table.add_row(room, owner, f"{before:,}", f"{now:,}", f"{now - before:+,}")
    out.show("", table)
