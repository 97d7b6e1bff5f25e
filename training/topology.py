"""The network as a list of layers, shared by the torch module and by the ONNX export.

DeepLabv3, MobileNetV2 (width 0.5, output stride 16) and an ASPP whose dilated branches are depthwise (4, 8, 12), plus
1x1 and pooled branches. Names are those that the tensors of the ONNX carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CLASSES = ("background", "person")
DILATIONS = (4, 8, 12)
ASPP_CHANNELS = 256
FEATURES = 288
STRIDE = 16

# (output channels, repeats, stride of the first) of the inverted residual groups after block_0; expansion 6
_GROUPS = ((16, 2, 2), (16, 3, 2), (32, 4, 2), (48, 3, 1))


@dataclass(frozen=True)
class ConvSpec:
    """One convolution with its folded batch norm and its activation."""

    name: str
    cin: int
    cout: int
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    depthwise: bool = False
    act: Literal["relu6", "relu", "none"] = "relu6"
    norm: bool = True

    @property
    def pads(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right. Stride 2 pads at the bottom and right only (TensorFlow's SAME)."""
        if self.kernel == 1:
            return (0, 0, 0, 0)
        return (0, 0, 1, 1) if self.stride == 2 else (self.dilation,) * 4


@dataclass(frozen=True)
class Block:
    """An inverted residual block; `add` is the name of its residual sum, if it has one."""

    convs: tuple[ConvSpec, ...]
    add: str | None


def backbone() -> list[Block]:
    """stem, block_0 .. block_12 and the expansion of block_13, in order."""
    blocks = [Block((ConvSpec("stem", 3, 16, 3, 2),), None)]
    blocks.append(
        Block(
            (ConvSpec("block_0_depthwise", 16, 16, 3, depthwise=True), ConvSpec("block_0_project", 16, 8, act="none")),
            None,
        )
    )
    channels, index = 8, 1
    for cout, repeats, first in _GROUPS:
        for repeat in range(repeats):
            name, wide, stride = f"block_{index}", channels * 6, first if repeat == 0 else 1
            convs = (
                ConvSpec(f"{name}_expand", channels, wide),
                ConvSpec(f"{name}_depthwise", wide, wide, 3, stride, depthwise=True),
                ConvSpec(f"{name}_project", wide, cout, act="none"),
            )
            blocks.append(Block(convs, f"{name}_add" if stride == 1 and channels == cout else None))
            channels, index = cout, index + 1
    blocks.append(Block((ConvSpec("block_13_expand", channels, FEATURES),), None))
    return blocks


def aspp() -> list[tuple[ConvSpec, ...]]:
    """The five branches in the order of the concatenation; the last one works on the pooled features."""
    branches: list[tuple[ConvSpec, ...]] = [(ConvSpec("aspp_1x1", FEATURES, ASPP_CHANNELS, act="relu"),)]
    for d in DILATIONS:
        depthwise = ConvSpec(f"aspp_d{d}_depthwise", FEATURES, FEATURES, 3, dilation=d, depthwise=True, act="relu")
        branches.append((depthwise, ConvSpec(f"aspp_d{d}_1x1", FEATURES, ASPP_CHANNELS, act="relu")))
    branches.append((ConvSpec("aspp_pool_1x1", FEATURES, ASPP_CHANNELS, act="relu"),))
    return branches


def head() -> tuple[ConvSpec, ConvSpec]:
    """The fusing 1x1 and the classifier."""
    fuse = ConvSpec("head_1x1", ASPP_CHANNELS * (2 + len(DILATIONS)), ASPP_CHANNELS, act="relu")
    return fuse, ConvSpec("head_classes", ASPP_CHANNELS, len(CLASSES), act="none", norm=False)
