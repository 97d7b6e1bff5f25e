"""The lowered network: a straight list of layers, each of which is one or a few C calls."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.model.ir import Between, BinaryKind, Tensor


@attrs.frozen
class Part(Tensor):
    """A tensor that the model has as a `whole`, but for the channels from `left_out`'s first to before its second."""

    whole: str
    left_out: tuple[int, int]


@attrs.frozen(eq=False)
class Conv:
    """A convolution with all its numbers worked out; see `kernel_conv` in templates/kernels/kernels.h.

    weights int8 [out, kh, kw, in / groups]; bias int32 [out], the input's zero point folded in; multiplier float32
    [out]. Dead channels, whose output never changes, have weights of 0, and if it is the zero point, all three are 0.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.float32]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]  # top, left, bottom, right
    groups: int
    dead: int

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width."""
        return self.weights.shape[1], self.weights.shape[2]

    @property
    def padded(self) -> bool:
        """Whether any output looks beyond the input."""
        return any(self.pads)


class Composite(abc.ABC):
    """An operation of a kernel set's own, made of several of these."""

    @property
    @abc.abstractmethod
    def kind(self) -> str:
        """One word."""

    @property
    @abc.abstractmethod
    def note(self) -> str:
        """What is special about it, in words."""

    @property
    def banded(self) -> tuple[Tensor, ...]:
        """What lies between its parts and is there only a few rows at a time, never as a whole."""
        return ()

    def lead(self, source: Tensor, out: Tensor) -> int | None:
        """How many bytes before its first input its output must begin to lie over it; None if it must not."""
        return None

    @abc.abstractmethod
    def convolutions(self, out: Tensor) -> list[tuple[Conv, Tensor]]:
        """The convolutions in it, each with what it makes; the last one makes `out`."""


@attrs.frozen(eq=False)
class Transposed:
    """A transposed convolution; see `kernel_transposed`. Its bias has no zero point folded in, as not every output
    pixel sees all weights; all else is as in Conv."""

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.float32]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int]  # top, left
    groups: int
    dead: int

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width."""
        return self.weights.shape[1], self.weights.shape[2]


@attrs.frozen
class Add:
    """Element-wise sum."""


@attrs.frozen
class Binary:
    """An element-wise operation on two tensors; the one that has a single row, column or channel is repeated."""

    kind: BinaryKind


@attrs.frozen
class Map:
    """Every byte through a table of 256, from -128 on; `table` has one, or one for each channel. `kind` is a word."""

    kind: str
    table: bytes


@attrs.frozen
class Average:
    """Global average."""


@attrs.frozen
class MaxPool:
    """The largest value of each window, then through a table if there is one; see `kernel_max_pool`."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int]  # top, left
    table: bytes | None


@attrs.frozen
class AveragePool:
    """The mean of each window; see `kernel_average_pool`."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]  # top, left, bottom, right
    counts_padding: bool
    by_columns: bool


@attrs.frozen
class Resize:
    """Linear upsampling by (height, width)."""

    factors: tuple[int, int]


@attrs.frozen
class Interpolate:
    """Linear interpolation: one entry for each row and column of the output."""

    rows: tuple[Between, ...]
    columns: tuple[Between, ...]


@attrs.frozen
class Pick:
    """Rows, columns and channels, as in the graph, then through a table if there is one."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    first_channel: int
    channel_step: int
    table: bytes | None


@attrs.frozen
class Repeat:
    """One pixel, `count` times."""

    count: int


@attrs.frozen
class Place:
    """One input goes to (top, left, channel) of the output. `table` maps its bytes, from -128 on; None: as they are."""

    top: int
    left: int
    channel: int
    table: bytes | None


@attrs.frozen
class Join:
    """Every input has its place. Where they don't cover the output, it is `fill`."""

    places: tuple[Place, ...]
    fill: int | None


Operation: TypeAlias = (
    Conv
    | Transposed
    | Composite
    | Add
    | Binary
    | Map
    | Average
    | MaxPool
    | AveragePool
    | Resize
    | Interpolate
    | Pick
    | Repeat
    | Join
)


@attrs.frozen
class Layer:
    """One operation. `name` is the ONNX node's; inputs and output name tensors of the program."""

    name: str
    operation: Operation
    inputs: tuple[str, ...]
    output: str

    @property
    def in_place(self) -> tuple[str, ...]:
        """The inputs whose bytes the output may take over, if they are as many."""
        return self.inputs if isinstance(self.operation, Add | Binary | Map) else ()


@attrs.frozen(eq=False)
class Program:
    """Layers in order of execution, and the tensors they read and write."""

    input: str
    output: str
    tensors: Mapping[str, Tensor]
    layers: tuple[Layer, ...]

    def lead(self, layer: Layer) -> int | None:
        """How many bytes before a layer's first input its output must begin to lie over it; None if it must not."""
        if not isinstance(layer.operation, Composite):
            return None
        return layer.operation.lead(self.tensors[layer.inputs[0]], self.tensors[layer.output])
