"""The memory plan of a network as a table: what lies where in the arena, and in which layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.compile import Arranged, arrange, without_head
from n6gen.compiler.cpu.plan import scratch_name
from n6gen.compiler.cpu.wording import describe, kind
from n6gen.model.loader import Model

#: bands: a few rows of tensors that are never there as a whole; buffers: whatever else a kernel needs while it runs.
Role = Literal["input", "output", "tensor", "bands", "buffers"]


@attrs.frozen
class Banded:
    """A tensor that a layer makes and uses up a few rows at a time: its shape as (height, width, channels), and bytes
    that it would take as a whole."""

    shape: tuple[int, int, int]
    bytes: int


@attrs.frozen
class Stretch:
    """A tensor, or what a layer needs while it runs: `bytes` at `offset`, from layer `first` to layer `last`.

    Layer -1 is the caller's writing of the input, the one behind the last the caller's reading of the output. A tensor
    whose bytes another one takes over in a layer ends before that layer; that one is `in_place_of` it. A tensor that a
    layer writes `over` another one, as it reads that, is there in the same layer.
    """

    name: str
    role: Role
    shape: tuple[int, int, int] | None
    bytes: int
    offset: int
    first: int
    last: int
    in_place_of: str | None = None
    over: str | None = None
    instead_of: tuple[Banded, ...] = ()


@attrs.frozen
class Step:
    """A layer: what it is, the bytes that are in use while it runs, whether it works a few rows at a time."""

    index: int
    name: str
    kind: str
    about: str
    bytes: int
    banded: bool


@attrs.frozen
class Timeline:
    """All stretches, in order of their first layer, and all layers.

    `peak` is the plan's size, `arena` with what kernels may read behind it; no plan needs less than `lower_bound`.
    """

    kernels: str
    peak: int
    arena: int
    lower_bound: int
    layers: tuple[Step, ...]
    stretches: tuple[Stretch, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        values = attrs.asdict(self)
        return values | {"tensors": values.pop("stretches")}


def timeline(model: Model, kernels: str) -> Timeline:
    """The memory plan of `model`, its head cut, for a kernel set; raises what compile_cpu raises."""
    return timeline_of(arrange(without_head(model)[0], kernels))


def timeline_of(arranged: Arranged) -> Timeline:
    """The memory plan of an arranged graph."""
    source, plan = arranged.program, arranged.plan
    stretches = sorted((*_tensors(arranged), *_scratches(arranged)), key=lambda found: (found.first, found.offset))
    layers = [
        Step(
            index,
            layer.name,
            kind(layer.operation),
            describe(layer.operation),
            plan.in_use(index),
            bool(_banded(layer.operation)),
        )
        for index, layer in enumerate(source.layers)
    ]
    return Timeline(
        arranged.kernels.name, plan.size, arranged.arena_bytes, plan.lower_bound, tuple(layers), tuple(stretches)
    )


def _tensors(arranged: Arranged) -> Iterator[Stretch]:
    source, plan = arranged.program, arranged.plan
    newest = {block.names[0]: block.names[-1] for block in plan.blocks}
    over = {above: newest[under] for under, above in plan.leads}
    made = {source.input: -1} | {layer.output: index for index, layer in enumerate(source.layers)}
    for block in plan.blocks:
        names = [name for name in block.names if name in made]
        for at, name in enumerate(names):
            follower = names[at + 1] if at + 1 < len(names) else None
            yield Stretch(
                name=name,
                role="input" if name == source.input else "output" if name == source.output else "tensor",
                shape=source.tensors[name].shape,
                bytes=source.tensors[name].size,
                offset=plan.offsets[name],
                first=made[name],
                last=block.last if follower is None else made[follower] - 1,
                in_place_of=names[at - 1] if at else None,
                over=over.get(name),
            )


def _scratches(arranged: Arranged) -> Iterator[Stretch]:
    for index, layer in enumerate(arranged.program.layers):
        size = arranged.packed[index].scratch if index in arranged.packed else 0
        if size:
            banded = _banded(layer.operation)
            yield Stretch(
                name=layer.name,
                role="bands" if banded else "buffers",
                shape=None,
                bytes=size,
                offset=arranged.plan.offsets[scratch_name(index)],
                first=index,
                last=index,
                instead_of=banded,
            )


def _banded(operation: program.Operation) -> tuple[Banded, ...]:
    whole = operation.banded if isinstance(operation, program.Composite) else ()
    return tuple(Banded(tensor.shape, tensor.size) for tensor in whole)
