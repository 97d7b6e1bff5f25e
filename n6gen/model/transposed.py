"""ConvTranspose: every pixel of the input adds its share to a window of the output."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.conv import check_kernel, misfit, quantised_bias, quantised_weights
from n6gen.model.importer import Importer
from n6gen.model.view import label
from n6gen.model.window import ATTRIBUTES, Window, read_window


def import_conv_transpose(importer: Importer, node: NodeProto) -> None:
    """A transposed 2-D convolution with constant int8 weights, in any number of groups."""
    source = importer.operand(node, 0)
    weights = quantised_weights(importer, node, rank=4, axis=1)
    known = {**ATTRIBUTES, "group": int, "output_padding": list, "output_shape": list}
    attributes = importer.view.attributes(node, known)
    groups = attributes.get("group", 1)
    check_kernel(importer, node, attributes, weights)
    channels, per_group = weights.values.shape[:2]
    if groups < 1 or channels != source.channels or channels % groups:
        raise misfit(importer, node, weights, groups, source)
    window, size = _geometry(importer, node, attributes, weights.values.shape[2:], source)
    out = importer.result(node, *size, per_group * groups)
    scale = np.tile(np.broadcast_to(weights.scale.reshape(-1), (per_group,)), groups)
    grouped = weights.values.reshape(groups, channels // groups, per_group, *window.kernel)
    importer.nodes.append(
        ir.ConvTranspose(
            importer.name(node),
            (source.name,),
            out.name,
            # [group, in, out, row, column] to [group x out, row, column, in]
            np.ascontiguousarray(grouped.transpose(0, 2, 3, 4, 1)).reshape(-1, *window.kernel, channels // groups),
            quantised_bias(importer, node, source.scale, scale),
            scale,
            window.strides,
            window.dilations,
            window.pads[:2],
            groups,
        )
    )


def _geometry(
    importer: Importer, node: NodeProto, attributes: dict[str, Any], kernel: tuple[int, ...], source: ir.Tensor
) -> tuple[Window, tuple[int, int]]:
    """The window, its pads worked out, and the height and width of the result."""
    mode = attributes.pop("auto_pad", "NOTSET")
    if mode not in ("NOTSET", "VALID"):
        raise importer.view.error(f"{label(node)} has auto_pad {mode!r}; only explicit pads are supported")
    if attributes.get("output_shape"):
        raise importer.view.error(f"{label(node)} has an output_shape; only pads and output_padding are supported")
    window = read_window(importer, node, attributes, kernel, (source.height, source.width))
    extra = attributes.get("output_padding", [0, 0])
    if len(extra) != 2 or not all(0 <= more < stride for more, stride in zip(extra, window.strides, strict=True)):
        raise importer.view.error(f"{label(node)} has output_padding {extra}, which must be below its strides")
    size = [
        window.strides[axis] * (source.shape[axis] - 1)
        + window.dilations[axis] * (window.kernel[axis] - 1)
        + 1
        + extra[axis]
        - window.pads[axis]
        - window.pads[axis + 2]
        for axis in (0, 1)
    ]
    return window, (size[0], size[1])
