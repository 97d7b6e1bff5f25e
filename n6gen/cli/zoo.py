"""`n6gen zoo`: figures that others published, to set one's own beside."""

from __future__ import annotations

from typing import Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command


@click.group("zoo", cls=click.RichGroup)
def zoo() -> None:
    """Published figures of networks on the STM32N6's NPU."""


@command("ls")
@click.option("--fits-onchip", is_flag=True, help="Only networks whose activations need no external memory.")
@click.option("--fps", type=click.FloatRange(min=0), help="Only networks with at least so many inferences a second.")
@click.option("--task", metavar="TASK", help="Only networks for this task, such as semantic_segmentation.")
@click.option("--name", metavar="TEXT", help="Only networks with this in their name.")
@click.option("--seed", is_flag=True, help="Only the network that n6gen builds by default, at 256, 320 and 416.")
def ls(out: Output, fits_onchip: bool, fps: float | None, task: str | None, name: str | None, seed: bool) -> None:
    """List the model zoo's published rows, fastest first; rows that break a bound are marked.

    The publisher does not say at which clocks they were measured.
    """
    from n6gen.errors import InputError
    from n6gen.report.table import zoo_table
    from n6gen.zoo import conditions, rows, seed_rows, select

    tasks = sorted({row.task for row in rows()})
    if task is not None and task not in tasks:
        raise InputError(f"there is no task {task!r}", f"There are: {', '.join(tasks)}.")
    found = select(fits_onchip=fits_onchip, fps=fps, task=task, name=name)
    if seed:
        found = [row for row in found if row in seed_rows()]
    entries = [_values(row) for row in sorted(found, key=lambda row: row.ms)]
    out.show(zoo_table(entries))
    for entry in entries:
        for bound in entry["bounds"]:
            out.show(f"! {entry['model']} breaks a bound, {bound['found']}: {bound['says']}.")
    known = conditions()
    out.show(f"{len(entries)} of {len(rows())} rows. Clocks: {known['clocks']}. Measured: {known['network']}.")
    out.result({"conditions": dict(known), "rows": entries})


zoo.add_command(ls)


def _values(row: Any) -> dict[str, Any]:
    import attrs

    from n6gen.zoo import broken_bounds

    return {
        **attrs.asdict(row),
        "inferences_per_second": round(row.fps, 2),
        "fits_onchip": row.fits_onchip,
        "source": row.source,
        "bounds": [attrs.asdict(bound) for bound in broken_bounds(row)],
    }
