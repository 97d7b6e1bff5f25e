"""C calls and their constants, one function for each operation of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.kernels import Packed
from n6gen.compiler.cpu.plan import Plan, scratch_name
from n6gen.compiler.cpu.wording import comment, describe, shape
from n6gen.model.ir import Tensor

_COLUMNS = 110

#: Designators and values of a struct's members.
Fields: TypeAlias = Sequence[tuple[str, int | str]]


@attrs.frozen
class Constant:
    """A struct of kernels.h."""

    type: str
    name: str
    fields: Fields

    @property
    def lines(self) -> list[str]:
        """The initializer's members in lines of a readable length."""
        lines = [""]
        for name, value in self.fields:
            member = f".{name} = {value},"
            if lines[-1] and len(lines[-1]) + len(member) >= _COLUMNS:
                lines.append("")
            lines[-1] += (" " if lines[-1] else "") + member
        return lines


@attrs.frozen
class Calls:
    """What one layer becomes; its output lies at `offset` of the arena."""

    index: int
    title: str
    calls: Sequence[str]
    constants: Sequence[Constant]
    offset: int
    size: int


@attrs.frozen
class _Site:
    """One layer at its place in the network."""

    index: int
    inputs: Sequence[Tensor]
    out: Tensor
    packed: Packed | None
    blob: Blob
    offsets: Mapping[str, int]

    def at(self, name: str) -> str:
        """C pointer to a tensor or scratch."""
        return f"arena + {self.offsets[name]}"

    def simple(
        self, kernel: str, fields: Fields, *, struct: str = "", blob: bool = False
    ) -> tuple[list[Constant], list[str]]:
        """A kernel that takes its struct (of another name: `struct`), the weights if `blob`, its inputs, its output."""
        pointers = [*(["blob"] if blob else []), *(self.at(tensor.name) for tensor in (*self.inputs, self.out))]
        call = f"kernel_{kernel}(&layer_{self.index}, {', '.join(pointers)});"
        return [Constant(f"kernel_{struct or kernel}", f"layer_{self.index}", fields)], [call]


def emit(source: program.Program, plan: Plan, packed: Mapping[int, Packed], blob: Blob) -> list[Calls]:
    """Turn all layers into calls and put their constants into `blob`. `packed`: the convolutions' by layer index."""
    return [_layer(source, plan, index, packed.get(index), blob) for index in range(len(source.layers))]


def c_float(value: float | np.float32) -> str:
    """The shortest C literal that is exactly this float32."""
    return str(np.float32(value)) + "f"


def _layer(source: program.Program, plan: Plan, index: int, packed: Packed | None, blob: Blob) -> Calls:
    layer = source.layers[index]
    inputs = [source.tensors[name] for name in layer.inputs]
    out = source.tensors[layer.output]
    site = _Site(index, inputs, out, packed, blob, plan.offsets)
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


def _conv(site: _Site, conv: program.Conv) -> tuple[list[Constant], list[str]]:
    packed = site.packed
    if packed is None:
        raise AssertionError(f"layer {site.index} was not packed")
    fields: Fields = [
        _shape_field("in", site.inputs[0]),
        _shape_field("out", site.out),
        _list_field("kernel", conv.kernel),
        _list_field("stride", conv.strides),
        _list_field("dilation", conv.dilations),
        _list_field("pad", conv.pads[:2]),
        ("groups", conv.groups),
        ("in_zero_point", site.inputs[0].zero_point),
        ("out_zero_point", site.out.zero_point),
        ("weights", site.blob.add(packed.weights)),
        ("bias", site.blob.add(packed.bias.astype("<i4").tobytes())),
        ("multiplier", site.blob.add(packed.multiplier.astype("<f4").tobytes())),
    ]
    scratch = site.at(scratch_name(site.index)) if packed.scratch else "NULL"
    pointers = f"{site.at(site.inputs[0].name)}, {site.at(site.out.name)}, {scratch}"
    call = f"kernel_{packed.kind}(&layer_{site.index}, blob, {pointers});"
    return [Constant("kernel_conv", f"layer_{site.index}", fields)], [call]


