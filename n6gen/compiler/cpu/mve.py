"""Constants of convolutions as the Helium kernels want them: templates/kernels/mve/{multiply,mve}.h."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from n6gen.compiler.cpu.blocks import scratch_bytes
from n6gen.compiler.cpu.branches import scratch_of
from n6gen.compiler.cpu.composite import Block, Branches, PixelConv
from n6gen.compiler.cpu.packed import Packed, PackedParts, kind_of, round_up
from n6gen.compiler.cpu.program import Composite, Conv
from n6gen.compiler.cpu.rounding import rounding
from n6gen.model.ir import Tensor

#: Inputs, and depthwise channels, that one instruction multiplies.
_BLOCK = 16
#: MULTIPLY_BLOCKS of multiply.h.
_BLOCKS = 32
#: Four pixels' outputs are told apart by 16 bits.
_MAX_CHANNELS = 0xFFFF // 3
#: GATHERED of conv.c: bytes of inputs that are brought together at a time.
_GATHERED = 4096
#: Where the four sums of a depthwise step have their channels from.
_LANES = np.array([0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15])


_Number = TypeVar("_Number", np.int32, np.float32)


def pack_mve(conv: Conv, source: Tensor, made: Tensor) -> Packed | None:
    """`conv`, which makes `made` of `source`, for a Helium kernel; None if it is not made for it."""
    kind = kind_of(conv)
    if kind == "depthwise":
        return _depthwise(conv, source, made)
    if conv.groups != 1 or len(conv.bias) > _MAX_CHANNELS:
        return None
    depth = conv.weights[0].size
    if kind == "pointwise" and depth % 4 == 0:
        return _matrix(conv, made.zero_point, "mve_pointwise")
    step = round_up(depth, _BLOCK)
    return _matrix(conv, made.zero_point, "mve_conv", step * max(4, _GATHERED // step) + _BLOCK)


def pack_composite(operation: Composite, source: Tensor, out: Tensor) -> PackedParts:
    """The constants of an operation of the set's own that makes `out` of `source`."""
    if isinstance(operation, Block):
        return _block(operation, out.zero_point)
    if isinstance(operation, PixelConv):
        return _pixel(operation)
    if isinstance(operation, Branches):
        return _branches(operation, source, out)
    raise TypeError(operation.kind)


def _block(block: Block, zero_point: int) -> PackedParts:
    """A block's constants; the depthwise kernel as a tile has it: a column's three weights and 0, then 0 0 0 0."""
    conv = block.depthwise
    tiles = np.zeros((len(conv.bias), 4, 4), np.int8)
    tiles[:, :3, :3] = conv.weights.reshape(-1, 3, 3).transpose(0, 2, 1)
    constants = [conv.bias.astype("<i4"), conv.multiplier.astype("<f4")]
    parts = [tiles.reshape(-1, _BLOCK).view(np.uint8), *(part.view(np.uint8).reshape(-1, 4) for part in constants)]
    weights = np.concatenate(parts, axis=1).tobytes()
    depthwise = Packed("", weights, conv.bias[:0], conv.multiplier[:0], 0)
    first, last = _matrix(block.first, block.expanded.zero_point), _matrix(block.last, zero_point)
    return PackedParts((first, depthwise, last), scratch_bytes(block))


def _pixel(operation: PixelConv) -> PackedParts:
    """The convolution without biases in its weights; the pixel's weights padded; biases and the pixel in scratch."""
    out, channels = operation.pixel.shape
    weights = np.zeros((out, round_up(channels, _BLOCK)), np.int8)
    weights[:, :channels] = operation.pixel
    conv = _matrix(operation.conv, 0, apart=True)
    pixel = Packed("", weights.tobytes(), conv.bias[:0], conv.multiplier[:0], 0)
    return PackedParts((conv, pixel), pixel_scratch(operation))


def pixel_scratch(operation: PixelConv) -> int:
    """Bytes for the biases, their number made even, and the pixel."""
    out, channels = operation.pixel.shape
    return round_up(4 * round_up(out, 2), _BLOCK) + round_up(channels, _BLOCK)


