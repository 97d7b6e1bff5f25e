"""Convolution: its quantised weights and bias, and its geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.importer import Importer
from n6gen.model.quantisation import DEQUANTIZE, Constant, constant_behind
from n6gen.model.view import label, op_type
from n6gen.model.window import ATTRIBUTES, read_window

#: The bias scale is a float32 product of two others, made by a quantizer with an arithmetic of its own.
_BIAS_SCALE_TOLERANCE = 1e-6


def import_conv(importer: Importer, node: NodeProto) -> None:
    """A 2-D convolution with constant int8 weights, in any number of groups. Raises InputError for any other."""
    source = importer.operand(node, 0)
    weights = quantised_weights(importer, node, rank=4, axis=0)
    kernel = weights.values.shape[2:]
    attributes = importer.view.attributes(node, {**ATTRIBUTES, "group": int})
    window = read_window(importer, node, attributes, kernel, (source.height, source.width))
    groups = attributes.get("group", 1)
    check_kernel(importer, node, attributes, weights)
    out_channels, per_group = weights.values.shape[:2]
    if groups < 1 or per_group * groups != source.channels or out_channels % groups:
        raise misfit(importer, node, weights, groups, source)
    out = importer.result(node, *window.steps((source.height, source.width)), out_channels)
    scale = np.broadcast_to(weights.scale.reshape(-1), (out_channels,)).copy()
    importer.nodes.append(
        ir.Conv(
            importer.name(node),
            (source.name,),
            out.name,
            np.ascontiguousarray(weights.values.transpose(0, 2, 3, 1)),
            quantised_bias(importer, node, source.scale, scale),
            scale,
            window.strides,
            window.dilations,
            window.pads,
            groups,
        )
    )


def quantised_weights(importer: Importer, node: NodeProto, *, rank: int, axis: int) -> Constant:
    """The int8 weights of `node`, its second input, with one scale or one for each of `axis`."""
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
    if weights.values.ndim != rank or 0 in weights.values.shape:
        only = "2-D convolutions are" if rank == 4 else f"rank {rank} is"
        raise view.error(f"{label(node)} has weights of shape {list(weights.values.shape)}; only {only} supported")
    if weights.scale.size != 1 and weights.axis != axis:
        raise view.error(f"{label(node)}: per-channel scales must lie along axis {axis}, not {weights.axis}")
    return weights


def quantised_bias(
    importer: Importer, node: NodeProto, input_scale: np.float32, weight_scale: npt.NDArray[np.float32]
) -> npt.NDArray[np.int32]:
    """The int32 bias of `node`, its third input, 0 if left out. `weight_scale` has one element for each channel."""
    channels = weight_scale.size
    if len(node.input) < 3 or not node.input[2]:
        return np.zeros(channels, np.int32)
    bias = _behind(importer, node, 2, "bias")
    shape = [size for size in bias.values.shape if size != 1]
    if bias.values.dtype != np.int32 or shape != [channels][: channels != 1] or np.any(bias.zero_point):
        raise importer.view.error(f"{label(node)}: its bias must be int32 [{channels}] with zero point 0")
    wanted = np.float64(input_scale) * weight_scale.astype(np.float64)
    # The smallest float32 is the rounding step of products too small for its full precision.
    allowed = _BIAS_SCALE_TOLERANCE * wanted + float(np.finfo(np.float32).smallest_subnormal)
    if np.any(np.abs(bias.scale.astype(np.float64).reshape(-1) - wanted) > allowed):
        raise importer.view.error(f"{label(node)}: the scale of its bias is not input scale times weight scale")
    return bias.values.reshape(-1)


def check_kernel(importer: Importer, node: NodeProto, attributes: Mapping[str, Any], weights: Constant) -> None:
    """Raise InputError if the kernel shape that `node` gives is not that of its weights."""
    kernel = weights.values.shape[2:]
    if tuple(attributes.get("kernel_shape", kernel)) != kernel:
        raise importer.view.error(
            f"{label(node)}: kernel_shape {attributes['kernel_shape']} is not that of its weights"
        )


def misfit(importer: Importer, node: NodeProto, weights: Constant, groups: int, source: ir.Tensor) -> InputError:
    """The error for weights that cannot be those of an input like `source`."""
    return importer.view.error(
        f"{label(node)}: weights {list(weights.values.shape)} in {groups} groups do not fit {source.channels} channels"
    )


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
