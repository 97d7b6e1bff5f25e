"""What a kernel set makes of a convolution."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.cpu.program import Conv

#: KERNEL_MAX_TAPS in kernels.h.
_MAX_TAPS = 1024


@attrs.frozen(eq=False)
class Packed:
    """A convolution's constants in the layout of one C function; `kind` is what `kernel_<kind>` is called.

    `scratch`: bytes that the function needs while it runs.
    """

    kind: str
    weights: bytes
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.float32]
    scratch: int


@attrs.frozen(eq=False)
class PackedParts:
    """The constants of an operation made of several, and the bytes that it needs while it runs."""

    parts: tuple[Packed, ...]
    scratch: int


def kind_of(conv: Conv) -> str:
    """The narrowest of the three convolutions that `conv` is."""
    out, height, width, depth = conv.weights.shape
    if conv.groups == out > 1 and depth == 1 and height * width <= _MAX_TAPS:
        return "depthwise"
    plain = conv.groups == 1 and (height, width) == (1, 1) and conv.strides == (1, 1)
    return "pointwise" if plain and not conv.padded else "conv"


def round_up(value: int, step: int) -> int:
    """The next multiple of `step`."""
    return -(-value // step) * step
