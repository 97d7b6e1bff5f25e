"""Carries a plan out on a board, and believes nothing that was not read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import BoardError, InputError
from n6gen.flash.plan import Erase, PartitionPlan, plan
from n6gen.image.partitions import read_build
from n6gen.programmer.base import Target
from n6gen.programmer.registry import choose


@attrs.frozen
class Flashed:
    """What was done. `partitions` are in the order in which they were written."""

    partitions: tuple[PartitionPlan, ...]
    board: str
    serial: str
    programmer: str
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """The result as JSON values; addresses, offsets and sizes are numbers of bytes."""
        return {
            "partitions": [
                {
                    "name": done.partition.name,
                    "address": done.partition.address,
                    "offset": done.partition.offset,
                    "size": len(done.image),
                    "action": done.action,
                    "written": 0 if self.dry_run else done.written,
                }
                for done in sorted(self.partitions, key=lambda done: done.partition.offset)
            ],
            "board": self.board,
            "serial": self.serial,
            "programmer": self.programmer,
            "dry_run": self.dry_run,
            "verified": not self.dry_run,
        }


def _ignore(_: object) -> None:
    pass


def flash(
    build: Path,
    serial: str | None = None,
    *,
    board: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Sequence[PartitionPlan]], None] = _ignore,
    on_progress: Callable[[int], None] = _ignore,
) -> Flashed:
    """Bring a build onto a board: only sectors that differ are erased and written (`force`: all), then read back.

    `on_plan` gets the plan before anything is erased; `on_progress` gets the bytes worked through, of the plan's
    `work`. Raises InputError for a build that cannot be used, or that is for another board than `board` or the one
    that is there; BoardError if no board or several fit, it is in use, or it does not hold what was written.
    """
    facts, images = read_build(build)
    if board not in {facts.name, None}:
        raise InputError(f"the build in {build} is for {facts.name}, not for {board}", f"n6gen build --board {board}")
    programmer, serial = choose(facts, serial)
    with programmer.open(serial) as target:
        identity = target.identify()
        if identity.board not in {facts.name, None}:
            raise InputError(
                f"the build in {build} is for {facts.name}, {identity.serial} is a {identity.board}",
                f"Build for it: n6gen build --board {identity.board}",
            )
        found = {partition.name: target.read(partition.address, len(image)) for partition, image in images}
        plans = plan(facts, images, found, force=force)
        on_plan(plans)
        if not dry_run:
            execute(target, plans, on_progress)
    return Flashed(tuple(plans), facts.name, identity.serial, programmer.name, dry_run)


def execute(target: Target, plans: Sequence[PartitionPlan], on_progress: Callable[[int], None]) -> None:
    """Do the steps of every partition in turn, verify each, then restart the board if anything was written.

    Raises BoardError that names partition and address if the flash does not hold what was written.
    """
    done = 0
    for one in plans:
        for step in one.steps:
            if isinstance(step, Erase):
                target.erase(step.address, step.size)
                done += step.size
            else:
                target.write(step.address, step.data)
                done += len(step.data)
            on_progress(done)
        if one.steps:
            _verify(target, one)
            done += len(one.image)
            on_progress(done)
    if any(one.steps for one in plans):
        target.reset()


def _verify(target: Target, done: PartitionPlan) -> None:
    found = target.read(done.partition.address, len(done.image))
    if found == done.image:
        return
    at = next((i for i, (a, b) in enumerate(zip(found, done.image, strict=False)) if a != b), len(found))
    shown = f"{found[at]:02x}" if at < len(found) else "nothing"
    raise BoardError(
        f"{done.partition.name} does not hold what was written: at {done.partition.address + at:#010x} "
        f"{done.image[at]:02x} was written, {shown} is there",
        "Run `n6gen flash --force`; if that fails in the same place, the flash is worn or write-protected there.",
    )
