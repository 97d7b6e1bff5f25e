"""The boot strategy `ram`: the app runs from RAM, the flash holds the weights only, nobody moves a switch.

The weights are the slow part and seldom change. Whether the board holds them is told by their trailer alone: it is
written last, after they were verified, and the app itself checks every byte of them before it uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from n6gen.app.elf import VECTORS_OFFSET, read_elf
from n6gen.board.facts import Board
from n6gen.errors import InputError
from n6gen.flash.execute import Flashed, execute
from n6gen.flash.interrupt import deferred
from n6gen.flash.plan import PartitionPlan, plan
from n6gen.flash.rates import Stopwatch, keep_rates
from n6gen.flash.session import Selection, choose_for, compare, identify, ignore, with_known_rates
from n6gen.image.manifest import read_manifest
from n6gen.image.partitions import read_build
from n6gen.image.weights import TRAILER_SIZE
from n6gen.programmer.base import RamProgram, Traits
from n6gen.programmer.guard import Guarded
from n6gen.tools.files import sha256_file

ELF = "app.elf"


def run_from_ram(
    build: Path,
    serial: str | None = None,
    *,
    selection: Selection | None = None,
    force: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Sequence[PartitionPlan], Traits], None] = ignore,
    on_progress: Callable[[int], None] = ignore,
) -> Flashed:
    """Write a build's weights if the board holds others (`force`: always), load its app into RAM and run it.

    Raises what `n6gen.flash.session.flash` raises; InputError for a board that cannot do that or an ELF file that is
    not the one that was built or not for RAM; MissingToolError without a gdb or a gdb server; BoardError if the
    program cannot be loaded or started.
    """
    selection = selection or Selection()
    board, images = read_build(build)
    program = ram_program(build, board)
    weights = [(partition, data) for partition, data in images if partition.image == "weights"]
    programmer, serial = choose_for(board, build, serial, selection)
    watch = Stopwatch()
    with programmer.open(serial, board, selection.access) as reached, deferred(selection.access.say) as interrupts:
        target = Guarded(reached, board)
        run = target.runner()
        with watch.measure("start"):
            identity = identify(target, board)
        stale = [
            (partition, data)
            for partition, data in weights
            if target.differing(partition.address + len(data) - TRAILER_SIZE, data[-TRAILER_SIZE:])
        ]
        differing: dict[str, list[int]] = {partition.name: [] for partition, _ in weights}
        differing |= compare(target, stale, watch, interrupts)
        traits = with_known_rates(target, programmer, identity)
        plans = plan(board, weights, differing, traits, force=force)
        on_plan(plans, traits)
        if not dry_run:
            execute(target, plans, on_progress, watch, interrupts, restart=False)
            keep_rates(programmer.name, identity.serial, watch.rates(traits.rates))
            interrupts.stop_if_asked(lambda: "On the board: the weights are right; the app was not loaded.")
            run(program)
    return Flashed(
        tuple(plans), board.name, identity.serial, programmer.name, traits, dry_run, watch.seconds, strategy="ram"
    )


def ram_program(build: Path, board: Board) -> RamProgram:
    """The program of a build, checked: it is the one that was built, and all of it lies in RAM."""
    elf = build / ELF
    expected = read_manifest(build).files.get(ELF)
    if not elf.is_file() or sha256_file(elf) != expected:
        raise InputError(f"{elf} is not the file that was built", "Run 'n6gen build' again.")
    nor = board.nor
    for section in read_elf(elf).sections:
        if not section.zero and section.end > nor.base and section.address < nor.end:
            raise InputError(f"{elf}: {section.name} at {section.address:#010x} is in the flash, not in RAM")
    return RamProgram(elf, board.regions["app"].base + VECTORS_OFFSET)
