"""What each layer becomes in C: calls, and the constants they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from n6gen.compiler.cpu import computing, moving, program
from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.kernels import Packed
from n6gen.compiler.cpu.plan import Plan
from n6gen.compiler.cpu.site import Constant, Made, Site
from n6gen.compiler.cpu.wording import comment, describe, shape


@attrs.frozen
class Calls:
    """What one layer becomes; its output lies at `offset` of the arena."""

    index: int
    title: str
    calls: Sequence[str]
    constants: Sequence[Constant]
    offset: int
    size: int


def emit(source: program.Program, plan: Plan, packed: Mapping[int, Packed], blob: Blob) -> list[Calls]:
    """Turn all layers into calls and put their constants into `blob`. `packed`: the convolutions' by layer index."""
    return [_layer(source, plan, index, packed.get(index), blob) for index in range(len(source.layers))]


def _layer(source: program.Program, plan: Plan, index: int, packed: Packed | None, blob: Blob) -> Calls:
    layer = source.layers[index]
    inputs = [source.tensors[name] for name in layer.inputs]
    out = source.tensors[layer.output]
    site = Site(index, inputs, out, packed, blob, plan.offsets)
    constants, calls = _EMIT[type(layer.operation)](site, layer.operation)
    shapes = " + ".join(map(shape, inputs))
    return Calls(
        index=index,
        title=f"{comment(layer.name)}: {describe(layer.operation)}, {shapes} -> {shape(out)}",
        calls=calls,
        constants=constants,
        offset=plan.offsets[layer.output],
        size=out.size,
    )


_EMIT: dict[type, Callable[[Site, Any], Made]] = {
    program.Conv: computing.conv,
    program.Add: computing.add,
    program.AveragePool: computing.average_pool,
    program.Binary: computing.binary,
    program.Map: computing.table,
    program.MaxPool: computing.max_pool,
    program.Average: computing.average,
    program.Resize: computing.resize,
    program.Repeat: moving.repeat,
    program.Join: moving.join,
}
