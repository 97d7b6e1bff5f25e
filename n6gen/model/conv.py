"""Convolution: its quantised weights and bias, and its geometry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.importer import Importer
from n6gen.model.quantisation import DEQUANTIZE, Constant, constant_behind
from n6gen.model.view import label, op_type
from n6gen.model.window import ATTRIBUTES, read_window

#: The bias scale is a float32 product of two others, made by a quantizer with an arithmetic of its own.
_BIAS_SCALE_TOLERANCE = 1e-6


def import_conv(importer: Importer, node: NodeProto) -> None:
    """Add a 2-D convolution with constant int8 weights. Raises InputError for any other."""
    source = importer.operand(node, 0)
    weights = _weights(importer, node)
    kernel = weights.values.shape[2:]
    attributes = importer.view.attributes(node, {**ATTRIBUTES, "group": int})
    window = read_window(importer, node, attributes, kernel, (source.height, source.width))
    groups = attributes.get("group", 1)
    if tuple(attributes.get("kernel_shape", kernel)) != kernel:
        raise importer.view.error(
            f"{label(node)}: kernel_shape {attributes['kernel_shape']} is not that of its weights"
        )
    out_channels, per_group = weights.values.shape[:2]
    if groups < 1 or per_group * groups != source.channels or out_channels % groups:
        raise importer.view.error(
            f"{label(node)}: weights {list(weights.values.shape)} in {groups} groups do not fit "
            f"{source.channels} channels"
        )
    out = importer.result(node, *window.steps((source.height, source.width)), out_channels)
    scale = np.broadcast_to(weights.scale.reshape(-1), (out_channels,)).copy()
    importer.nodes.append(
        ir.Conv(
            importer.name(node),
            (source.name,),
            out.name,
            np.ascontiguousarray(weights.values.transpose(0, 2, 3, 1)),
            _bias(importer, node, out_channels, source.scale, scale),
            scale,
            window.strides,
            window.dilations,
            window.pads,
            groups,
        )
    )


def _weights(importer: Importer, node: NodeProto) -> Constant:
    view = importer.view
    weights = _behind(importer, node, 1, "weights")
    if weights.values.dtype != np.int8:
        raise view.error(
            f"{label(node)} has {weights.values.dtype} weights; they must be int8",
            "Quantise with weight_type=QuantType.QInt8.",
        )
    if np.any(weights.zero_point):
        raise view.error(
            f"{label(node)} has asymmetric weights (zero point not 0)",
            "Quantise with extra_options={'WeightSymmetric': True}.",
        )
    if weights.scale.size != 1 and weights.axis != 0:
        raise view.error(f"{label(node)}: per-channel scales must lie along axis 0, not {weights.axis}")
    if weights.values.ndim != 4 or 0 in weights.values.shape:
        raise view.error(
            f"{label(node)} has weights of shape {list(weights.values.shape)}; only 2-D convolutions are supported"
        )
    return weights


def _bias(
    importer: Importer,
    node: NodeProto,
    channels: int,
    input_scale: np.float32,
    weight_scale: npt.NDArray[np.float32],
) -> npt.NDArray[np.int32]:
    if len(node.input) < 3 or not node.input[2]:
        return np.zeros(channels, np.int32)
    bias = _behind(importer, node, 2, "bias")
    if bias.values.dtype != np.int32 or bias.values.shape != (channels,) or np.any(bias.zero_point):
        raise importer.view.error(f"{label(node)}: its bias must be int32 [{channels}] with zero point 0")
    wanted = np.float64(input_scale) * weight_scale.astype(np.float64)
    # The smallest float32 is the rounding step of products too small for its full precision.
    allowed = _BIAS_SCALE_TOLERANCE * wanted + float(np.finfo(np.float32).smallest_subnormal)
    if np.any(np.abs(bias.scale.astype(np.float64).reshape(-1) - wanted) > allowed):
        raise importer.view.error(f"{label(node)}: the scale of its bias is not input scale times weight scale")
    return bias.values


def _behind(importer: Importer, node: NodeProto, index: int, what: str) -> Constant:
    name = node.input[index] if index < len(node.input) else ""
    producer = importer.view.producer(name)
    if producer is not None and op_type(producer) == DEQUANTIZE:
        constant = constant_behind(importer.view, producer)
        if constant is not None:
            return constant
    if importer.view.is_constant(name):
        raise importer.float_node(
            node, f"its {what} ({name!r}) are float" if what == "weights" else f"its {what} is float"
        )
    raise importer.view.error(
        f"{label(node)}: its {what} ({name!r}) must be a quantised constant",
        "Quantise weights when the model is made, not when it runs (onnxruntime: AddQDQPairToWeight False).",
    )
