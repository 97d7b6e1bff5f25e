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

    `scratch` is a number of bytes that the layer needs while it runs. If `lead` is given, the output may lie over the
    first input, provided that it begins `lead` bytes before it: it is then never written where the input is still read.
    """

    inputs: tuple[str, ...]
    output: str
    in_place: tuple[str, ...] = ()
    scratch: int = 0
    lead: int | None = None


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
    """Offsets of all tensors and scratches in an arena of `size` bytes; no plan needs less than `lower_bound`.

    `leads`: how many bytes before a block another one begins that may lie over it, by the first names of both.
    """

    blocks: tuple[Block, ...]
    offsets: Mapping[str, int]
    size: int
    lower_bound: int
    leads: Mapping[tuple[str, str], int] = {}

    def check(self) -> None:
        """Prove that blocks needed in one step don't overlap, but for those that may. Raises AssertionError, which is
        a bug, if they do."""
        for index, block in enumerate(self.blocks):
            begin = self.offsets[block.names[0]]
            if begin < 0 or begin % ALIGNMENT or begin + block.size > self.size:
                raise AssertionError(f"{block.names}: {begin} + {block.size} of {self.size}")
            for other in self.blocks[:index]:
                low = self.offsets[other.names[0]]
                if not block.meets(other) or begin >= low + other.size or low >= begin + block.size:
                    continue
                if low - begin not in (self._lead(other, block), -self._lead(block, other)):
                    raise AssertionError(f"{block.names} at {begin} overlaps {other.names} at {low}")

    def in_use(self, at: int) -> int:
        """Bytes that are in use in a step; those of two tensors that lie over one another count once."""
        total, end = 0, 0
        alive = [(self.offsets[block.names[0]], block.size) for block in self.blocks if block.first <= at <= block.last]
        for low, size in sorted(alive):
            total += max(0, low + size - max(low, end))
            end = max(end, low + size)
        return total

    def _lead(self, under: Block, over: Block) -> float:
        return self.leads.get((under.names[0], over.names[0]), float("nan"))


def scratch_name(step: int) -> str:
    """What step number `step`'s scratch is called in a plan; no model that means well has such a tensor."""
    return f"\0scratch {step}"


def make_plan(sizes: Mapping[str, int], steps: Sequence[Step], source: str, output: str) -> Plan:
    """Place tensors of `sizes` bytes; `source` is there before the first step, `output` still after the last.

    Several orders of placing are tried, then changes of the best one, with a fixed seed. The result is checked.
    """
    blocks = _blocks(sizes, steps, source, output)
    all_leads = _leads(blocks, steps)
    # A block that begins before the one that it lies over moves all those before it up: not always worth it.
    level = {names: lead for names, lead in all_leads.items() if lead == 0}
    bound = min(_bound(_groups(blocks, leads), len(steps)) for leads in (all_leads, level))
    plans = (_make(blocks, leads, bound) for leads in (all_leads, level))
    plan = min(plans, key=lambda made: made.size)
    plan.check()
    return plan


def _bound(groups: Sequence[_Group], steps: int) -> int:
    return max(_needed(groups, at) for at in range(-1, steps + 1))


def _make(blocks: Sequence[Block], leads: Mapping[tuple[str, str], int], bound: int) -> Plan:
    groups = _groups(blocks, leads)
    best = min((_placed(order) for order in _orders(groups)), key=lambda placed: placed[0])
    chance = random.Random(0)  # noqa: S311 - a search, not a secret
    for _ in range(_ROUNDS):
        if best[0] == bound:
            break
        order = list(best[1])
        for _ in range(chance.choice((1, 1, 2, 3))):
            order.insert(chance.randrange(len(order)), order.pop(chance.randrange(len(order))))
        best = min(best, _placed(order), key=lambda placed: placed[0])
    size, placed = best
    offsets = {
        name: base + shift for group, base in placed.items() for block, shift in group.parts for name in block.names
    }
    return Plan(tuple(blocks), offsets, size, bound, leads)


@attrs.frozen(eq=False)
class _Group:
    """Blocks that lie at fixed distances from one another: each with its own, 0 for the lowest."""

    parts: tuple[tuple[Block, int], ...]

    @property
    def size(self) -> int:
        return max(shift + _aligned(block.size) for block, shift in self.parts)

    @property
    def first(self) -> int:
        return min(block.first for block, _ in self.parts)

    @property
    def last(self) -> int:
        return max(block.last for block, _ in self.parts)


def _needed(groups: Sequence[_Group], at: int) -> int:
    """Bytes in use in a step, if each group is as small as it can be."""
    total = 0
    for group in groups:
        alive = [(block, shift) for block, shift in group.parts if block.first <= at <= block.last]
        if alive:
            low = min(shift for _, shift in alive)
            total += max(shift + _aligned(block.size) for block, shift in alive) - low
    return total


def _leads(blocks: Sequence[Block], steps: Sequence[Step]) -> dict[tuple[str, str], int]:
    """Which block may lie over which, and how far ahead: where the last step that needs one is the other's first."""
    home = {name: block for block in blocks for name in block.names}
    leads = {}
    for index, step in enumerate(steps):
        if step.lead is None:
            continue
        under, over = home[step.inputs[0]], home[step.output]
        if under is not over and under.last == over.first == index:
            leads[under.names[0], over.names[0]] = _aligned(step.lead)
    return leads


def _groups(blocks: Sequence[Block], leads: Mapping[tuple[str, str], int]) -> list[_Group]:
    """Every block is under one and over one other at most, so that groups are chains."""
    by_name = {block.names[0]: block for block in blocks}
    over = {under: (name, lead) for (under, name), lead in leads.items()}
    chained = {name for name, _ in over.values()}
    groups = []
    for block in blocks:
        if block.names[0] in chained:
            continue
        parts, name, shift = [(block, 0)], block.names[0], 0
        while name in over:
            name, lead = over[name]
            shift -= lead
            parts.append((by_name[name], shift))
        lowest = min(shift for _, shift in parts)
        groups.append(_Group(tuple((part, shift - lowest) for part, shift in parts)))
    return groups


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


def _orders(groups: Sequence[_Group]) -> list[list[_Group]]:
    keys: tuple[Callable[[_Group], tuple[int, ...]], ...] = (
        lambda group: (-group.size, group.first),
        lambda group: (-group.size * (group.last - group.first + 1), group.first),
        lambda group: (group.first - group.last, -group.size),
        lambda group: (group.first, -group.size),
        lambda group: (-group.last, -group.size),
    )
    return [sorted(groups, key=key) for key in keys]


def _placed(order: Sequence[_Group]) -> tuple[int, Mapping[_Group, int]]:
    """Put one group after another into the smallest gap that holds it, else behind all. Size, and offsets by group."""
    offsets: dict[_Group, int] = {}
    taken: list[tuple[Block, int, int]] = []
    for group in order:
        base = _gap(group, taken)
        offsets[group] = base
        for block, shift in group.parts:
            taken.append((block, base + shift, base + shift + _aligned(block.size)))
    return max(at + group.size for group, at in offsets.items()), offsets


def _gap(group: _Group, taken: Sequence[tuple[Block, int, int]]) -> int:
    """Where the group begins: no part of it lies where a block is that it meets."""
    # From where to where it must not begin: strictly between.
    forbidden = sorted(
        (low - shift - _aligned(block.size), high - shift)
        for block, shift in group.parts
        for other, low, high in taken
        if block.meets(other)
    )
    best, room, end = None, None, 0
    for low, high in forbidden:
        if low >= end and (room is None or low - end < room):
            best, room = end, low - end
        end = max(end, high)
    return end if best is None else best


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
