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

    def convolutions(self, out: Tensor) -> list[tuple[Conv, Tensor]]:
        """All three, and what they make."""
        return [(self.first, self.expanded), (self.depthwise, self.reduced), (self.last, out)]


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
