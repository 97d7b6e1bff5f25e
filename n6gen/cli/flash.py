"""`n6gen flash`: write a build to a board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from n6gen.flash.execute import Flashed
    from n6gen.flash.plan import PartitionPlan
    from n6gen.programmer.base import Traits

#: How long `--wait` waits, in seconds, if it does not say.
_WAIT_S = 600.0
#: How long a board's hello is waited for, in seconds: while somebody moves its switches, and of a program in RAM.
_BOOT_S = {"flash": 120.0, "ram": 30.0}


@command("flash")
@setting("build")
@setting("sn")
@click.option("--board", metavar="NAME", help="The board that the build must be for; by default whichever it is for.")
@setting("programmer")
@setting("cubeprogrammer")
@setting("probe_rs")
@click.option(
    "--strategy",
    type=click.Choice(("flash", "ram")),
    default="flash",
    show_default="flash",
    help="flash: everything into the flash. ram: only the weights; the app runs from RAM, no switch is moved.",
)
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
@click.option("--port", metavar="PORT", help="The board's link: a device or a URL; by default that of its probe.")
@click.option(
    "--boot-timeout",
    type=float,
    metavar="SECONDS",
    help="How long to wait for the board to say that it runs the build; 0: not at all.",
)
def flash(
    out: Output,
    build: str,
    sn: str | None,
    board: str | None,
    programmer: str | None,
    cubeprogrammer: str | None,
    probe_rs: str | None,
    strategy: str,
    only: tuple[str, ...],
    dry_run: bool,
    force: bool,
    wait: float | None,
    port: str | None,
    boot_timeout: float | None,
) -> None:
    """Write a build to a board: only the sectors that differ, then read back and compared."""
    from n6gen.flash.interrupt import Stopped
    from n6gen.flash.ram import run_from_ram
    from n6gen.flash.session import Selection
    from n6gen.flash.session import flash as write
    from n6gen.programmer.base import Access
    from n6gen.programmer.registry import tool_paths
    from n6gen.tools.hold import PATIENCE_S

    if only and strategy == "ram":
        raise click.UsageError("--only and --strategy ram exclude each other: ram writes the weights only")
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

        how: dict[str, Any] = {
            "selection": selection,
            "force": force,
            "dry_run": dry_run,
            "on_plan": begin,
            "on_progress": lambda done: report(done),
        }
        try:
            if strategy == "ram":
                result = run_from_ram(Path(build), sn, **how)
            else:
                result = write(Path(build), sn, only=only, **how)
        except Stopped as stopped:
            out.say(stopped.state)
            raise
    _show(out, result)
    after = {} if dry_run else _after(out, result, Path(build), port, boot_timeout)
    out.result(result.as_json() | after)


def _after(out: Output, result: Flashed, build: Path, port: str | None, timeout: float | None) -> dict[str, Any]:
    """Say the next step by hand, if there is one, and wait for the board to say that it runs the build."""
    from n6gen.board.facts import load_board
    from n6gen.errors import BoardError
    from n6gen.flash.boot import wait_for_app
    from n6gen.image.manifest import read_manifest
    from n6gen.programmer.facts import start
    from n6gen.programmer.usb import port_of

    in_ram = result.strategy == "ram"
    step = None if in_ram else start(load_board(result.board))
    if step:
        out.show(f"Next: {step}")
    if timeout is None:
        # Nobody moves switches where nobody watches.
        timeout = _BOOT_S[result.strategy] if in_ram or (step and out.err.is_terminal) else 0.0
    manifest = read_manifest(build)
    link = port or port_of(result.serial)
    hello = (
        wait_for_app(manifest, lambda: port or port_of(result.serial), timeout=timeout) if link and timeout else None
    )
    running = None if not link or not timeout else hello is not None
    if hello is not None:
        out.show(f"{result.serial}: runs this build ({hello.build[:12]}…)")
    elif running is False and in_ram:
        raise BoardError(f"{result.serial}: the app was loaded, but says no hello on {link} within {timeout:g} s")
    elif running is False:
        out.say(f"no hello on {link} within {timeout:g} s: are the switches set, and was the power off?")
    return {"next": step, "running": running}


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
    proven = (
        "the app was loaded and started" if result.strategy == "ram" else "every partition was read back and is right"
    )
    out.show(f"{result.serial}: {proven}")
    if written:
        estimated = result.as_json()["estimated_s"]
        out.show(f"{written} B written; {result.seconds:.1f} s in all, {estimated:.1f} s estimated for writing")
