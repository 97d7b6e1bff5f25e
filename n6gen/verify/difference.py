"""How two tensors differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]
Position = tuple[int, int, int]

#: So many differing elements are listed.
_LISTED = 8


@attrs.frozen
class Element:
    """One element: its row, column and channel, what it must be, and what it is."""

    at: Position
    expected: int
    found: int


@attrs.frozen(eq=False)
class Difference:
    """Two tensors of one `shape` (height, width, channels) that differ in `count` elements, by `largest` at most.

    `elements` are the first few; `pixels`, uint16 [height, width], counts differing channels. `found` is the whole
    tensor as it is. `channels`: how many hold a difference; 1 speaks for weights, all of them for a kernel.
    """

    shape: Position
    count: int
    largest: int
    elements: Sequence[Element]
    pixels: npt.NDArray[np.uint16]
    found: Int8
    channels: int

    @property
    def first(self) -> Element:
        """The first one in the order of memory: rows, columns, channels."""
        return self.elements[0]

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        return {
            "shape": list(self.shape),
            "elements": self.shape[0] * self.shape[1] * self.shape[2],
            "differing": self.count,
            "differing_channels": self.channels,
            "largest": self.largest,
            "first": [
                {"at": list(element.at), "expected": element.expected, "found": element.found}
                for element in self.elements
            ],
        }


def difference(expected: Int8, found: Int8) -> Difference | None:
    """How `found` differs from `expected`, both int8 [height, width, channels]; None if they are equal.

    Raises ValueError for two shapes.
    """
    if expected.shape != found.shape:
        raise ValueError(f"tensors of {expected.shape} and {found.shape}")
    unlike = expected != found
    count = int(unlike.sum())
    if not count:
        return None
    places = np.argwhere(unlike)[:_LISTED]
    elements = []
    for y, x, channel in places.tolist():
        at = (y, x, channel)
        elements.append(Element(at, int(expected[at]), int(found[at])))
    largest = int(np.abs(expected.astype(np.int16) - found.astype(np.int16)).max())
    height, width, depth = expected.shape
    pixels = unlike.sum(axis=2).astype(np.uint16)
    return Difference((height, width, depth), count, largest, elements, pixels, found, int(unlike.any((0, 1)).sum()))
