"""One flash from the build to the board: which board, what it holds, the plan, the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from n6gen.board.facts import Board, Partition
from n6gen.errors import InputError
from n6gen.flash.execute import Flashed, execute
from n6gen.flash.interrupt import Interrupts, deferred
from n6gen.flash.plan import PartitionPlan, plan
from n6gen.flash.rates import Stopwatch, keep_rates, known_rates
from n6gen.flash.refuse import reasons
from n6gen.image.partitions import read_build
from n6gen.programmer.base import Access, Identity, Programmer, Target, Traits
from n6gen.programmer.guard import Guarded
from n6gen.programmer.messages import other_board
from n6gen.programmer.registry import Paths, choose

Images = list[tuple[Partition, bytes]]


def ignore(*_: object) -> None:
    """Tell nobody."""


@attrs.frozen
class Selection:
    """Which board, and how to reach it; None where the build, or what is there, decides."""

    board: str | None = None
    programmer: str | None = None
    paths: Paths | None = None
    access: Access = attrs.field(factory=Access)


def flash(
    build: Path,
    serial: str | None = None,
    *,
    selection: Selection | None = None,
    only: Sequence[str] = (),
    force: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Sequence[PartitionPlan], Traits], None] = ignore,
    on_progress: Callable[[int], None] = ignore,
) -> Flashed:
    """Bring a build onto a board: only sectors that differ are erased and written (`force`: all), then read back.

    `only` names the partitions to look at; all by default. `on_plan` gets the plan before anything is erased;
    `on_progress` gets the bytes worked through, of the plan's `work`. Raises InputError for a build that cannot be
    used, or that is for another board than `selection` or the one that is there, and for an image that must not be
    written to it; BoardError if no board or several fit, it is in use, or it does not hold what was written;
    MissingToolError if nothing here can program it; Stopped, between two steps, after Ctrl-C.
    """
    selection = selection or Selection()
    board, images = read_build(build)
    chosen = _only(images, only)
    programmer, serial = choose_for(board, build, serial, selection)
    watch = Stopwatch()
    with programmer.open(serial, board, selection.access) as reached, deferred(selection.access.say) as interrupts:
        target = Guarded(reached, board)
        with watch.measure("start"):
            identity = identify(target, board)
        refused = reasons(target, identity, images, chosen, force=force)
        differing = compare(target, chosen, watch, interrupts)
        traits = with_known_rates(target, programmer, identity)
        plans = plan(board, chosen, differing, traits, force=force, refused=refused)
        on_plan(plans, traits)
        if not dry_run:
            for name, reason in refused.items():
                raise InputError(f"{name} must not be written to {identity.serial}: {reason}")
            execute(target, plans, on_progress, watch, interrupts)
            keep_rates(programmer.name, identity.serial, watch.rates(traits.rates))
    return Flashed(tuple(plans), board.name, identity.serial, programmer.name, traits, dry_run, watch.seconds)


def choose_for(board: Board, build: Path, serial: str | None, selection: Selection) -> tuple[Programmer, str]:
    """The programmer and the board for a build that is for `board`; InputError if another board is asked for."""
    if selection.board not in {board.name, None}:
        raise InputError(
            f"the build in {build} is for {board.name}, not for {selection.board}",
            f"n6gen build --board {selection.board}",
        )
    return choose(board, serial, programmer=selection.programmer, paths=selection.paths)


def identify(target: Target, board: Board) -> Identity:
    """Which board is held; InputError if it is another one than `board`."""
    identity = target.identify()
    if identity.board not in {board.name, None}:
        raise other_board(board, identity.serial, identity.board or "?")
    return identity


def compare(target: Target, images: Images, watch: Stopwatch, interrupts: Interrupts) -> dict[str, list[int]]:
    """Which sectors of which image the board does not hold."""
    differing = {}
    for partition, image in images:
        interrupts.stop_if_asked(lambda: "Nothing was written.")
        with watch.measure("read", len(image)):
            differing[partition.name] = target.differing(partition.address, image)
    return differing


def with_known_rates(target: Target, programmer: Programmer, identity: Identity) -> Traits:
    """The target's traits with the rates that were measured with this probe, if any were."""
    traits = target.traits
    return attrs.evolve(traits, rates=known_rates(programmer.name, identity.serial, traits.rates))


def _only(images: Images, names: Sequence[str]) -> Images:
    known = [partition.name for partition, _ in images]
    for name in names:
        if name not in known:
            raise InputError(f"the build has no partition {name!r}", f"Its partitions: {', '.join(known)}.")
    return [one for one in images if not names or one[0].name in names]
