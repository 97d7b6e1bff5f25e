"""Which sectors to erase and write, and in which order. Pure: bytes in, steps out.

The order is such that a board that loses its power (or its writer) at any moment does not run a mixture:

* Images are written against the order in which they boot: weights, app, loader. New weights under an old app fail
  their network id, which app and loader check; the loader, which knows how to refuse, stays until all else is right.
* Within an image, the sector that makes it valid (an STM32 image's header, the trailer of the weights) is erased before
  anything else is programmed, and written after everything else was written and verified. In between there is no
  header, and nothing starts; and where there is one, what it stands for was right.

So a torn flash holds the old images whole, or is refused by name; the next flash reads it and completes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import attrs

from n6gen.board.facts import Board, Partition
from n6gen.programmer.base import Area, Traits

Action = Literal["unchanged", "write", "refuse"]


@attrs.frozen
class Erase:
    """Set the sector at an address to 0xFF."""

    address: int


@attrs.frozen
class Write:
    """Erase the sectors of some areas and program them, in one call."""

    areas: tuple[Area, ...]

    @property
    def size(self) -> int:
        """Bytes that are programmed."""
        return sum(len(area.data) for area in self.areas)


@attrs.frozen
class Verify:
    """Read a part of the flash, which must hold `data`."""

    address: int
    data: bytes


Step = Erase | Write | Verify


@attrs.frozen
class PartitionPlan:
    """What to do for one partition: no steps if the board already holds the image, or if it is refused."""

    partition: Partition
    image: bytes
    steps: tuple[Step, ...] = ()
    #: How many sectors are erased, of the size that the programmer erases at once.
    sectors: int = 0
    #: Why this image must not be written.
    refused: str | None = None

    @property
    def action(self) -> Action:
        """In one word."""
        return "refuse" if self.refused else "write" if self.steps else "unchanged"

    @property
    def written(self) -> int:
        """How many bytes are programmed."""
        return sum(step.size for step in self.steps if isinstance(step, Write))

    @property
    def work(self) -> int:
        """Bytes to program and to read back: what progress is counted in."""
        return self.written + sum(len(step.data) for step in self.steps if isinstance(step, Verify))

    def seconds(self, traits: Traits) -> float:
        """What the steps should take, at the rates of `traits`."""
        rates = traits.rates
        read = sum(len(step.data) for step in self.steps if isinstance(step, Verify))
        return len(self.steps) * rates.start_s + self.written / 1024 * rates.write_s + read / 1024 * rates.read_s


def plan(
    board: Board,
    images: Sequence[tuple[Partition, bytes]],
    differing: Mapping[str, Collection[int]],
    traits: Traits,
    *,
    force: bool = False,
    refused: Mapping[str, str] | None = None,
) -> list[PartitionPlan]:
    """What to do so that the board holds `images`, in the order to do it.

    `differing` has, by partition, the offsets of the sectors that the board does not hold; with `force` all are
    written. `refused` has reasons, by partition, why an image must not be written. An image must fit its partition
    (`n6gen.image.partitions` checks that).
    """
    made = []
    for partition, image in images:
        if refused and partition.name in refused:
            made.append(PartitionPlan(partition, image, refused=refused[partition.name]))
            continue
        every = range(0, len(image), traits.sector)
        changed = [at for at in every if force or at in differing[partition.name]]
        made.append(PartitionPlan(partition, image, tuple(_steps(partition, image, changed, traits)), len(changed)))
    return sorted(made, key=lambda one: board.partitions.index(one.partition), reverse=True)


def _steps(partition: Partition, image: bytes, changed: Sequence[int], traits: Traits) -> Iterator[Step]:
    key = 0 if partition.image == "stm32" else (len(image) - 1) // traits.sector * traits.sector
    body = list(_merge([at for at in changed if at != key], image, traits.sector, 0))
    # Calls cost time: the first one can erase the key too where that comes first in any order.
    first: tuple[Area, ...] = ()
    if body and key in changed:
        if key == 0:
            first = (Area(partition.address, b""),)
        else:
            yield Erase(partition.address + key)
    for areas in _batches(body, traits.piece):
        yield Write((*first, *(Area(partition.address + a, image[a:b]) for a, b in areas)))
        first = ()
    if key not in changed or not traits.verifies:
        yield from _verify(partition, image, [at for at in changed if at != key], traits)
    if key in changed:
        yield Write((Area(partition.address + key, image[key : key + traits.sector]),))
        yield from _verify(partition, image, changed if traits.verifies else [key], traits)


def _verify(partition: Partition, image: bytes, changed: Sequence[int], traits: Traits) -> Iterator[Verify]:
    # Rather read a little more than call once more.
    gap = int(traits.rates.start_s / traits.rates.read_s * 1024) if traits.rates.read_s else 0
    for a, b in _merge(changed, image, traits.sector, gap):
        yield Verify(partition.address + a, image[a:b])


def _merge(offsets: Iterable[int], image: bytes, sector: int, gap: int) -> Iterator[tuple[int, int]]:
    """Ranges of an image (first, behind the last) made of sectors; those at most `gap` bytes apart become one."""
    run: tuple[int, int] | None = None
    for at in offsets:
        end = min(at + sector, len(image))
        if run and at - run[1] <= gap:
            run = run[0], end
            continue
        if run:
            yield run
        run = at, end
    if run:
        yield run


def _batches(runs: Iterable[tuple[int, int]], piece: int) -> Iterator[list[tuple[int, int]]]:
    """What goes into one call: at most `piece` bytes, cut where offsets are multiples of it."""
    batch: list[tuple[int, int]] = []
    left = piece
    for start, end in runs:
        at = start
        while at < end:
            stop = min(end, at - at % piece + piece)
            if stop - at > left:
                yield batch
                batch, left = [], piece
            batch.append((at, stop))
            left -= stop - at
            at = stop
    if batch:
        yield batch
