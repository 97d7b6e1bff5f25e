"""`n6gen network`: what a compiled network needs and where it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command

if TYPE_CHECKING:
    from n6gen.compiler.stedgeai.report import NetworkReport, Pool

#: Rows of epochs that a person is shown; JSON readers get counts, the files have all.
_MOST_ROWS = 20


@click.group("network", cls=click.RichGroup)
def network() -> None:
    """Compiled networks: look into one, or into what its compiler left."""


@command("show")
@click.argument("path", metavar="DIR|FILE")
def show(out: Output, path: str) -> None:
    """Show memory, epochs and errors of a compiled network.

    Reads any file of stedgeai's (c_info, reports, logs, network.c, memory pools) or a folder of them.
    Figures that a file does not give are unknown.
    """
    from n6gen.compiler.stedgeai.read import read

    report = read(Path(path))
    if not out.for_machine:
        _show(out, report)
    out.result(report.as_json())


network.add_command(show)


def _show(out: Output, report: NetworkReport) -> None:
    from rich.table import Table

    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_column(style="bold")
    facts.add_row("what", report.kind)
    facts.add_row("tool", " ".join(word for word in (report.tool, str(report.core or report.version or "")) if word))
    facts.add_row("path", report.path)
    figures = (report.internal_ram_kib, report.external_ram_kib, report.flash_kib)
    for name, figure in zip(("internal RAM", "external RAM", "flash"), figures, strict=True):
        facts.add_row(name, "unknown" if figure is None else f"{figure:,.2f} KiB")
    if report.application_io:
        amounts = [f"{amount / 1024:,.2f} KiB" for amount in report.application_io]
        facts.add_row("application's", f"{amounts[0]} for inputs, {amounts[1]} for outputs, in no pool")
    counts = report.counts
    words = [f"{name} {'unknown' if count is None else count}" for name, count in _counted(report)]
    if any(count is not None for _, count in _counted(report)):
        blobs = f" (in {counts.blobs} epoch controller blobs)" if counts.blobs else ""
        facts.add_row("epochs", ", ".join(words) + blobs)
    out.show(facts)
    _show_pools(out, report.pools)
    _show_epochs(out, report)
    for title, lines in (("spill", report.spill), ("error", report.errors), ("note", report.notes)):
        for line in lines:
            out.show(f"{title}: {line}")


def _counted(report: NetworkReport) -> list[tuple[str, int | None]]:
    counts = report.counts
    return [("total", counts.total), ("hw", counts.hw), ("hybrid", counts.hybrid), ("sw", counts.sw)]


def _show_pools(out: Output, pools: tuple[Pool, ...]) -> None:
    from rich.table import Table

    if not pools:
        return
    table = Table("pool", "address", "used KiB", "of KiB", "holds", "where", box=None, pad_edge=False)
    for pool in pools:
        table.add_row(
            pool.name,
            "?" if pool.address is None else f"{pool.address:#010x}",
            "?" if pool.used is None else f"{pool.used / 1024:,.2f}",
            "?" if pool.size is None else f"{pool.size / 1024:,.2f}",
            ", ".join(pool.holds),
            pool.place,
        )
    out.show("", table)


def _show_epochs(out: Output, report: NetworkReport) -> None:
    from rich.table import Table

    slow = [epoch for epoch in report.epochs if epoch.kind != "hw"]
    if not slow:
        return
    table = Table("epoch", "runs in", "operators", box=None, pad_edge=False)
    for epoch in slow[:_MOST_ROWS]:
        table.add_row(epoch.name, epoch.kind, ", ".join(epoch.operators))
    out.show("", table)
    if len(slow) > _MOST_ROWS:
        out.show(f"… and {len(slow) - _MOST_ROWS} more that are not pure hardware")
