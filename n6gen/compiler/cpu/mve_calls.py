"""The calls of the Helium set's own."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from n6gen.compiler.cpu import computing
from n6gen.compiler.cpu.addition import whole_sum
from n6gen.compiler.cpu.blocks import gathers
from n6gen.compiler.cpu.computing import conv_fields
from n6gen.compiler.cpu.packed import PackedBlock
from n6gen.compiler.cpu.plan import scratch_name
from n6gen.compiler.cpu.program import Add, Average, Block
from n6gen.compiler.cpu.site import Constant, Emitter, Fields, Made, Site


def _block(site: Site, block: Block) -> Made:
    packed = site.packed
    if not isinstance(packed, PackedBlock):
        raise TypeError(f"layer {site.index} was not packed")
    tensors = [site.inputs[0], block.expanded, block.reduced, site.out]
    named = [
        ("first", block.first, packed.first),
        ("depthwise", block.depthwise, packed.depthwise),
        ("last", block.last, packed.last),
    ]
    fields: list[tuple[str, int | str]] = []
    for at, (name, conv, constants) in enumerate(named):
        own: Fields = conv_fields(site.blob, conv, constants, tensors[at], tensors[at + 1])
        fields += [(f"{name}.{member}", value) for member, value in own]
    fields += [("gathers", int(gathers(block.first))), ("rows", block.rows)]
    name, places = f"layer_{site.index}", (site.inputs[0].name, site.out.name, scratch_name(site.index))
    call = f"kernel_mve_block(&{name}, blob, {', '.join(map(site.at, places))});"
    return [Constant("kernel_mve_block", name, fields)], [call]


def _add(site: Site, operation: Add) -> Made:
    left, right = site.inputs
    found = whole_sum(left, right, site.out)
    if found is None:
        return computing.add(site, operation)
    numbers = attrs.asdict(found)
    return site.simple("mve_add", [("size", site.out.size), *numbers.items()])


def _average(site: Site, operation: Average) -> Made:
    source = site.inputs[0]
    constants, calls = computing.average(site, operation)
    if source.scale < _SMALLEST_SCALE:
        return constants, calls
    return constants, [call.replace("kernel_average(", "kernel_mve_average(") for call in calls]


#: Sums of multiples of it are far from denormal numbers.
_SMALLEST_SCALE = 2.0**-90

MVE_EMITTERS: Mapping[type, Emitter] = {Add: _add, Average: _average, Block: _block}
