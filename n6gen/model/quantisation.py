"""What the QuantizeLinear and DequantizeLinear nodes of a model say: scales, zero points, constants behind them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.model.view import View, label, op_type

QUANTIZE = "QuantizeLinear"
DEQUANTIZE = "DequantizeLinear"

#: `saturate` and `output_dtype` concern other types than int8; `precision` is checked to be the default.
_ATTRIBUTES = dict.fromkeys(("axis", "block_size", "saturate", "output_dtype", "precision"), int)

_INT8_HINT = "Quantise activations and weights as signed int8 (onnxruntime: activation_type and weight_type QInt8)."


@attrs.frozen(eq=False)
class Constant:
    """A constant tensor behind a DequantizeLinear. `scale` is float32 and has one element or one for each of `axis`."""

    values: npt.NDArray[Any]
    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[Any]
    axis: int = 0


def is_quantisation(node: NodeProto) -> bool:
    """Whether `node` is a QuantizeLinear or a DequantizeLinear."""
    return op_type(node) in (QUANTIZE, DEQUANTIZE)


def activation_parameters(view: View, node: NodeProto) -> tuple[np.float32, int]:
    """Scale and zero point of a Q or DQ node on an activation.

    Raises InputError unless they are one constant float32 and one constant int8.
    """
    scale, zero = _parameters(view, node)
    if zero is None and op_type(node) == QUANTIZE:
        raise view.error(f"{label(node)} has no zero point and so makes uint8; activations must be int8", _INT8_HINT)
    if zero is not None and zero.dtype != np.int8:
        raise view.error(f"{label(node)} has {zero.dtype} activations; they must be int8", _INT8_HINT)
    if scale.size != 1 or (zero is not None and zero.size != 1):
        raise view.error(f"{label(node)} has one scale a channel; activations must have one scale a tensor")
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise view.error(f"{label(node)} has the scale {scale.item()}; a scale must be above 0")
    return np.float32(scale.item()), 0 if zero is None else int(zero.item())


def constant_behind(view: View, node: NodeProto) -> Constant | None:
    """The constant that a DQ node reads, or None if it reads something else.

    Raises InputError if its scale or zero point cannot be used.
    """
    values = view.constant(node.input[0]) if node.input else None
    if values is None:
        return None
    scale, zero = _parameters(view, node)
    if zero is None:
        zero = np.zeros(scale.shape, values.dtype)
    if zero.dtype != values.dtype or zero.size != scale.size:
        raise view.error(f"{label(node)}: zero point {zero.dtype}{list(zero.shape)} does not fit its constant")
    axis = 0
    if scale.size != 1:
        axis = view.attributes(node, _ATTRIBUTES).get("axis", 1)
        if not -values.ndim <= axis < values.ndim or scale.shape != (values.shape[axis],):
            raise view.error(f"{label(node)} has {list(scale.shape)} scales along axis {axis} of {list(values.shape)}")
        axis %= values.ndim
    if not (np.isfinite(scale).all() and (scale >= 0).all()):
        raise view.error(f"{label(node)} has a scale that is negative or not a number")
    return Constant(values, scale, zero, axis)


def dequantised_constant(view: View, tensor: str) -> npt.NDArray[np.float32] | None:
    """The float32 value of the float tensor `tensor` if a DequantizeLinear makes it from a constant, else None.

    Raises InputError if its scale or zero point cannot be used.
    """
    producer = view.producer(tensor)
    if producer is None or op_type(producer) != DEQUANTIZE:
        return None
    constant = constant_behind(view, producer)
    if constant is None:
        return None
    shape = [1] * constant.values.ndim
    if constant.scale.size != 1:
        shape[constant.axis] = constant.scale.size
    difference = constant.values.astype(np.int64) - constant.zero_point.reshape(shape).astype(np.int64)
    return difference.astype(np.float32) * constant.scale.reshape(shape)


def _parameters(view: View, node: NodeProto) -> tuple[npt.NDArray[np.float32], npt.NDArray[Any] | None]:
    attributes = view.attributes(node, _ATTRIBUTES)
    if attributes.get("block_size") or attributes.get("precision"):
        raise view.error(f"{label(node)} uses block_size or precision, which is not supported")
    if len(node.input) < 2:
        raise view.error(f"{label(node)} has no scale")
    scale = view.constant(node.input[1])
    zero = view.constant(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    if scale is None or (zero is None and len(node.input) > 2 and node.input[2]):
        raise view.error(f"{label(node)}: scale and zero point must be constants")
    if scale.dtype != np.float32:
        raise view.error(f"{label(node)} has a {scale.dtype} scale; it must be float32")
    return scale, zero
