"""A pooled branch: one pixel, repeated over the image, joined with others and read by a 1x1 convolution.

Its share of every sum is the same, so it is worked out once and becomes part of the bias. Sums of integers may be added
in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs
import numpy as np

from n6gen.compiler.cpu.composite import PixelConv
from n6gen.compiler.cpu.packed import kind_of
from n6gen.compiler.cpu.program import Conv, Join, Layer, Part, Place, Program, Repeat
from n6gen.model.ir import Tensor

#: Of a pixel's inputs, in bytes; see kernel_mve_pixel.
_ALIGNMENT = 4


def fold(program: Program) -> Program:
    """Take what is repeated out of each concatenation that only a 1x1 convolution reads."""
    readers = Counter(name for layer in program.layers for name in layer.inputs)
    readers[program.output] += 1
    makers = {layer.output: layer for layer in program.layers}
    for conv in program.layers:
        join = makers.get(conv.inputs[0])
        if join is None or not _fits(conv, join) or readers[join.output] > 1:
            continue
        for at, name in enumerate(join.inputs):
            repeat = makers.get(name)
            is_pixel = repeat is not None and isinstance(repeat.operation, Repeat) and readers[name] == 1
            left = program.tensors[join.output].channels - program.tensors[name].channels
            if repeat is not None and is_pixel and left % _ALIGNMENT == 0:
                return fold(_without(program, repeat, join, conv, at))
    return program


def _fits(conv: Layer, join: Layer) -> bool:
    if not isinstance(join.operation, Join) or not isinstance(conv.operation, Conv):
        return False
    places = join.operation.places
    plain = join.operation.fill is None and all((place.top, place.left) == (0, 0) for place in places)
    return plain and len(places) > 1 and kind_of(conv.operation) == "pointwise"


def _without(program: Program, repeat: Layer, join: Layer, conv: Layer, at: int) -> Program:
    """The program without `repeat`, the input number `at` of `join`."""
    assert isinstance(join.operation, Join)  # noqa: S101 - _fits saw to it
    assert isinstance(conv.operation, Conv)  # noqa: S101
    sizes = [program.tensors[name].channels for name in join.inputs]
    first = join.operation.places[at].channel
    repeated = range(first, first + sizes[at])
    others = [channel for channel in range(sum(sizes)) if channel not in repeated]
    table = join.operation.places[at].table
    weights = conv.operation.weights
    pixel = PixelConv(
        attrs.evolve(conv.operation, weights=np.ascontiguousarray(weights[..., others])),
        np.ascontiguousarray(weights[:, 0, 0, repeated]),
        table,
    )
    rest = [name for index, name in enumerate(join.inputs) if index != at]
    places = [place for index, place in enumerate(join.operation.places) if index != at]
    whole = program.tensors[join.output]
    joined = Part(
        name=f"{whole.name} but {repeat.output}",
        height=whole.height,
        width=whole.width,
        channels=len(others),
        scale=whole.scale,
        zero_point=whole.zero_point,
        whole=whole.name,
        left_out=(repeated.start, repeated.stop),
    )
    new_join = Layer(join.name, Join(tuple(_closed(places, sizes[at], first)), None), tuple(rest), joined.name)
    new_conv = Layer(conv.name, pixel, (joined.name, repeat.inputs[0]), conv.output)
    replaced = {id(join): new_join, id(conv): new_conv}
    layers = tuple(replaced.get(id(layer), layer) for layer in program.layers if layer is not repeat)
    gone = {repeat.output, join.output}
    tensors: dict[str, Tensor] = {name: each for name, each in program.tensors.items() if name not in gone}
    return attrs.evolve(program, layers=layers, tensors={**tensors, joined.name: joined})


def _closed(places: Iterable[Place], size: int, first: int) -> list[Place]:
    """The places behind `first` move up by `size` channels."""
    return [
        attrs.evolve(place, channel=place.channel - size if place.channel > first else place.channel)
        for place in places
    ]
