"""A convolution's constants, and the proof that its sums stay in int32."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from n6gen.compiler.cpu.program import Conv, Transposed
from n6gen.compiler.cpu.squeeze import Sums, squeeze
from n6gen.errors import InputError
from n6gen.model import ir

_LIMIT = 2**31


def lower_conv(node: ir.Conv, source: ir.Tensor, out: ir.Tensor, pads: tuple[int, int, int, int]) -> Conv:
    """Work out bias, multiplier and channels that never change; `pads` are the node's and those folded into it.

    multiplier = fl32(fl32(input scale * weight scale) / output scale), as QLinearConv has it.
    Raises InputError if a channel's sum could leave int32 or its multiplier is not a number.
    """
    multiplier = _multiplier(node, source, out)
    weights = node.weights.astype(np.int64)
    bias = node.bias.astype(np.int64)
    lowest, highest = _range(weights, bias, source.zero_point)
    # A quantiser saturates the bias of a channel without weights at INT32_MIN. Whatever comes in, and even if a sum
    # wraps around, such a channel rounds to its zero point.
    dead = np.maximum(np.abs(lowest), np.abs(highest)).astype(np.float64) * multiplier < 0.5
    weights[dead], bias[dead], multiplier[dead] = 0, 0, 0
    folded = bias - source.zero_point * weights.sum(axis=(1, 2, 3))
    # No order of the sum may overflow, nor any part of it.
    bound = np.abs(folded) + 128 * np.abs(weights).sum(axis=(1, 2, 3))
    for channel in np.flatnonzero(bound >= _LIMIT).tolist():
        limits = -128 - out.zero_point, 127 - out.zero_point
        sums = Sums(int(lowest[channel]), int(highest[channel]), multiplier[channel], limits)
        if sums.is_constant:
            weights[channel], folded[channel], dead[channel] = 0, max(bias[channel], 1 - _LIMIT), True
            continue
        moved = squeeze(sums, _LIMIT - 1 - 255 * int(np.abs(weights[channel]).sum()))
        if moved is None:
            raise _overflow(node.name, bound, channel)
        folded[channel] += moved[0]
        multiplier[channel] = moved[1]
    return Conv(
        weights=weights.astype(np.int8),
        bias=folded.astype(np.int32),
        multiplier=multiplier,
        strides=node.strides,
        dilations=node.dilations,
        pads=pads,
        groups=node.groups,
        dead=int(dead.sum()),
    )


def _multiplier(node: ir.Conv, source: ir.Tensor, out: ir.Tensor) -> npt.NDArray[np.float32]:
    # Overflow is reported below, by name.
    with np.errstate(over="ignore"):
        multiplier: npt.NDArray[np.float32] = (source.scale * node.weight_scale).astype(np.float32) / out.scale
    if not np.isfinite(multiplier).all():
        raise InputError(f"{node.name}: the scales of its channel {_first(~np.isfinite(multiplier))} overflow float32")
    return multiplier


def lower_transposed(node: ir.ConvTranspose, source: ir.Tensor, out: ir.Tensor) -> Transposed:
    """The same for a transposed convolution, some of whose outputs see only a part of the weights."""
    whole = ir.Conv(node.name, node.inputs, node.output, node.weights, node.bias, node.weight_scale)
    numbers = lower_conv(whole, source, out, (0, 0, 0, 0))
    weights = numbers.weights.astype(np.int64)
    bias = numbers.bias + source.zero_point * weights.sum(axis=(1, 2, 3))
    bound = np.abs(bias) + 255 * np.abs(weights).sum(axis=(1, 2, 3))
    if np.any(bound >= _LIMIT):
        raise _overflow(node.name, bound, _first(bound >= _LIMIT))
    return Transposed(
        weights=numbers.weights,
        bias=bias.astype(np.int32),
        multiplier=numbers.multiplier,
        strides=node.strides,
        dilations=node.dilations,
        pads=node.pads,
        groups=node.groups,
        dead=numbers.dead,
    )


def _overflow(name: str, bound: npt.NDArray[np.int64], channel: int) -> InputError:
    return InputError(
        f"{name}: the sum of channel {channel} can reach {int(bound[channel])}, which int32 cannot hold",
        "Quantise the model again: its bias does not fit the scales of its input and weights.",
    )


def _range(
    weights: npt.NDArray[np.int64], bias: npt.NDArray[np.int64], zero_point: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each channel's lowest and highest sum over all int8 inputs."""
    positive = np.maximum(weights, 0).sum(axis=(1, 2, 3))
    negative = np.minimum(weights, 0).sum(axis=(1, 2, 3))
    up, down = 127 - zero_point, -128 - zero_point
    return bias + positive * down + negative * up, bias + positive * up + negative * down


def _first(found: npt.NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(found)[0])
