"""Carries a plan out on a board, and believes nothing that was not read back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from n6gen.errors import BoardError, N6genError
from n6gen.flash.interrupt import Interrupts
from n6gen.flash.plan import Erase, PartitionPlan, Step, Verify, Write
from n6gen.flash.rates import Stopwatch
from n6gen.programmer.base import Target, Traits


@attrs.frozen
class Flashed:
    """What was done. `partitions` are in the order in which they were written; times in seconds."""

    partitions: tuple[PartitionPlan, ...]
    board: str
    serial: str
    programmer: str
    traits: Traits
    dry_run: bool
    seconds: float
    strategy: str = "flash"

    def as_json(self) -> dict[str, Any]:
        """The result as JSON values; addresses, offsets and sizes are numbers of bytes."""
        return {
            "partitions": [
                {
                    "name": done.partition.name,
                    "address": done.partition.address,
                    "offset": done.partition.offset,
                    "size": len(done.image),
                    "sectors": done.sectors,
                    "action": done.action,
                    "written": 0 if self.dry_run else done.written,
                    "estimated_s": round(done.seconds(self.traits), 2),
                    **({"reason": done.refused} if done.refused else {}),
                }
                for done in in_flash_order(self.partitions)
            ],
            "board": self.board,
            "serial": self.serial,
            "programmer": self.programmer,
            "strategy": self.strategy,
            "dry_run": self.dry_run,
            "verified": not self.dry_run,
            "estimated_s": round(sum(done.seconds(self.traits) for done in self.partitions), 2),
            "seconds": round(self.seconds, 2),
        }


def in_flash_order(plans: Sequence[PartitionPlan]) -> list[PartitionPlan]:
    """Plans by address, as people read them."""
    return sorted(plans, key=lambda one: one.partition.offset)


def execute(
    target: Target,
    plans: Sequence[PartitionPlan],
    on_progress: Callable[[int], None],
    watch: Stopwatch,
    interrupts: Interrupts,
    *,
    restart: bool = True,
) -> None:
    """Do the steps of every partition in turn, then `restart` the board if anything was written.

    Raises BoardError that names partition and address if the flash does not hold what was written, Stopped after
    Ctrl-C.
    """
    done = 0
    for one in plans:
        for number, step in enumerate(one.steps):
            interrupts.stop_if_asked(lambda: _state(plans, one, number))  # noqa: B023 - called here and now
            done += _do(target, one, step, watch)
            on_progress(done)
    if restart and any(one.steps for one in plans):
        with watch.measure("start"):
            target.reset()


def _do(target: Target, plan: PartitionPlan, step: Step, watch: Stopwatch) -> int:
    """One step; returns how much work it was."""
    if isinstance(step, Erase):
        with watch.measure("start"):
            target.erase(step.address)
        return 0
    if isinstance(step, Write):
        with watch.measure("write", step.size):
            target.write(step.areas)
        return step.size
    with watch.measure("read", len(step.data)):
        wrong = target.differing(step.address, step.data)
    if wrong:
        raise _mismatch(target, plan, step, wrong[0])
    return len(step.data)


def _mismatch(target: Target, plan: PartitionPlan, step: Verify, offset: int) -> BoardError:
    address, data = step.address + offset, step.data[offset : offset + target.traits.sector]
    found = b""
    # The mismatch is what counts, even where its bytes cannot be had.
    with contextlib.suppress(N6genError):
        found = target.read(address, len(data))
    at = next((i for i, (a, b) in enumerate(zip(found, data, strict=False)) if a != b), None)
    detail = "" if at is None else f": at {address + at:#010x} {data[at]:02x} was written, {found[at]:02x} is there"
    return BoardError(
        f"{plan.partition.name} does not hold what was written{detail or f' at {address:#010x}'}",
        "Cut the board's power and plug it in again, then run `n6gen flash` again.",
        "If it fails in the same place once more, the flash is worn or write-protected there.",
    )


def _state(plans: Sequence[PartitionPlan], current: PartitionPlan, number: int) -> str:
    """What is on the board when the work stops before a step of a partition."""
    before = [one.partition.name for one in plans[: plans.index(current)] if one.steps]
    after = [one.partition.name for one in plans[plans.index(current) + 1 :] if one.steps]
    name = current.partition.name
    if number:
        torn = f"{name} is incomplete"
    else:
        after = [name, *after]
        torn = ""
    parts = [
        f"{', '.join(before)} written and right" if before else "",
        torn,
        f"{', '.join(after)} not touched" if after else "",
    ]
    return f"On the board: {'; '.join(part for part in parts if part)}. `n6gen flash` finishes it."
