"""Which sectors to erase and write, and in which order. Pure: bytes in, steps out.

The order is such that a board that loses its power (or its writer) at any moment does not run a mixture:

* Images are written against the order in which they boot: weights, app, loader. New weights under an old app fail
  their network id, which app and loader check; the loader, which knows how to refuse, stays until all else is right.
* Within an image, the sector that makes it valid (an STM32 image's header, the trailer of the weights) is erased before
  anything else and written after everything else. In between there is no header, and nothing starts.

So a torn flash holds the old images whole, or is refused by name; the next flash reads it and completes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from n6gen.board.facts import Board, Partition

Action = Literal["unchanged", "write"]


@attrs.frozen
class Erase:
    """Set one sector to 0xFF."""

    address: int
    size: int


@attrs.frozen
class Write:
    """Program bytes into erased flash."""

    address: int
    data: bytes


Step = Erase | Write


@attrs.frozen
class PartitionPlan:
    """What to do for one partition; no steps if the board already holds the image."""

    partition: Partition
    image: bytes
    steps: tuple[Step, ...]

    @property
    def action(self) -> Action:
        """In one word."""
        return "write" if self.steps else "unchanged"

    @property
    def written(self) -> int:
        """How many bytes are programmed."""
        return sum(len(step.data) for step in self.steps if isinstance(step, Write))

    @property
    def work(self) -> int:
        """Bytes to erase, program and read back: what progress is counted in."""
        erased = sum(step.size for step in self.steps if isinstance(step, Erase))
        return erased + self.written + (len(self.image) if self.steps else 0)


def plan(
    board: Board, images: Sequence[tuple[Partition, bytes]], found: Mapping[str, bytes], *, force: bool = False
) -> list[PartitionPlan]:
    """Compare `images` with what was `found` on the board (as many bytes, by partition); in the order to write them.

    With `force` every sector is written. An image must fit its partition (`n6gen.image.partitions` checks that).
    """
    made = [
        PartitionPlan(partition, image, _steps(board, partition, image, found[partition.name], force=force))
        for partition, image in images
    ]
    return sorted(made, key=lambda one: board.partitions.index(one.partition), reverse=True)


def _steps(board: Board, partition: Partition, image: bytes, found: bytes, *, force: bool) -> tuple[Step, ...]:
    small = board.erase_small
    offsets = range(0, len(image), small)
    changed = [at for at in offsets if force or image[at : at + small] != found[at : at + small]]
    key = offsets[0] if partition.image == "stm32" else offsets[-1]
    areas = _merge(changed, partition.size, small, board.erase_large)
    # A stable sort: the area that holds the key sector comes first, the others stay in the order of addresses.
    areas.sort(key=lambda area: not area[0] <= key < area[0] + area[1])
    steps: list[Step] = []
    for start, size in areas:
        steps.append(Erase(partition.address + start, size))
        pieces = [(start, key), (key + small, start + size)] if start <= key < start + size else [(start, start + size)]
        steps += [Write(partition.address + a, image[a:b]) for a, b in pieces if image[a:b]]
    if key in changed:
        steps.append(Write(partition.address + key, image[key : key + small]))
    return tuple(steps)


def _merge(changed: Sequence[int], limit: int, small: int, large: int) -> list[tuple[int, int]]:
    """Sectors, as (offset, size): one large block instead of small ones where all of it changes."""
    blocks: dict[int, list[int]] = {}
    for at in changed:
        blocks.setdefault(at // large * large, []).append(at)
    areas: list[tuple[int, int]] = []
    for block, inside in blocks.items():
        whole = len(inside) == large // small and block + large <= limit
        areas += [(block, large)] if whole else [(at, small) for at in inside]
    return areas
