"""What each layer becomes in C: calls, and the constants they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from n6gen.compiler.cpu import computing, moving, program
from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.packed import Packed, PackedParts
from n6gen.compiler.cpu.plan import Plan
from n6gen.compiler.cpu.site import Constant, Emitter, Site
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


def emit(
    source: program.Program,
    plan: Plan,
    packed: Mapping[int, Packed | PackedParts],
    blob: Blob,
    emitters: Mapping[type, Emitter],
) -> list[Calls]:
    """Turn all layers into calls and put their constants into `blob`.

    `packed`: the convolutions' by layer index. `emitters`: those of the kernel set's own, by type of operation.
    """
    calls = []
    for index, layer in enumerate(source.layers):
        inputs = [source.tensors[name] for name in layer.inputs]
        site = Site(index, inputs, source.tensors[layer.output], packed.get(index), blob, plan.offsets)
        calls.append(_layer(layer, site, {**_EMIT, **emitters}))
    return calls


def _layer(layer: program.Layer, site: Site, emitters: Mapping[type, Emitter]) -> Calls:
    constants, calls = emitters[type(layer.operation)](site, layer.operation)
    shapes = " + ".join(map(shape, site.inputs))
    return Calls(
        index=site.index,
        title=f"{comment(layer.name)}: {describe(layer.operation)}, {shapes} -> {shape(site.out)}",
        calls=calls,
        constants=constants,
        offset=site.offsets[layer.output],
        size=site.out.size,
    )


_EMIT: Mapping[type, Emitter] = {
    program.Conv: computing.conv,
    program.Add: computing.add,
    program.AveragePool: computing.average_pool,
    program.Binary: computing.binary,
    program.Interpolate: computing.interpolate,
    program.Map: computing.table,
    program.MaxPool: computing.max_pool,
    program.Average: computing.average,
    program.Resize: computing.resize,
    program.Pick: moving.pick,
    program.Repeat: moving.repeat,
    program.Transposed: computing.transposed,
    program.Join: moving.join,
}
