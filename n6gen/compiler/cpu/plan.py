"""Where every activation lies: one static arena, offsets fixed at compile time, memory shared by what is never alive
at the same time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import attrs

#: Bytes that every tensor's offset is a multiple of.
ALIGNMENT = 16

_ROUNDS = 400


@attrs.frozen
class Step:
    """What one layer reads and writes. `in_place`: inputs whose bytes the output may take over as it is written.

    `scratch` is a number of bytes that the layer needs while it runs.
    """

    inputs: tuple[str, ...]
    output: str
    in_place: tuple[str, ...] = ()
    scratch: int = 0


@attrs.frozen
class Block:
    """One stretch of memory: the tensors that share it, its size, and the first and last step that needs it.

    Step -1 is the caller's writing of the input; the output stays for the step behind the last.
    """

    names: tuple[str, ...]
    size: int
    first: int
    last: int

    def meets(self, other: Block) -> bool:
        """Whether both are needed in some step."""
        return self.first <= other.last and other.first <= self.last


@attrs.frozen(eq=False)
class Plan:
    """Offsets of all tensors and scratches in an arena of `size` bytes; no plan needs less than `lower_bound`."""

    blocks: tuple[Block, ...]
    offsets: Mapping[str, int]
    size: int
    lower_bound: int

    def check(self) -> None:
        """Prove that blocks needed in one step don't overlap. Raises AssertionError, which is a bug, if they do."""
        for index, block in enumerate(self.blocks):
            begin = self.offsets[block.names[0]]
            if begin < 0 or begin % ALIGNMENT or begin + block.size > self.size:
                raise AssertionError(f"{block.names}: {begin} + {block.size} of {self.size}")
            for other in self.blocks[:index]:
                low = self.offsets[other.names[0]]
                if block.meets(other) and begin < low + other.size and low < begin + block.size:
                    raise AssertionError(f"{block.names} at {begin} overlaps {other.names} at {low}")


def scratch_name(step: int) -> str:
    """What step number `step`'s scratch is called in a plan; no model that means well has such a tensor."""
    return f"\0scratch {step}"


def make_plan(sizes: Mapping[str, int], steps: Sequence[Step], source: str, output: str) -> Plan:
    """Place tensors of `sizes` bytes; `source` is there before the first step, `output` still after the last.

    Several orders of placing are tried, then changes of the best one, with a fixed seed. The result is checked.
    """
    blocks = _blocks(sizes, steps, source, output)
    bound = max(_needed(blocks, at) for at in range(-1, len(steps) + 1))
    best = min((_placed(order) for order in _orders(blocks)), key=lambda placed: placed[0])
    chance = random.Random(0)  # noqa: S311 - a search, not a secret
    for _ in range(_ROUNDS):
        if best[0] == bound:
            break
        order = list(best[1])
        for _ in range(chance.choice((1, 1, 2, 3))):
            order.insert(chance.randrange(len(order)), order.pop(chance.randrange(len(order))))
        best = min(best, _placed(order), key=lambda placed: placed[0])
    size, placed = best
    offsets = {name: offset for block, offset in placed.items() for name in block.names}
    plan = Plan(tuple(blocks), offsets, size, bound)
    plan.check()
    return plan


def _needed(blocks: Sequence[Block], at: int) -> int:
    return sum(_aligned(block.size) for block in blocks if block.first <= at <= block.last)


def _blocks(sizes: Mapping[str, int], steps: Sequence[Step], source: str, output: str) -> list[Block]:
    first = {source: -1, **{step.output: index for index, step in enumerate(steps)}}
    last = dict(first)
    for index, step in enumerate(steps):
        for name in step.inputs:
            last[name] = index
    last[output] = len(steps)
    home: dict[str, str] = {}
    for index, step in enumerate(steps):
        takers = [name for name in step.in_place if last[name] == index and sizes[name] == sizes[step.output]]
        home[step.output] = home.get(takers[0], takers[0]) if takers else step.output
    groups: dict[str, list[str]] = {source: [source]}
    for name in first:
        if name != source:
            groups.setdefault(home[name], []).append(name)
    blocks = [
        Block(tuple(names), sizes[names[0]], min(first[name] for name in names), max(last[name] for name in names))
        for names in groups.values()
    ]
    return blocks + [
        Block((scratch_name(index),), step.scratch, index, index) for index, step in enumerate(steps) if step.scratch
    ]


def _orders(blocks: Sequence[Block]) -> list[list[Block]]:
    keys: tuple[Callable[[Block], tuple[int, ...]], ...] = (
        lambda block: (-block.size, block.first),
        lambda block: (-block.size * (block.last - block.first + 1), block.first),
        lambda block: (block.first - block.last, -block.size),
        lambda block: (block.first, -block.size),
        lambda block: (-block.last, -block.size),
    )
    return [sorted(blocks, key=key) for key in keys]


def _placed(order: Sequence[Block]) -> tuple[int, Mapping[Block, int]]:
    """Put one block after another into the smallest gap that holds it, else behind all. Size, and offsets by block."""
    offsets: dict[Block, int] = {}
    for block in order:
        taken = sorted((at, at + _aligned(other.size)) for other, at in offsets.items() if block.meets(other))
        best, gap, end = None, None, 0
        for low, high in taken:
            if low - end >= block.size and (gap is None or low - end < gap):
                best, gap = end, low - end
            end = max(end, high)
        offsets[block] = end if best is None else best
    return max(at + _aligned(block.size) for block, at in offsets.items()), offsets


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
