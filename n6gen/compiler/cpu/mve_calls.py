"""The calls of the Helium set's own."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from n6gen.compiler.cpu import computing
from n6gen.compiler.cpu.addition import whole_sum
from n6gen.compiler.cpu.blocks import gathers
from n6gen.compiler.cpu.composite import Block, PixelConv
from n6gen.compiler.cpu.computing import conv_fields
from n6gen.compiler.cpu.packed import Packed, PackedParts
from n6gen.compiler.cpu.plan import scratch_name
from n6gen.compiler.cpu.program import Add, Average, Resize
from n6gen.compiler.cpu.rounding import rounding
from n6gen.compiler.cpu.site import Constant, Emitter, Fields, Made, Site


def _block(site: Site, block: Block) -> Made:
    made = [site.inputs[0], *(out for _, out in block.convolutions(site.out))]
    fields: list[tuple[str, int | str]] = []
    convs = zip(("first", "depthwise", "last"), block.convolutions(site.out), _parts(site), made, strict=False)
    for name, (conv, out), constants, source in convs:
        fields += _member(name, conv_fields(site.blob, conv, constants, source, out))
    rounds = rounding(block.depthwise, block.reduced.zero_point) != block.reduced.zero_point
    fields += [("gathers", int(gathers(block.first))), ("rows", block.rows), ("rounds", int(rounds))]
    name, places = f"layer_{site.index}", (site.inputs[0].name, site.out.name, scratch_name(site.index))
    call = f"kernel_mve_block(&{name}, blob, {', '.join(map(site.at, places))});"
    return [Constant("kernel_mve_block", name, fields)], [call]


def _pixel(site: Site, operation: PixelConv) -> Made:
    source, pixel = site.inputs
    conv, weights = _parts(site)
    fields: Fields = [
        *_member("conv", conv_fields(site.blob, operation.conv, conv, source, site.out)),
        ("channels", pixel.channels),
        ("weights", site.blob.add(weights.weights)),
        ("table", site.blob.add(operation.table or _SAME)),
    ]
    name, places = f"layer_{site.index}", (source.name, pixel.name, site.out.name, scratch_name(site.index))
    call = f"kernel_mve_pixel(&{name}, blob, {', '.join(map(site.at, places))});"
    return [Constant("kernel_mve_pixel", name, fields)], [call]


def _parts(site: Site) -> tuple[Packed, ...]:
    if not isinstance(site.packed, PackedParts):
        raise TypeError(f"layer {site.index} was not packed")
    return site.packed.parts


def _member(name: str, fields: Fields) -> Fields:
    """Fields of a struct that is a member."""
    return [(f"{name}.{member}", value) for member, value in fields]


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


def _resize(site: Site, operation: Resize) -> Made:
    constants, calls = computing.resize(site, operation)
    if not 1 / _LARGEST_SCALE <= site.inputs[0].scale <= _LARGEST_SCALE:
        return constants, calls
    return constants, [call.replace("kernel_resize(", "kernel_mve_resize(") for call in calls]


#: The table that changes nothing.
_SAME = bytes(value & 0xFF for value in range(-128, 128))

#: Sums of multiples of it are far from denormal numbers.
_SMALLEST_SCALE = 2.0**-90

#: Where every product and quotient of an interpolation is a normal number.
_LARGEST_SCALE = 2.0**60

MVE_EMITTERS: Mapping[type, Emitter] = {
    Add: _add,
    Average: _average,
    Block: _block,
    PixelConv: _pixel,
    Resize: _resize,
}
