"""Branches: convolutions of one image that are joined and read by a 1x1 convolution, a few rows at a time, so that what
they make is never there as a whole. See kernel_mve_branches in templates/kernels/mve/mve.h."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import gcd

import attrs

from n6gen.compiler.cpu.composite import Branch, Branches, PixelConv
from n6gen.compiler.cpu.packed import kind_of, round_up
from n6gen.compiler.cpu.program import Conv, Join, Layer, Place, Program
from n6gen.model.ir import Tensor

#: KERNEL_MVE_BRANCHES of mve.h.
_MOST = 8
#: Pixels that are multiplied at a time.
_GROUP = 4
#: Inputs of a pixel lie as they are multiplied if their number is a multiple of this.
_STEP = 4
#: Four pixels' outputs are told apart by 16 bits.
_MAX_CHANNELS = 0xFFFF // 3
_ALIGNMENT = 16


@attrs.frozen
class Scratch:
    """Where the parts of the kernel's scratch begin, the depthwise convolutions' last; `size` in bytes."""

    joined: int
    reduced: int
    looked_up: int
    depthwise: tuple[int, ...]
    size: int


def join_branches(program: Program) -> Program:
    """Make one operation of each concatenation whose inputs, and whose one reader, are convolutions that can be."""
    readers = Counter(name for layer in program.layers for name in layer.inputs)
    readers[program.output] += 1
    makers = {layer.output: layer for layer in program.layers}
    for last in program.layers:
        join = makers.get(last.inputs[0])
        if join is not None and readers[join.output] == 1:
            found = _found(program, join, last, makers, readers)
            if found is not None:
                return join_branches(_replaced(program, found, join, last))
    return program


def scratch_of(branches: Branches, pixel: int, depthwise: Mapping[int, int]) -> Scratch:
    """The scratch of a layer whose pixel needs `pixel` bytes, and its depthwise convolutions as many as are given by
    their branches' numbers."""
    width = branches.joined.width * branches.rows
    reduced = max((each.reduced.channels for each in branches.branches if each.reduced), default=0)
    looked_up = max((each.out.channels for each in branches.branches if each.table), default=0)
    begins, at = [], round_up(pixel, _ALIGNMENT)
    for channels in (branches.joined.channels, reduced, looked_up):
        begins.append(at)
        at += round_up(width * channels, _ALIGNMENT)
    places = []
    for number in range(len(branches.branches)):
        places.append(at)
        at += round_up(depthwise.get(number, 0), _ALIGNMENT)
    # What multiplies reads up to 15 bytes more.
    return Scratch(begins[0], begins[1], begins[2], tuple(places), at + _ALIGNMENT)


@attrs.frozen(eq=False)
class _Found:
    source: str
    branches: tuple[Branch, ...]
    gone: frozenset[str]


def _found(
    program: Program, join: Layer, last: Layer, makers: Mapping[str, Layer], readers: Mapping[str, int]
) -> _Found | None:
    if not isinstance(join.operation, Join) or not _is_last(last) or not 2 <= len(join.inputs) <= _MOST:
        return None
    joined = program.tensors[join.output]
    if join.operation.fill is not None or joined.channels % _STEP or joined.channels > _MAX_CHANNELS:
        return None
    sources, branches, gone = set(), [], {join.output}
    for name, place in zip(join.inputs, join.operation.places, strict=True):
        layers = _chain(name, makers, readers)
        branch = _branch(program, layers, place) if layers else None
        if branch is None:
            return None
        sources.add(layers[0].inputs[0])
        gone |= {layer.output for layer in layers}
        branches.append(branch)
    if len(sources) != 1:
        return None
    return _Found(sources.pop(), tuple(branches), frozenset(gone))


def _chain(name: str, makers: Mapping[str, Layer], readers: Mapping[str, int]) -> list[Layer]:
    """The convolutions that make `name`, first one first; none if something else does, or if it is read elsewhere."""
    layer = makers.get(name)
    if layer is None or readers[name] != 1 or not isinstance(layer.operation, Conv):
        return []
    front = makers.get(layer.inputs[0])
    is_pair = (
        front is not None
        and readers[front.output] == 1
        and isinstance(front.operation, Conv)
        and kind_of(front.operation) == "depthwise"
    )
    return [front, layer] if front is not None and is_pair else [layer]


def _branch(program: Program, layers: list[Layer], place: Place) -> Branch | None:
    pointwise = layers[-1].operation
    front = layers[0].operation if len(layers) > 1 else None
    reduced = program.tensors[layers[0].output] if len(layers) > 1 else None
    source, out = program.tensors[layers[0].inputs[0]], program.tensors[layers[-1].output]
    if not isinstance(pointwise, Conv) or not _is_pointwise(pointwise) or (place.top, place.left) != (0, 0):
        return None
    if isinstance(front, Conv) and (
        front.strides != (1, 1) or (source.height, source.width) != (out.height, out.width)
    ):
        return None
    return Branch(front if isinstance(front, Conv) else None, reduced, pointwise, out, place.channel, place.table)


def _is_last(layer: Layer) -> bool:
    operation = layer.operation
    conv = operation.conv if isinstance(operation, PixelConv) else operation
    return isinstance(conv, Conv) and _is_pointwise(conv)


def _is_pointwise(conv: Conv) -> bool:
    return kind_of(conv) == "pointwise" and conv.weights[0].size % _STEP == 0 and len(conv.bias) <= _MAX_CHANNELS


def _replaced(program: Program, found: _Found, join: Layer, last: Layer) -> Program:
    joined = program.tensors[join.output]
    assert isinstance(last.operation, Conv | PixelConv)  # noqa: S101 - _is_last saw to it
    rows = min(_GROUP // gcd(joined.width, _GROUP), joined.height)
    operation = Branches(found.branches, joined, last.operation, rows)
    first = found.branches[0]
    layer = Layer(f"{first.out.name} ... {last.name}", operation, (found.source, *last.inputs[1:]), last.output)
    layers = tuple(layer if each is last else each for each in program.layers if each.output not in found.gone)
    tensors: dict[str, Tensor] = {name: each for name, each in program.tensors.items() if name not in found.gone}
    return attrs.evolve(program, layers=layers, tensors=tensors)
