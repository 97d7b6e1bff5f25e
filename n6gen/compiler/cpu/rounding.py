"""Which convolutions may be rounded by an addition: see multiply_fast() in templates/kernels/mve/multiply.h."""

from __future__ import annotations

import numpy as np

from n6gen.compiler.cpu.program import Conv

#: The bits of the float32 1.5 * 2^23, MULTIPLY_FAST of multiply.h: behind it float32 has no fractions.
_FAST = 0x4B400000
#: The largest result, before the zero point is added and the clamp, whose low 16 bits are all of it.
_REACH = 2**15 - 1 - 128
#: A sum becomes a float32, and then a product is rounded: each can add this part of it at most.
_ERROR = 2.0**-22


def rounding(conv: Conv, zero_point: int) -> int:
    """What the Helium kernels add to round an output: the zero point, and 0x4B400000 with it if that rounds, too.

    It does if the zero point is even, as ties go to even numbers, and if no result of any int8 input leaves int16. The
    padding of a convolution is an int8 input like any other.
    """
    if zero_point % 2:
        return zero_point
    weights = np.abs(conv.weights.astype(np.int64)).sum(axis=(1, 2, 3))
    sums = np.abs(conv.bias.astype(np.int64)) + 128 * weights
    largest = (sums * conv.multiplier.astype(np.float64)).max(initial=0.0) * (1 + _ERROR)
    return zero_point + (_FAST if largest <= _REACH else 0)
