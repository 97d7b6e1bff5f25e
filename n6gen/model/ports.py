"""What a graph's input must be."""

from __future__ import annotations

import onnx
from onnx import TensorProto

from n6gen.model.quantisation import QUANTIZE
from n6gen.model.view import View

#: No tensor may have more elements: indices must fit a signed 32-bit integer everywhere.
MAX_ELEMENTS = 2**31 - 1


def input_size(view: View, value: onnx.ValueInfoProto) -> tuple[int, int, int]:
    """Height, width and channels of a graph input.

    Raises InputError unless it is float32 [batch, channels, height, width] with only the batch symbolic, or 1.
    """
    name = value.name
    tensor = value.type.tensor_type
    if tensor.elem_type != TensorProto.FLOAT:
        kind = TensorProto.DataType.Name(tensor.elem_type) if tensor.elem_type in TensorProto.DataType.values() else "?"
        raise view.error(f"input {name!r} is {kind.lower()}; it must be float32, read by a {QUANTIZE}")
    dims = list(tensor.shape.dim)
    if len(dims) != 4:
        raise view.error(f"input {name!r} has rank {len(dims)}; it must have rank 4 [batch, channels, height, width]")
    if dims[0].HasField("dim_value") and dims[0].dim_value != 1:
        raise view.error(f"input {name!r} has a batch of {dims[0].dim_value}; it must be 1 or symbolic")
    sizes = []
    for axis, dim in zip(("channels", "height", "width"), dims[1:], strict=True):
        if not dim.HasField("dim_value"):
            raise view.error(
                f"input {name!r} has a symbolic {axis}" + (f" ({dim.dim_param!r})" if dim.dim_param else ""),
                "Fix it before quantising: onnxruntime.tools.make_dynamic_shape_fixed, or export with a static size.",
            )
        if dim.dim_value < 1:
            raise view.error(f"input {name!r} has the {axis} {dim.dim_value}")
        sizes.append(dim.dim_value)
    if sizes[0] * sizes[1] * sizes[2] > MAX_ELEMENTS:
        raise view.error(f"input {name!r} is too large ({sizes[1]}x{sizes[2]}x{sizes[0]})")
    return sizes[1], sizes[2], sizes[0]
