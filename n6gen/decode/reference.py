"""The decodes in numpy, as `docs/numerics.md` defines them: exact, and plain rather than fast."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Logits: TypeAlias = npt.NDArray[np.int8] | npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.uint8]
Factor: TypeAlias = int | tuple[int, int]


def fine(logits: Logits, zero_point: int, factor: Factor) -> Mask:
    """Argmax of the exact half-pixel bilinear interpolation; the lowest class wins a tie.

    `logits` is int8 or uint8 [h, w, classes], `factor` a whole number or (rows, columns). Returns uint8
    [h * rows, w * columns]. Scale does not matter, and neither does `zero_point`, as both are common to all classes.
    """
    rows, columns = _factors(factor)
    values = logits.astype(np.int64) - zero_point
    values = _blend_axis(values, rows)
    values = _blend_axis(values.transpose(1, 0, 2), columns).transpose(1, 0, 2)
    return argmax(values)


def rounded(logits: Logits, scale: float | np.float32, zero_point: int, factor: Factor) -> Mask:
    """Argmax of the upsampled int8 tensor that the whole integer network gives; the lowest class wins a tie.

    Interpolates in float32 in onnxruntime's order, then quantises with the same `scale` and `zero_point`. Shapes as in
    `fine`.
    """
    return argmax(upsample(logits, scale, zero_point, scale, zero_point, factor))


def argmax(logits: npt.NDArray[Any]) -> Mask:
    """The largest logit's index along the last axis, the lowest on a tie: [h, w, classes] -> uint8 [h, w]."""
    mask: Mask = logits.argmax(axis=2).astype(np.uint8)
    return mask


def upsample(
    tensor: Logits,
    scale: float | np.float32,
    zero_point: int,
    out_scale: float | np.float32,
    out_zero_point: int,
    factor: Factor,
) -> Logits:
    """DequantizeLinear, Resize (linear, half_pixel), QuantizeLinear of [h, w, c], bit for bit as onnxruntime does."""
    rows, columns = _factors(factor)
    real = (tensor.astype(np.int32) - zero_point).astype(np.float32) * np.float32(scale)
    y_low, y_high, y_low_weight, y_high_weight = _half_pixel(real.shape[0], rows)
    x_low, x_high, x_low_weight, x_high_weight = _half_pixel(real.shape[1], columns)
    total = np.zeros((len(y_low), len(x_low), real.shape[2]), np.float32)
    for y, y_weight, x, x_weight in (
        (y_low, y_low_weight, x_low, x_low_weight),
        (y_low, y_low_weight, x_high, x_high_weight),
        (y_high, y_high_weight, x_low, x_low_weight),
        (y_high, y_high_weight, x_high, x_high_weight),
    ):
        weight = x_weight[None, :, None] * y_weight[:, None, None]
        total = total + weight * real[y[:, None], x[None, :]]
    limits = np.iinfo(tensor.dtype)
    steps = np.rint(total / np.float32(out_scale)) + np.float32(out_zero_point)
    result: Logits = np.clip(steps, limits.min, limits.max).astype(tensor.dtype)
    return result


def _factors(factor: Factor) -> tuple[int, int]:
    return factor if isinstance(factor, tuple) else (factor, factor)


def _blend_axis(values: npt.NDArray[np.int64], factor: int) -> npt.NDArray[np.int64]:
    """Interpolate along axis 0, times 2 * factor."""
    size = values.shape[0]
    whole = 2 * factor
    position = np.clip(2 * np.arange(size * factor) + 1 - factor, 0, (size - 1) * whole)
    low = position // whole
    part = (position % whole)[:, None, None]
    blended: npt.NDArray[np.int64] = values[low] * (whole - part) + values[np.minimum(low + 1, size - 1)] * part
    return blended


def _half_pixel(
    size: int, factor: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Indices and float32 weights of the two neighbours of every output position."""
    position = (np.arange(size * factor, dtype=np.float32) + np.float32(0.5)) / np.float32(factor) - np.float32(0.5)
    position = np.clip(position, np.float32(0), np.float32(size - 1))
    low = position.astype(np.intp)
    high = np.minimum(low + 1, size - 1)
    high_weight = np.abs(position - low.astype(np.float32))
    low_weight = np.abs(position - high.astype(np.float32))
    same = low == high
    low_weight[same] = high_weight[same] = np.float32(0.5)
    return low, high, low_weight, high_weight
