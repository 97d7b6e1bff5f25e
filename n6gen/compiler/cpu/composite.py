"""Operations of the Helium set's own, made of several of the program's."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.cpu.program import Composite, Conv
from n6gen.model.ir import Tensor


@attrs.frozen(eq=False)
class Block(Composite):
    """Three convolutions, one behind the other, `rows` rows of tiles at a time: see kernel_mve_block.

    What the first one makes, `expanded`, and what the depthwise one makes, `reduced`, is never there as a whole.
    """

    first: Conv
    depthwise: Conv
    last: Conv
    expanded: Tensor
    reduced: Tensor
    rows: int

    @property
    def kind(self) -> str:
        """The word for it."""
        return "block"

    @property
    def note(self) -> str:
        """What the word does not say."""
        return f"{self.rows} rows of tiles at a time"

    @property
    def banded(self) -> tuple[Tensor, ...]:
        """What the first two make."""
        return self.expanded, self.reduced

    def lead(self, source: Tensor, out: Tensor) -> int:
        """Each step reads its rows of the input before it writes its rows of the output: these must end before the rows
        that the next step reads."""
        first, depthwise = self.first, self.depthwise
        stride = depthwise.strides[0]
        each, more = (2, 2) if stride == 1 else (1, 1)
        steps = range(self.rows, -(-self.reduced.height // each), self.rows)
        ahead = 0
        for done in steps:
            row = max(0, done * 2 + more - depthwise.pads[0]) * first.strides[0] - first.pads[0]
            read = min(max(0, row), source.height) * source.width * source.channels
            written = min(done * each, out.height) * out.width * out.channels
            ahead = max(ahead, written - read)
        return ahead

    def convolutions(self, out: Tensor) -> list[tuple[Conv, Tensor]]:
        """All three, and what they make."""
        return [(self.first, self.expanded), (self.depthwise, self.reduced), (self.last, out)]


@attrs.frozen(eq=False)
class Branch:
    """One of several convolutions of one image: pointwise, behind a depthwise one if there is one.

    `reduced` is what the depthwise one makes, `out` what the branch makes. Its bytes go to the channels from `channel`
    on, through `table` if there is one.
    """

    depthwise: Conv | None
    reduced: Tensor | None
    pointwise: Conv
    out: Tensor
    channel: int
    table: bytes | None

    @property
    def made(self) -> list[tuple[Conv, Tensor]]:
        """The convolutions, and what they make."""
        front = [] if self.depthwise is None or self.reduced is None else [(self.depthwise, self.reduced)]
        return [*front, (self.pointwise, self.out)]


@attrs.frozen(eq=False)
class Branches(Composite):
    """Branches, the concatenation of what they make (`joined`), and a 1x1 convolution of that, `rows` rows at a time.

    See kernel_mve_branches. `last` may read a pixel, too; its bytes are then the layer's second input.
    """

    branches: tuple[Branch, ...]
    joined: Tensor
    last: Conv | PixelConv
    rows: int

    @property
    def kind(self) -> str:
        """The word for it."""
        return "branches"

    @property
    def note(self) -> str:
        """What the word does not say."""
        pixel = f", and {self.last.note.removeprefix('and ')}" if isinstance(self.last, PixelConv) else ""
        return f"{len(self.branches)} joined, {self.rows} rows at a time{pixel}"

    @property
    def banded(self) -> tuple[Tensor, ...]:
        """All that they make, and what it is joined to."""
        return (*(out for branch in self.branches for _, out in branch.made), self.joined)

    def convolutions(self, out: Tensor) -> list[tuple[Conv, Tensor]]:
        """Those of the branches, and the last one."""
        last = self.last.convolutions(out) if isinstance(self.last, PixelConv) else [(self.last, out)]
        return [*(made for branch in self.branches for made in branch.made), *last]


@attrs.frozen(eq=False)
class PixelConv(Composite):
    """A pointwise convolution that also reads one pixel, the same one everywhere: see kernel_mve_pixel.

    `pixel` int8 [out, channels of the pixel] are its weights; its bytes go through `table` first if there is one.
    """

    conv: Conv
    pixel: npt.NDArray[np.int8]
    table: bytes | None

    @property
    def kind(self) -> str:
        """The word for it."""
        return "pointwise"

    @property
    def note(self) -> str:
        """What the word does not say."""
        return f"and {self.pixel.shape[1]} channels that are the same everywhere"

    def convolutions(self, out: Tensor) -> list[tuple[Conv, Tensor]]:
        """As the model has it: one convolution of all channels."""
        weights = np.concatenate([self.conv.weights, self.pixel[:, None, None, :]], axis=3)
        return [(attrs.evolve(self.conv, weights=weights), out)]
