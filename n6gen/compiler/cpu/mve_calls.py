"""The calls of the Helium set's own."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from n6gen.compiler.cpu import computing
from n6gen.compiler.cpu.addition import whole_sum
from n6gen.compiler.cpu.blocks import gathers
from n6gen.compiler.cpu.branches import scratch_of
from n6gen.compiler.cpu.composite import Block, Branch, Branches, PixelConv
from n6gen.compiler.cpu.computing import conv_fields
from n6gen.compiler.cpu.mve import pixel_scratch
from n6gen.compiler.cpu.packed import Packed, PackedParts
from n6gen.compiler.cpu.plan import scratch_name
from n6gen.compiler.cpu.program import Add, Average, Resize
from n6gen.compiler.cpu.rounding import rounding
from n6gen.compiler.cpu.site import Constant, Emitter, Fields, Made, Site
from n6gen.model.ir import Tensor


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
    fields = _pixel_fields(site, operation, conv, weights, source)
    name, places = f"layer_{site.index}", (source.name, pixel.name, site.out.name, scratch_name(site.index))
    call = f"kernel_mve_pixel(&{name}, blob, {', '.join(map(site.at, places))});"
    return [Constant("kernel_mve_pixel", name, fields)], [call]


def _pixel_fields(site: Site, operation: PixelConv, conv: Packed, weights: Packed, source: Tensor) -> Fields:
    return [
        *_member("conv", conv_fields(site.blob, operation.conv, conv, source, site.out)),
        ("channels", operation.pixel.shape[1]),
        ("weights", site.blob.add(weights.weights)),
        ("table", site.blob.add(operation.table or _SAME)),
    ]


def _branches(site: Site, operation: Branches) -> Made:
    source, parts, constants = site.inputs[0], iter(_parts(site)), []
    width, joined = operation.joined.width, operation.joined.channels
    prepared = [(branch, [next(parts) for _ in branch.made]) for branch in operation.branches]
    own = {number: packed[0].scratch for number, (_, packed) in enumerate(prepared) if len(packed) > 1}
    last: Fields
    pixel_bytes = 0
    behind = next(parts)
    if isinstance(operation.last, PixelConv):
        last = _pixel_fields(site, operation.last, behind, next(parts), operation.joined)
        pixel_bytes = pixel_scratch(operation.last)
    else:
        last = _member("conv", conv_fields(site.blob, operation.last, behind, operation.joined, site.out))
    scratch = scratch_of(operation, pixel_bytes, own)
    for number, (branch, packed) in enumerate(prepared):
        fields: list[tuple[str, int | str]] = []
        made = zip(("depthwise", "conv")[-len(packed) :], branch.made, packed, strict=True)
        for name, (conv, out), constant in made:
            fields += _member(name, conv_fields(site.blob, conv, constant, _read_by(name, branch, source), out))
        fields += [
            ("place.in", "{1, " + f"{width}, {branch.out.channels}" + "}"),
            ("place.out_width", width),
            ("place.out_channels", joined),
            ("place.channel", branch.channel),
            ("place.table", site.blob.add(branch.table) if branch.table else 0),
            ("has_depthwise", int(len(packed) > 1)),
            ("wide", int(packed[0].kind == "mve_depthwise_wide")),
            ("has_table", int(branch.table is not None)),
            ("scratch", scratch.depthwise[number]),
        ]
        constants.append(Constant("kernel_mve_branch", f"layer_{site.index}_{number}", fields))
    name = f"layer_{site.index}"
    whole: Fields = [
        ("branches", "{" + ", ".join(f"&{name}_{number}" for number in range(len(prepared))) + "}"),
        ("count", len(prepared)),
        ("rows", operation.rows),
        ("joined", scratch.joined),
        ("reduced", scratch.reduced),
        ("looked_up", scratch.looked_up),
        *_member("last", last),
    ]
    pixel = site.at(site.inputs[1].name) if len(site.inputs) > 1 else "NULL"
    places = f"{site.at(source.name)}, {pixel}, {site.at(site.out.name)}, {site.at(scratch_name(site.index))}"
    return [*constants, Constant("kernel_mve_branches", name, whole)], [
        f"kernel_mve_branches(&{name}, blob, {places});"
    ]


def _read_by(name: str, branch: Branch, source: Tensor) -> Tensor:
    """What a branch's pointwise or depthwise convolution reads."""
    return source if name == "depthwise" or branch.reduced is None else branch.reduced


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
    Branches: _branches,
    PixelConv: _pixel,
    Resize: _resize,
}
