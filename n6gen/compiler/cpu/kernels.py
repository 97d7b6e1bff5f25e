"""The kernel sets: which C function does a convolution, how it wants its constants, what scratch it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.cpu.program import Conv

#: KERNEL_MAX_TAPS in kernels.h.
_MAX_TAPS = 1024


@attrs.frozen(eq=False)
class Packed:
    """A convolution's constants in the layout of one C function; `kind` is what `kernel_<kind>` is called."""

    kind: str
    weights: bytes
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.float32]
    scratch: int


@attrs.frozen
class KernelSet:
    """A set of C files and its packing. `sources` and `includes` are relative to templates/."""

    name: str
    sources: tuple[str, ...]
    pack: Callable[[Conv], Packed]
    includes: tuple[str, ...] = ("kernels", "decode")


def kind_of(conv: Conv) -> str:
    """The narrowest of the three convolutions that `conv` is."""
    out, height, width, depth = conv.weights.shape
    if conv.groups == out > 1 and depth == 1 and height * width <= _MAX_TAPS:
        return "depthwise"
    plain = conv.groups == 1 and (height, width) == (1, 1) and conv.strides == (1, 1)
    return "pointwise" if plain and not conv.padded else "conv"


def _pack_ref(conv: Conv) -> Packed:
    return Packed(kind_of(conv), conv.weights.tobytes(), conv.bias, conv.multiplier, 0)


#: The register blocks of templates/kernels/c.
_DEPTH_STEP, _CHANNELS, _DEPTHWISE = 8, 3, 4


def _pack_c(conv: Conv) -> Packed:
    kind = kind_of(conv)
    out, height, width, depth = conv.weights.shape
    if kind == "depthwise":
        taps = conv.weights.reshape(out, height * width).T
        blocks = [taps[:, first : first + _DEPTHWISE] for first in range(0, out, _DEPTHWISE)]
        return Packed(kind, b"".join(block.tobytes() for block in blocks), conv.bias, conv.multiplier, out)
    channels, rows = out // conv.groups, height * width * depth
    padded, length = _up(channels, _CHANNELS), _up(rows, _DEPTH_STEP)
    weights = np.zeros((conv.groups, padded, length), np.int8)
    weights[:, :channels, :rows] = conv.weights.reshape(conv.groups, channels, rows)
    blocked = weights.reshape(conv.groups, padded // _CHANNELS, _CHANNELS, length).transpose(0, 1, 3, 2)
    bias = np.zeros((conv.groups, padded), np.int32)
    bias[:, :channels] = conv.bias.reshape(conv.groups, channels)
    multiplier = np.zeros((conv.groups, padded), np.float32)
    multiplier[:, :channels] = conv.multiplier.reshape(conv.groups, channels)
    gathers = kind == "conv" or length != rows
    return Packed(kind, blocked.tobytes(), bias.reshape(-1), multiplier.reshape(-1), 2 * length if gathers else 0)


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


_PLAIN = tuple(f"kernels/ref/{name}.c" for name in ("add", "average", "move", "resize"))

#: All kernel sets, the default first.
KERNEL_SETS: Mapping[str, KernelSet] = {
    "c": KernelSet("c", ("kernels/c/conv.c", "kernels/c/depthwise.c", *_PLAIN), _pack_c),
    "ref": KernelSet("ref", ("kernels/ref/conv.c", *_PLAIN), _pack_ref),
}
