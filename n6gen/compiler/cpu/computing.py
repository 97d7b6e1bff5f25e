"""The calls of operations that compute."""

from __future__ import annotations

import numpy as np

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.packed import Packed
from n6gen.compiler.cpu.plan import scratch_name
from n6gen.compiler.cpu.site import (
    Constant,
    Fields,
    Made,
    Site,
    c_float,
    list_field,
    quantisation_fields,
    shape_field,
)
from n6gen.model.ir import Tensor

#: `struct half_pixel`.
_BETWEEN = np.dtype([("low", "<i4"), ("high", "<i4"), ("weight_low", "<f4"), ("weight_high", "<f4")])


def conv(site: Site, conv: program.Conv) -> Made:
    """A convolution, by whichever function the kernel set chose."""
    packed = site.packed
    if not isinstance(packed, Packed):
        raise TypeError(f"layer {site.index} was not packed")
    fields = conv_fields(site.blob, conv, packed, site.inputs[0], site.out)
    scratch = site.at(scratch_name(site.index)) if packed.scratch else "NULL"
    pointers = f"{site.at(site.inputs[0].name)}, {site.at(site.out.name)}, {scratch}"
    call = f"kernel_{packed.kind}(&layer_{site.index}, blob, {pointers});"
    return [Constant("kernel_conv", f"layer_{site.index}", fields)], [call]


def conv_fields(
    blob: Blob, conv: program.Conv | program.Transposed, packed: Packed, source: Tensor, out: Tensor
) -> Fields:
    """`struct kernel_conv`; the constants go into `blob`."""
    return [
        shape_field("in", source),
        shape_field("out", out),
        list_field("kernel", conv.kernel),
        list_field("stride", conv.strides),
        list_field("dilation", conv.dilations),
        list_field("pad", conv.pads[:2]),
        ("groups", conv.groups),
        ("in_zero_point", source.zero_point),
        ("out_zero_point", out.zero_point),
        ("weights", blob.add(packed.weights)),
        ("bias", blob.add(packed.bias.astype("<i4").tobytes())),
        ("multiplier", blob.add(packed.multiplier.astype("<f4").tobytes())),
    ]


def transposed(site: Site, conv: program.Transposed) -> Made:
    """A transposed convolution."""
    packed = Packed("transposed", conv.weights.tobytes(), conv.bias, conv.multiplier, 0)
    fields = conv_fields(site.blob, conv, packed, site.inputs[0], site.out)
    return site.simple("transposed", fields, struct="conv", blob=True)


def add(site: Site, _: program.Add) -> Made:
    """Element-wise sum of two tensors of one shape."""
    named = list(zip(("a", "b", "out"), (*site.inputs, site.out), strict=True))
    fields: Fields = [
        ("size", site.out.size),
        *((f"{name}_zero_point", tensor.zero_point) for name, tensor in named),
        *((f"{name}_scale", c_float(tensor.scale)) for name, tensor in named),
    ]
    return site.simple("add", fields)


def binary(site: Site, binary: program.Binary) -> Made:
    """Any other operation on two tensors."""
    named = list(zip(("a", "b", "out"), (*site.inputs, site.out), strict=True))
    fields: Fields = [
        shape_field("out", site.out),
        *(list_field(f"{name}_step", _steps(tensor)) for name, tensor in named[:2]),
        *((f"{name}_zero_point", tensor.zero_point) for name, tensor in named),
        *((f"{name}_scale", c_float(tensor.scale)) for name, tensor in named),
    ]
    return site.simple(f"binary_{binary.kind}", fields, struct="binary")


def _steps(tensor: Tensor) -> tuple[int, int, int]:
    """Bytes from one row, column and channel to the next; 0 where there is only one, which is repeated."""
    steps = (tensor.width * tensor.channels, tensor.channels, 1)
    height, width, channels = (0 if size == 1 else step for size, step in zip(tensor.shape, steps, strict=True))
    return height, width, channels


def table(site: Site, operation: program.Map) -> Made:
    """A function of one tensor."""
    tables = len(operation.table) // 256
    fields: Fields = [
        ("pixels", site.out.size // tables),
        ("channels", tables),
        ("table", site.blob.add(operation.table)),
    ]
    return site.simple("map", fields, blob=True)


def max_pool(site: Site, pool: program.MaxPool) -> Made:
    """Largest values."""
    return site.then_table(site.simple("max_pool", _window(site, pool), struct="pool"), pool.table)


def average_pool(site: Site, pool: program.AveragePool) -> Made:
    """Means of windows."""
    source = site.inputs[0]
    top, left, bottom, right = pool.pads if pool.counts_padding else (0, 0, 0, 0)
    fields: Fields = [
        *((f"pool.{name}", value) for name, value in _window(site, pool)),
        list_field("first", (-top, -left)),
        list_field("end", (source.height + bottom, source.width + right)),
        ("by_columns", int(pool.by_columns)),
        *quantisation_fields(site),
    ]
    return site.simple("average_pool", fields)


def _window(site: Site, pool: program.MaxPool | program.AveragePool) -> Fields:
    return [
        shape_field("in", site.inputs[0]),
        shape_field("out", site.out),
        list_field("kernel", pool.kernel),
        list_field("stride", pool.strides),
        list_field("dilation", pool.dilations),
        list_field("pad", pool.pads[:2]),
    ]


def average(site: Site, _: program.Average) -> Made:
    """The mean of the whole image."""
    return site.simple("average", [shape_field("in", site.inputs[0]), *quantisation_fields(site)])


def resize(site: Site, resize: program.Resize) -> Made:
    """Upsampling by whole factors."""
    fields: Fields = [
        shape_field("in", site.inputs[0]),
        list_field("factor", resize.factors),
        ("zero_point", site.out.zero_point),
        ("scale", c_float(site.out.scale)),
    ]
    return site.simple("resize", fields)


def interpolate(site: Site, resize: program.Interpolate) -> Made:
    """Resizing in any other way."""
    fields: Fields = [
        shape_field("in", site.inputs[0]),
        shape_field("out", site.out),
        ("rows", site.blob.add(np.array(list(resize.rows), _BETWEEN).tobytes())),
        ("columns", site.blob.add(np.array(list(resize.columns), _BETWEEN).tobytes())),
        *quantisation_fields(site),
    ]
    return site.simple("interpolate", fields, blob=True)
