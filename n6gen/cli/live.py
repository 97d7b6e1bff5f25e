"""`n6gen live`: watch a board segment frame after frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from rich.console import RenderableType

    from n6gen.measure.live import View

#: A generated scene repeats after so many frames.
_LOOP = 24


@command("live")
@setting("build")
@setting("sn")
@click.option("--frames", "first_frames", multiple=True, metavar="PATH…", help="Pictures, or folders of them, in turn.")
@click.argument("more_frames", nargs=-1, metavar="")
@click.option("--count", type=click.IntRange(min=1), help="End after so many frames; else Ctrl-C ends it.")
@click.option("--timeout", type=float, default=60.0, show_default="60", help="Seconds that one inference may take.")
def live(
    out: Output,
    build: str,
    sn: str | None,
    first_frames: tuple[str, ...],
    more_frames: tuple[str, ...],
    count: int | None,
    timeout: float,
) -> None:
    """Show camera, mask and stage costs of a running board, at the board's own pace, until Ctrl-C."""
    from n6gen.board import load_board
    from n6gen.emulator.instance import open_instance
    from n6gen.image.manifest import read_manifest
    from n6gen.measure.frames import find_pictures, frames_for
    from n6gen.measure.live import watch
    from n6gen.programmer.registry import choose

    folder = Path(build)
    pictures = find_pictures([Path(path) for path in (*first_frames, *more_frames)])
    manifest = read_manifest(folder)
    manifest.check_mask(folder)
    instance = open_instance(choose(load_board(manifest.board), sn)[1])
    frames = itertools.islice(itertools.cycle(frames_for(pictures, _LOOP, manifest.model["height"])), count)
    views = watch(instance, folder, manifest, frames, timeout=timeout)
    seen = (
        _watch_on_terminal(out, views) if out.out.is_terminal and not out.for_machine else _watch_as_lines(out, views)
    )
    out.result({"frames": seen})


def _watch_as_lines(out: Output, views: Iterator[View]) -> list[dict[str, Any]]:
    seen = []
    try:
        for view in views:
            costs = "  ".join(f"{name} {cost:,}" for name, cost in view.cost.items())
            out.show(f"{view.index:5d} {view.name}: {_share(view):.1%} marked  {costs} instructions")
            seen.append({"name": view.name, "marked": _share(view), "cost": dict(view.cost)})
    except KeyboardInterrupt:
        out.say("stopped")
    return seen


def _watch_on_terminal(out: Output, views: Iterator[View]) -> list[dict[str, Any]]:
    from rich.live import Live

    seen = []
    with Live(console=out.out, auto_refresh=False, screen=True, transient=True) as screen:
        try:
            for view in views:
                screen.update(_page(view, out.out.width, out.out.height), refresh=True)
                seen.append({"name": view.name, "marked": _share(view), "cost": dict(view.cost)})
        except KeyboardInterrupt:
            pass
    out.show(f"{len(seen)} frames watched")
    return seen


def _page(view: View, columns: int, lines: int) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    from n6gen.report.terminal import half_blocks

    table = Table("stage", box=None, header_style="bold", expand=False)
    table.add_column("instructions (emulated)", justify="right")
    for name, cost in view.cost.items():
        table.add_row(name, f"{cost:,}")
    # Rows below the picture: the table, the line under it, and a margin.
    room = lines - len(view.cost) - 5
    ratio = view.picture.width / view.picture.height
    footer = f"frame {view.index} ({view.name}), {_share(view):.1%} marked · Ctrl-C ends"
    return Group(half_blocks(view.picture, min(columns, round(2 * room * ratio))), table, footer)


def _share(view: View) -> float:
    return float((view.mask > 0).mean())