def _add(site: _Site, _: program.Add) -> tuple[list[Constant], list[str]]:
    named = list(zip(("a", "b", "out"), (*site.inputs, site.out), strict=True))
    fields: Fields = [
        ("size", site.out.size),
        *((f"{name}_zero_point", tensor.zero_point) for name, tensor in named),
        *((f"{name}_scale", c_float(tensor.scale)) for name, tensor in named),
    ]
    return site.simple("add", fields)


def _binary(site: _Site, binary: program.Binary) -> tuple[list[Constant], list[str]]:
    named = list(zip(("a", "b", "out"), (*site.inputs, site.out), strict=True))
    fields: Fields = [
        _shape_field("out", site.out),
        *(_list_field(f"{name}_step", _steps(tensor)) for name, tensor in named[:2]),
        *((f"{name}_zero_point", tensor.zero_point) for name, tensor in named),
        *((f"{name}_scale", c_float(tensor.scale)) for name, tensor in named),
    ]
    return site.simple(f"binary_{binary.kind}", fields, struct="binary")


def _steps(tensor: Tensor) -> tuple[int, int, int]:
    """Bytes from one row, column and channel to the next; 0 where there is only one, which is repeated."""
    steps = (tensor.width * tensor.channels, tensor.channels, 1)
    height, width, channels = (0 if size == 1 else step for size, step in zip(tensor.shape, steps, strict=True))
    return height, width, channels


def _map(site: _Site, operation: program.Map) -> tuple[list[Constant], list[str]]:
    tables = len(operation.table) // 256
    fields: Fields = [
        ("pixels", site.out.size // tables),
        ("channels", tables),
        ("table", site.blob.add(operation.table)),
    ]
    return site.simple("map", fields, blob=True)


def _average(site: _Site, _: program.Average) -> tuple[list[Constant], list[str]]:
    source = site.inputs[0]
    fields: Fields = [
        _shape_field("in", source),
        ("in_zero_point", source.zero_point),
        ("out_zero_point", site.out.zero_point),
        ("in_scale", c_float(source.scale)),
        ("out_scale", c_float(site.out.scale)),
    ]
    return site.simple("average", fields)


def _resize(site: _Site, resize: program.Resize) -> tuple[list[Constant], list[str]]:
    fields: Fields = [
        _shape_field("in", site.inputs[0]),
        _list_field("factor", resize.factors),
        ("zero_point", site.out.zero_point),
        ("scale", c_float(site.out.scale)),
    ]
    return site.simple("resize", fields)


def _repeat(site: _Site, repeat: program.Repeat) -> tuple[list[Constant], list[str]]:
    return site.simple("repeat", [("channels", site.out.channels), ("count", repeat.count)])


def _join(site: _Site, join: program.Join) -> tuple[list[Constant], list[str]]:
    constants, calls = [], []
    if join.fill is not None:
        calls.append(f"kernel_fill({site.out.size}, {join.fill}, {site.at(site.out.name)});")
    for part, (tensor, place) in enumerate(zip(site.inputs, join.places, strict=True)):
        fields: Fields = [
            _shape_field("in", tensor),
            ("out_width", site.out.width),
            ("out_channels", site.out.channels),
            ("top", place.top),
            ("left", place.left),
            ("channel", place.channel),
            *([] if place.table is None else [("table", site.blob.add(place.table))]),
        ]
        name = f"layer_{site.index}_{part}"
        constants.append(Constant("kernel_place", name, fields))
        pointers = f"{site.at(tensor.name)}, {site.at(site.out.name)}"
        calls.append(
            f"kernel_place_same(&{name}, {pointers});"
            if place.table is None
            else f"kernel_place(&{name}, blob, {pointers});"
        )
    return constants, calls


def _shape_field(name: str, tensor: Tensor) -> tuple[str, str]:
    return _list_field(name, (tensor.height, tensor.width, tensor.channels))


def _list_field(name: str, values: Sequence[int]) -> tuple[str, str]:
    return name, "{" + ", ".join(map(str, values)) + "}"


_EMIT: dict[type, Callable[[_Site, Any], tuple[list[Constant], list[str]]]] = {
    program.Conv: _conv,
    program.Add: _add,
    program.Binary: _binary,
    program.Map: _map,
    program.Average: _average,
    program.Resize: _resize,
    program.Repeat: _repeat,
    program.Join: _join,
}
