"""int8 to int8, as a table: whatever a function of one activation does to its 256 values, worked out on the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from n6gen.model import ir

#: All int8 values in the order of a table's entries.
LEVELS: npt.NDArray[np.int32] = np.arange(-128, 128, dtype=np.int32)


def dequantise(tensor: ir.Tensor) -> npt.NDArray[np.float32]:
    """The real values of -128 … 127, float32 [256], as DequantizeLinear computes them."""
    return (LEVELS - tensor.zero_point).astype(np.float32) * tensor.scale


def quantise(values: npt.NDArray[Any], tensor: ir.Tensor) -> npt.NDArray[np.int8]:
    """float32 to int8 as QuantizeLinear does: divided, rounded half to even, shifted, limited. No NaN."""
    with np.errstate(over="ignore"):
        steps = np.rint(values / tensor.scale) + np.float32(tensor.zero_point)
    return np.clip(steps, -128, 127).astype(np.int8)


def requantisation(source: ir.Tensor, target: ir.Tensor) -> bytes | None:
    """256 int8: what dequantising as `source` and quantising as `target` makes of -128 … 127. None: no change."""
    table = quantise(dequantise(source), target)
    return None if np.array_equal(table, LEVELS) else table.tobytes()
