"""The integer graph that a QDQ ONNX means: int8 tensors, one integer operator between them.

Batch is 1. Shapes are (height, width, channels); the order in memory is the compiler's choice. A tensor's real value is
``scale * (q - zero_point)`` with `scale` a float32. Weights are [out, kernel height, kernel width, in per group].
Resize, Pad and Same keep their input's scale and zero point; whatever else moves values brings them to its output's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt


@attrs.frozen
class Tensor:
    """An int8 activation tensor. `name` is the ONNX name of its quantised form."""

    name: str
    height: int
    width: int
    channels: int
    scale: np.float32
    zero_point: int

    @property
    def size(self) -> int:
        """Elements, and bytes as they are int8."""
        return self.height * self.width * self.channels

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    @property
    def words(self) -> str:
        """The shape as messages have it."""
        return f"{self.height}x{self.width}x{self.channels}"


@attrs.frozen(eq=False)
class Conv:
    """Convolution with per-channel weights. `pads` is (top, left, bottom, right); padding has the input's zero point.

    weights int8 [out, kh, kw, in / groups]; bias int32 [out] in units of input scale x weight scale;
    weight_scale float32 [out].
    """

    name: str
    inputs: tuple[str]
    output: str
    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    weight_scale: npt.NDArray[np.float32]
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1


@attrs.frozen(eq=False)
class ConvTranspose:
    """Transposed convolution: output pixel y gets w[i] x[j] wherever y + pads = strides j + dilations i.

    Weights, bias and weight scale are as in Conv. `pads` is (top, left).
    """

    name: str
    inputs: tuple[str]
    output: str
    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    weight_scale: npt.NDArray[np.float32]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int]
    groups: int


@attrs.frozen
class Add:
    """Element-wise sum of two tensors of one shape."""

    name: str
    inputs: tuple[str, str]
    output: str


@attrs.frozen(eq=False)
class Map:
    """Each int8 becomes another: entry `q + 128` of `table`, int8 [1 or channels, 256].

    `operators` are those of ONNX that the table was worked out from, none where it only changes the scale. `exact`:
    onnxruntime computes the same float32 values, not only the same to its approximation of the function.
    """

    name: str
    inputs: tuple[str]
    output: str
    table: npt.NDArray[np.int8]
    operators: tuple[str, ...]
    exact: bool


BinaryKind: TypeAlias = Literal["add", "sub", "mul", "max", "min"]


@attrs.frozen
class Binary:
    """An operation on two tensors; where one has a single row, column or channel, it is repeated."""

    name: str
    inputs: tuple[str, str]
    output: str
    kind: BinaryKind


@attrs.frozen
class GlobalAveragePool:
    """Mean over height and width."""

    name: str
    inputs: tuple[str]
    output: str


@attrs.frozen
class MaxPool:
    """The largest value of each window. `pads` is (top, left); only pixels of the input count, and each window has one.

    The output may have another scale.
    """

    name: str
    inputs: tuple[str]
    output: str
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    pads: tuple[int, int] = (0, 0)


@attrs.frozen
class AveragePool:
    """The mean of each window. `pads` is (top, left, bottom, right); each window has a pixel of the input.

    With `counts_padding` the sum is divided by the number of pixels and padding in the window, else by that of pixels.
    The float32 sum is over columns of the window that were added up before (`by_columns`), else row by row.
    """

    name: str
    inputs: tuple[str]
    output: str
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]
    counts_padding: bool
    by_columns: bool


@attrs.frozen
class Resize:
    """Linear interpolation with half-pixel centres, by whole factors (height, width)."""

    name: str
    inputs: tuple[str]
    output: str
    factors: tuple[int, int]


class Between(NamedTuple):
    """Where one output row or column lies between two of the input's, and how much each of them counts."""

    low: int
    high: int
    weight_low: np.float32
    weight_high: np.float32


@attrs.frozen
class Interpolate:
    """Linear interpolation in any other way: one entry for each row and column of the output."""

    name: str
    inputs: tuple[str]
    output: str
    rows: tuple[Between, ...]
    columns: tuple[Between, ...]


@attrs.frozen
class Pick:
    """Rows, columns and channels of the input: which ones for each of the output's.

    Channels are `first_channel`, then one every `channel_step` (below 0: backwards).
    """

    name: str
    inputs: tuple[str]
    output: str
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    first_channel: int = 0
    channel_step: int = 1


@attrs.frozen
class Concat:
    """Several tensors side by side along an axis of (height, width, channels), alike in the other two."""

    name: str
    inputs: tuple[str, ...]
    output: str
    axis: int = 2


@attrs.frozen
class Pad:
    """The tensor with `pads` (top, left, bottom, right) rows and columns of its zero point around it."""

    name: str
    inputs: tuple[str]
    output: str
    pads: tuple[int, int, int, int]


@attrs.frozen
class Frame:
    """The tensor with `pads` (top, left, bottom, right) rows and columns of the int8 `value` around it."""

    name: str
    inputs: tuple[str]
    output: str
    pads: tuple[int, int, int, int]
    value: int


@attrs.frozen
class Same:
    """A change of view, or of nothing at all, that moves no byte (Flatten, Reshape, Squeeze)."""

    name: str
    inputs: tuple[str]
    output: str


Node: TypeAlias = (
    Conv
    | ConvTranspose
    | Add
    | Binary
    | Map
    | GlobalAveragePool
    | MaxPool
    | AveragePool
    | Resize
    | Interpolate
    | Pick
    | Concat
    | Pad
    | Frame
    | Same
)


@attrs.frozen(eq=False)
class Graph:
    """Nodes in an order in which each comes after those it reads. One input, one output.

    ONNX holds the tensors in `flat` with rank 2, [batch, channels x height x width].
    """

    input: str
    output: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    flat: frozenset[str] = frozenset()

    def macs(self, node: Node) -> int:
        """Multiply-accumulates of one node; 0 for all but convolutions. A transposed one's are before cropping."""
        if not isinstance(node, Conv | ConvTranspose):
            return 0
        moved = self.tensors[node.output if isinstance(node, Conv) else node.inputs[0]]
        return moved.height * moved.width * int(node.weights.size)
