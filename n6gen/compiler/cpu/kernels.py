"""The kernel sets: which C function does a convolution, how it wants its constants, what scratch it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np

from n6gen.compiler.cpu.blocks import fuse, widen
from n6gen.compiler.cpu.branches import join_branches
from n6gen.compiler.cpu.mve import pack_composite, pack_mve
from n6gen.compiler.cpu.mve_calls import MVE_EMITTERS
from n6gen.compiler.cpu.packed import Packed, PackedParts, kind_of, round_up
from n6gen.compiler.cpu.pooled import fold
from n6gen.compiler.cpu.program import Composite, Conv, Program
from n6gen.compiler.cpu.shared import OPERATORS
from n6gen.compiler.cpu.site import Emitter
from n6gen.model.ir import Tensor


@attrs.frozen
class KernelSet:
    """A set of C files and its packing. `sources` and `includes` are relative to templates/.

    `headers`: what network.c includes besides those of all sets. `slack`: bytes behind the last tensor that kernels
    may read. `rewrite` makes of a program one with operations of the set's own, `emitters` has their calls.
    """

    name: str
    sources: tuple[str, ...]
    pack: Callable[[Conv, Tensor, Tensor], Packed]
    includes: tuple[str, ...] = ("kernels", "decode")
    headers: tuple[str, ...] = ()
    slack: int = 0
    rewrite: Callable[[Program], Program] = lambda program: program
    emitters: Mapping[type, Emitter] = {}

    def pack_all(self, program: Program) -> dict[int, Packed | PackedParts]:
        """The constants of all convolutions of `program`, by layer index."""
        packed: dict[int, Packed | PackedParts] = {}
        for index, layer in enumerate(program.layers):
            source, out = program.tensors[layer.inputs[0]], program.tensors[layer.output]
            if isinstance(layer.operation, Conv):
                packed[index] = self.pack(layer.operation, source, out)
            elif isinstance(layer.operation, Composite):
                packed[index] = pack_composite(layer.operation, source, out)
        return packed


def _pack_ref(conv: Conv, source: Tensor, made: Tensor) -> Packed:  # noqa: ARG001
    return Packed(kind_of(conv), conv.weights.tobytes(), conv.bias, conv.multiplier, 0)


#: The register blocks of templates/kernels/c.
_DEPTH_STEP, _CHANNELS, _DEPTHWISE = 8, 3, 4


def _pack_c(conv: Conv, source: Tensor, made: Tensor) -> Packed:  # noqa: ARG001
    kind = kind_of(conv)
    out, height, width, depth = conv.weights.shape
    if kind == "depthwise":
        taps = conv.weights.reshape(out, height * width).T
        blocks = [taps[:, first : first + _DEPTHWISE] for first in range(0, out, _DEPTHWISE)]
        return Packed(kind, b"".join(block.tobytes() for block in blocks), conv.bias, conv.multiplier, out)
    channels, rows = out // conv.groups, height * width * depth
    padded, length = round_up(channels, _CHANNELS), round_up(rows, _DEPTH_STEP)
    weights = np.zeros((conv.groups, padded, length), np.int8)
    weights[:, :channels, :rows] = conv.weights.reshape(conv.groups, channels, rows)
    blocked = weights.reshape(conv.groups, padded // _CHANNELS, _CHANNELS, length).transpose(0, 1, 3, 2)
    bias = np.zeros((conv.groups, padded), np.int32)
    bias[:, :channels] = conv.bias.reshape(conv.groups, channels)
    multiplier = np.zeros((conv.groups, padded), np.float32)
    multiplier[:, :channels] = conv.multiplier.reshape(conv.groups, channels)
    gathers = kind == "conv" or length != rows
    return Packed(kind, blocked.tobytes(), bias.reshape(-1), multiplier.reshape(-1), 2 * length if gathers else 0)


def _pack_mve(conv: Conv, source: Tensor, made: Tensor) -> Packed:
    return pack_mve(conv, source, made) or _pack_c(conv, source, made)


def _rewrite_mve(program: Program) -> Program:
    return widen(fuse(join_branches(fold(program))))


def _ref(*names: str) -> tuple[str, ...]:
    return tuple(f"kernels/ref/{name}.c" for name in names)


_C = ("kernels/c/conv.c", "kernels/c/depthwise.c")
_PLAIN = _ref("add", "average", "move", "resize", *OPERATORS)
_MVE = tuple(
    f"kernels/mve/{name}"
    for name in (
        *(
            "add.c",
            "average.c",
            "block.c",
            "branches.c",
            "conv.c",
            "depthwise.c",
            "depthwise_run.S",
            "gather.c",
            "move.c",
        ),
        *("multiply.S", "pixel.c", "products.c", "resize.c", "tiles.S"),
    )
)
#: What mve/move.c does.
_MOVES = ("kernels/ref/map.c", "kernels/ref/move.c")

#: All kernel sets, the default first.
KERNEL_SETS: Mapping[str, KernelSet] = {
    "c": KernelSet("c", (*_C, *_PLAIN), _pack_c),
    "ref": KernelSet("ref", (*_ref("conv"), *_PLAIN), _pack_ref),
    "mve": KernelSet(
        "mve",
        (*_MVE, *_C, *(name for name in _PLAIN if name not in _MOVES)),
        _pack_mve,
        includes=("kernels", "kernels/mve", "decode"),
        headers=("mve.h",),
        slack=16,
        rewrite=_rewrite_mve,
        emitters=MVE_EMITTERS,
    ),
}
