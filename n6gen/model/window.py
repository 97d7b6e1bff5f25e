"""The window of a convolution or a pooling: its size, its steps, and what lies around the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from onnx import NodeProto

from n6gen.model.importer import Importer
from n6gen.model.view import label

#: The attributes that describe a window.
ATTRIBUTES = {"auto_pad": str, "dilations": list, "kernel_shape": list, "pads": list, "strides": list}

Pair = tuple[int, int]


@attrs.frozen
class Window:
    """Pairs are (height, width); `pads` is (top, left, bottom, right)."""

    kernel: Pair
    strides: Pair
    dilations: Pair
    pads: tuple[int, int, int, int]

    def steps(self, size: Pair, *, ceil: bool = False) -> Pair:
        """How many windows fit on an image of this size, 0 or less if none does.

        With `ceil`, the last may leave the padding too if it begins inside of the image or the padding before it.
        """
        height, width = (self._steps(axis, size[axis], ceil=ceil) for axis in (0, 1))
        return height, width

    def _steps(self, axis: int, length: int, *, ceil: bool) -> int:
        before, after = self.pads[axis], self.pads[axis + 2]
        room = length + before + after - self.dilations[axis] * (self.kernel[axis] - 1) - 1
        stride = self.strides[axis]
        if room < 0 or not ceil:
            return room // stride + 1
        steps = -(-room // stride) + 1
        return steps - 1 if (steps - 1) * stride >= length + before else steps

    def sees_pixels(self, size: Pair, steps: Pair) -> bool:
        """Whether each of so many windows has a pixel of the image in it."""
        return all(
            any(
                0 <= step * self.strides[axis] - self.pads[axis] + tap * self.dilations[axis] < size[axis]
                for tap in range(self.kernel[axis])
            )
            for axis in (0, 1)
            for step in range(steps[axis])
        )


def read_window(
    importer: Importer, node: NodeProto, attributes: dict[str, Any], kernel: Sequence[int], size: Pair
) -> Window:
    """The window that `node` describes by its `attributes`, on an image of this size. Raises InputError if none."""
    if len(kernel) != 2 or min(kernel) < 1:
        raise importer.view.error(f"{label(node)} has the kernel shape {list(kernel)}; two numbers above 0 are needed")
    strides = _pair(importer, node, attributes, "strides")
    dilations = _pair(importer, node, attributes, "dilations")
    spans = [step * (taps - 1) + 1 for step, taps in zip(dilations, kernel, strict=True)]
    pads = _pads(importer, node, attributes, size, strides, spans)
    return Window((kernel[0], kernel[1]), strides, dilations, pads)


def _pair(importer: Importer, node: NodeProto, attributes: dict[str, Any], key: str) -> Pair:
    value = attributes.get(key, [1, 1])
    if len(value) != 2 or min(value) < 1:
        raise importer.view.error(f"{label(node)} has {key} {value}; two numbers above 0 are needed")
    return value[0], value[1]


def _pads(
    importer: Importer,
    node: NodeProto,
    attributes: dict[str, Any],
    size: Pair,
    strides: Pair,
    spans: list[int],
) -> tuple[int, int, int, int]:
    """Top, left, bottom, right."""
    mode = attributes.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = attributes.get("pads", [0, 0, 0, 0])
        if len(pads) != 4 or min(pads) < 0:
            raise importer.view.error(f"{label(node)} has pads {pads}; four numbers not below 0 are needed")
        return pads[0], pads[1], pads[2], pads[3]
    if mode == "VALID":
        return 0, 0, 0, 0
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise importer.view.error(f"{label(node)} has auto_pad {mode!r}, which ONNX does not know")
    begins, ends = [], []
    for length, stride, span in zip(size, strides, spans, strict=True):
        total = max((-(-length // stride) - 1) * stride + span - length, 0)
        small, large = total // 2, total - total // 2
        begins.append(small if mode == "SAME_UPPER" else large)
        ends.append(large if mode == "SAME_UPPER" else small)
    return begins[0], begins[1], ends[0], ends[1]