def _branches(operation: Branches, source: Tensor, out: Tensor) -> PackedParts:
    """For each branch its depthwise convolution, if it has one, and its pointwise one; then the last one's."""
    parts, depthwise = [], {}
    for number, branch in enumerate(operation.branches):
        if branch.depthwise is not None and branch.reduced is not None:
            front = _depthwise(branch.depthwise, source, branch.reduced)
            depthwise[number] = front.scratch
            parts.append(front)
        parts.append(_matrix(branch.pointwise, branch.out.zero_point))
    pixel = 0
    if isinstance(operation.last, PixelConv):
        behind = _pixel(operation.last)
        pixel = pixel_scratch(operation.last)
        parts += behind.parts
    else:
        parts.append(_matrix(operation.last, out.zero_point))
    return PackedParts(tuple(parts), scratch_of(operation, pixel, depthwise).size)


def stretches(conv: Conv, width: int, out: int) -> int:
    """Into how many stretches a row of `out` outputs falls whose taps lie inside of a row of `width` inputs alike."""
    first = np.arange(out)[:, None] * conv.strides[1] - conv.pads[1]
    taps = first + np.arange(conv.kernel[1]) * conv.dilations[1]
    inside = (taps >= 0) & (taps < width)
    return 1 + int(np.any(inside[1:] != inside[:-1], axis=1).sum())


def _matrix(conv: Conv, zero_point: int, kind: str = "", scratch: int = 0, *, apart: bool = False) -> Packed:
    """Pairs of channels, the last one twice if it is left over; each with its constants.

    Biases are `apart` from them if that is asked for, or if there are more blocks than multiply() takes; then only
    multipliers are left.
    """
    out = len(conv.bias)
    depth = round_up(conv.weights[0].size, _BLOCK)
    weights = np.zeros((out + out % 2, depth // _BLOCK, _BLOCK), np.int8)
    weights.reshape(len(weights), depth)[:out, : conv.weights[0].size] = conv.weights.reshape(out, -1)
    bias, multiplier = np.zeros(len(weights), np.int32), np.zeros(len(weights), np.float32)
    bias[:out], multiplier[:out] = conv.bias, conv.multiplier
    if out % 2:
        weights[-1], bias[-1], multiplier[-1] = weights[-2], bias[-2], multiplier[-2]
    pairs = weights.reshape(-1, 2, depth // _BLOCK, _BLOCK)[:, :, _order(depth // _BLOCK)].transpose(0, 2, 1, 3)
    short = depth // _BLOCK <= _BLOCKS and not apart
    constants: list[npt.NDArray[np.generic]] = [multiplier.astype("<f4")]
    if short:
        constants = [bias.astype("<i4"), *constants, np.full(len(pairs), rounding(conv, zero_point), "<i4")]
    parts = [pairs.view(np.uint8), *(part.view(np.uint8) for part in constants)]
    stream = np.concatenate([part.reshape(len(pairs), -1) for part in parts], axis=1).tobytes()
    return Packed(kind, stream, bias[:0] if short else bias, multiplier[:0], scratch)


def _order(blocks: int) -> list[int]:
    """The order in which multiply.S takes the blocks of a pixel's inputs."""
    order = [0]
    for first in range(1, blocks, _BLOCKS - 1):
        order += reversed(range(first, min(first + _BLOCKS - 1, blocks)))
    return order


def _depthwise(conv: Conv, source: Tensor, made: Tensor) -> Packed:
    out, height, width, _ = conv.weights.shape
    padded = round_up(out, _BLOCK)
    weights = np.zeros((padded, height * width), np.int8)
    weights[:out] = conv.weights.reshape(out, -1)
    blocks = weights.reshape(-1, _BLOCK, height * width).transpose(0, 2, 1)
    # Any two taps may be neighbours where others lie outside of the image. 127 and -128, times -128, fit together.
    lowest = np.count_nonzero(weights == -128, axis=1)
    kind = "mve_depthwise" if np.all(lowest <= 1) else "mve_depthwise_wide"
    # One for each stretch of a row whose outputs lack the same taps.
    scratch = stretches(conv, source.width, made.width) * padded * (4 + height * width)
    return Packed(kind, blocks.tobytes(), _in_lanes(conv.bias), _in_lanes(conv.multiplier), scratch)


def _in_lanes(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    padded = np.zeros(round_up(len(values), _BLOCK), values.dtype)
    padded[: len(values)] = values
    return padded.reshape(-1, _BLOCK)[:, _LANES].reshape(-1)
