"""Sums of two activations in whole numbers, where they are the definition's for every pair of bytes."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.model.ir import Tensor

_BYTES = np.arange(-128, 128, dtype=np.int64)
#: kernel_mve_add cuts off so many bits first, and then at most these.
_CUT, _MOST = 16, 8


@attrs.frozen
class WholeSum:
    """`clamp(round((a * a_factor + b * b_factor + constant) / 2^(16 + shift)))`, half up; see kernel_mve_add."""

    a_factor: int
    b_factor: int
    constant: int
    shift: int


def whole_sum(a: Tensor, b: Tensor, out: Tensor) -> WholeSum | None:
    """Numbers that give the defined sum for all 65,536 pairs; None if none were found."""
    wanted = _defined(a, b, out)
    ratios = float(a.scale) / float(out.scale), float(b.scale) / float(out.scale)
    offset = out.zero_point - a.zero_point * ratios[0] - b.zero_point * ratios[1]
    for shift in range(_MOST, 0, -1):
        unit = 2.0 ** (_CUT + shift)
        # int32 must hold every sum on the way.
        if 128 * (ratios[0] + ratios[1]) * unit + abs(offset) * unit >= 2**31 - 2**_CUT:
            continue
        found = WholeSum(round(ratios[0] * unit), round(ratios[1] * unit), round(offset * unit), shift)
        if np.array_equal(_computed(found), wanted):
            return found
    return None


def _defined(a: Tensor, b: Tensor, out: Tensor) -> npt.NDArray[np.int64]:
    """What docs/numerics.md says, for every `a` (rows) and `b`."""
    left, right = ((_BYTES - t.zero_point).astype(np.float32) * t.scale for t in (a, b))
    steps = np.rint((left[:, None] + right[None, :]) / out.scale).astype(np.float64)
    return np.clip(steps + out.zero_point, -128, 127).astype(np.int64)


def _computed(numbers: WholeSum) -> npt.NDArray[np.int64]:
    """What kernel_mve_add computes."""
    sums = _BYTES[:, None] * numbers.a_factor + _BYTES[None, :] * numbers.b_factor + numbers.constant
    rounded = ((sums >> _CUT) + (1 << numbers.shift - 1)) >> numbers.shift
    clamped: npt.NDArray[np.int64] = np.clip(rounded, -128, 127)
    return clamped
