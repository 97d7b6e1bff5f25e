"""Pooling: the largest or the mean of a window or of the whole image."""

from __future__ import annotations

from typing import Any

from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.importer import Importer
from n6gen.model.view import label, op_type
from n6gen.model.window import ATTRIBUTES, Window, read_window

#: From here on onnxruntime adds up averages row by row.
_BY_ROWS_SINCE = 19

#: Where onnxruntime's older code adds up the columns of a window first: strides along the width, kernel sizes, and
#: columns with those around the image, at most.
_COLUMN_STRIDE, _COLUMN_KERNEL, _COLUMN_WIDTH = 2, 32, 2045


def import_global_pool(importer: Importer, node: NodeProto) -> None:
    """The mean or the largest value of the whole image."""
    importer.view.attributes(node, {})
    source = importer.operand(node, 0)
    out = importer.result(node, 1, 1, source.channels)
    name, inputs = importer.name(node), (source.name,)
    if op_type(node) == "GlobalAveragePool":
        importer.nodes.append(ir.GlobalAveragePool(name, inputs, out.name))
    else:
        importer.nodes.append(ir.MaxPool(name, inputs, out.name, (source.height, source.width)))


def import_reduce_mean(importer: Importer, node: NodeProto) -> None:
    """The mean over height and width, with or without the two axes left."""
    attributes = importer.view.attributes(node, {"axes": list, "keepdims": int, "noop_with_empty_axes": int})
    source = importer.operand(node, 0)
    given = importer.constant(node, 1)
    axes = attributes.get("axes", []) if given is None else [int(axis) for axis in given.flat]
    if sorted(axis % 4 for axis in axes) != [2, 3] or not all(-4 <= axis < 4 for axis in axes):
        raise importer.view.error(f"{label(node)} has axes {axes}; only height and width [2, 3] are supported")
    out = importer.result(node, 1, 1, source.channels, flat=not attributes.get("keepdims", 1))
    importer.nodes.append(ir.GlobalAveragePool(importer.name(node), (source.name,), out.name))


def import_max_pool(importer: Importer, node: NodeProto) -> None:
    """The largest value of each window."""
    # The order of storage concerns the second output only.
    attributes = importer.view.attributes(node, {**ATTRIBUTES, "ceil_mode": int, "storage_order": int})
    if len(node.output) > 1 and node.output[1]:
        raise importer.view.error(f"{label(node)} has a second output ({node.output[1]!r}), which is not supported")
    source = importer.operand(node, 0)
    window, out = _window(importer, node, attributes, source)
    importer.nodes.append(
        ir.MaxPool(
            importer.name(node),
            (source.name,),
            out.name,
            window.kernel,
            window.strides,
            window.dilations,
            window.pads[:2],
        )
    )


def import_average_pool(importer: Importer, node: NodeProto) -> None:
    """The mean of each window."""
    attributes = importer.view.attributes(node, {**ATTRIBUTES, "ceil_mode": int, "count_include_pad": int})
    source = importer.operand(node, 0)
    window, out = _window(importer, node, attributes, source)
    name, inputs = importer.name(node), (source.name,)
    ceil, counts = bool(attributes.get("ceil_mode", 0)), bool(attributes.get("count_include_pad", 0))
    older = importer.opset < _BY_ROWS_SINCE and not (ceil and counts)
    if older and window == Window((source.height, source.width), (1, 1), (1, 1), (0, 0, 0, 0)):
        importer.nodes.append(ir.GlobalAveragePool(name, inputs, out.name))
        return
    by_columns = (
        older
        and window.strides[1] <= _COLUMN_STRIDE
        and max(window.kernel) <= _COLUMN_KERNEL
        and source.width + window.pads[1] + window.pads[3] <= _COLUMN_WIDTH
    )
    importer.nodes.append(
        ir.AveragePool(
            name,
            inputs,
            out.name,
            window.kernel,
            window.strides,
            window.dilations,
            window.pads,
            counts_padding=counts,
            by_columns=by_columns,
        )
    )


def _window(
    importer: Importer, node: NodeProto, attributes: dict[str, Any], source: ir.Tensor
) -> tuple[Window, ir.Tensor]:
    """The window, and the tensor that `node` makes."""
    size = source.height, source.width
    window = read_window(importer, node, attributes, attributes.get("kernel_shape", []), size)
    if any(pad >= taps for pad, taps in zip(window.pads, (*window.kernel, *window.kernel), strict=True)):
        raise importer.view.error(
            f"{label(node)} has pads {list(window.pads)} and the kernel {list(window.kernel)}, which must be larger"
        )
    steps = window.steps(size, ceil=bool(attributes.get("ceil_mode", 0)))
    out = importer.result(node, *steps, source.channels)
    if not window.sees_pixels(size, steps):
        raise importer.view.error(f"{label(node)} has a window with nothing but padding in it")
    return window, out
