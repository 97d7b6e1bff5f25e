"""Operators that move values and compute none: Concat, Pad, Slice, Split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.importer import Importer
from n6gen.model.quantisation import dequantised_constant
from n6gen.model.tables import quantise
from n6gen.model.view import label

#: Which of (height, width, channels) an axis of [batch, channels, height, width] is.
_AXES = {1: 2, 2: 0, 3: 1}


def import_concat(importer: Importer, node: NodeProto) -> None:
    """Tensors side by side along one axis, each brought to the scale of the result."""
    given = importer.view.attributes(node, {"axis": int}).get("axis")
    axis = _axis(importer, node, given)
    sources = [importer.operand(node, index) for index in range(len(node.input))]
    if len({source.shape[:axis] + source.shape[axis + 1 :] for source in sources}) != 1:
        raise importer.view.error(
            f"{label(node)} joins tensors of {', '.join(source.words for source in sources)} along axis {given}"
        )
    size = list(sources[0].shape)
    size[axis] = sum(source.shape[axis] for source in sources)
    out = importer.result(node, *size)
    importer.nodes.append(ir.Concat(importer.name(node), tuple(source.name for source in sources), out.name, axis))


def import_slice(importer: Importer, node: NodeProto) -> None:
    """Rows, columns and channels at regular steps, forward or backward."""
    importer.view.attributes(node, {})
    source = importer.operand(node, 0)
    starts, ends, axes, steps = (_integers(importer, node, index) for index in (1, 2, 3, 4))
    if starts is None or ends is None:
        raise importer.view.error(f"{label(node)} has no starts or ends")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    if len({len(starts), len(ends), len(axes), len(steps)}) != 1 or 0 in steps:
        raise importer.view.error(f"{label(node)}: its starts, ends, axes and steps do not fit each other")
    picked = [list(range(size)) for size in source.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if axis in (0, -4) and list(range(1))[start:end:step] == [0]:
            continue
        index = _axis(importer, node, axis)
        picked[index] = list(range(source.shape[index]))[start:end:step]
    _pick(importer, node, source, picked)


def import_split(importer: Importer, node: NodeProto) -> None:
    """Parts of the rows, columns or channels. Each output that is used becomes a Pick of its own."""
    attributes = importer.view.attributes(node, {"axis": int, "num_outputs": int})
    source = importer.operand(node, 0)
    axis = _axis(importer, node, attributes.get("axis", 0))
    whole, count = source.shape[axis], len(node.output)
    sizes = _integers(importer, node, 1)
    if sizes is None:
        # The last part is smaller where the parts cannot be equal.
        part = -(-whole // count)
        sizes = [part] * (count - 1) + [whole - part * (count - 1)]
    if len(sizes) != count or sum(sizes) != whole or min(sizes) < 1:
        raise importer.view.error(f"{label(node)} splits {whole} into {sizes}")
    begin = 0
    for output, size in enumerate(sizes):
        picked = [list(range(length)) for length in source.shape]
        picked[axis] = list(range(begin, begin + size))
        begin += size
        name = node.output[output]
        if importer.view.readers(name) or any(value.name == name for value in importer.view.graph.output):
            _pick(importer, node, source, picked, output)


def import_pad(importer: Importer, node: NodeProto) -> None:
    """Rows and columns around the image: a constant, or pixels of the image itself."""
    mode = importer.view.attributes(node, {"mode": str}).get("mode", "constant")
    source = importer.operand(node, 0)
    if mode not in ("constant", "edge", "reflect", "wrap"):
        raise importer.view.error(f"{label(node)} pads in mode {mode!r}, which ONNX does not know")
    pads = _pads(importer, node)
    if min(pads) < 0 or any(pads[axis] for axis in (0, 1, 4, 5)):
        raise importer.view.error(f"{label(node)} has pads {pads}; only height and width can grow")
    _, _, top, left, _, _, bottom, right = pads
    if mode == "constant":
        _frame(importer, node, source, (top, left, bottom, right))
        return
    around = ((top, bottom), (left, right))
    for (before, after), size in zip(around, source.shape, strict=False):
        if max(before, after) > (size - 1 if mode == "reflect" else size):
            raise importer.view.error(f"{label(node)} has pads {pads}, too many for {source.words} in mode {mode!r}")
    arguments: dict[str, Any] = {"mode": mode}
    rows, columns = (
        np.pad(np.arange(size), ends, **arguments).tolist() for ends, size in zip(around, source.shape, strict=False)
    )
    _pick(importer, node, source, [rows, columns, list(range(source.channels))])


def _frame(importer: Importer, node: NodeProto, source: ir.Tensor, pads: tuple[int, int, int, int]) -> None:
    value = _pad_value(importer, node)
    top, left, bottom, right = pads
    out = importer.result(node, source.height + top + bottom, source.width + left + right, source.channels)
    name, inputs = importer.name(node), (source.name,)
    filled = int(quantise(np.array(value, np.float32), out))
    if filled == source.zero_point and (source.scale, source.zero_point) == (out.scale, out.zero_point):
        importer.nodes.append(ir.Pad(name, inputs, out.name, pads))
    else:
        importer.nodes.append(ir.Frame(name, inputs, out.name, pads, filled))


def _pick(importer: Importer, node: NodeProto, source: ir.Tensor, picked: Sequence[list[int]], output: int = 0) -> None:
    """Add the tensor of these rows, columns and (evenly spaced) channels of `source`."""
    rows, columns, channels = picked
    out = importer.result(node, len(rows), len(columns), len(channels), output=output)
    step = channels[1] - channels[0] if len(channels) > 1 else 1
    importer.nodes.append(
        ir.Pick(
            importer.name(node), (source.name,), out.name, tuple(rows), tuple(columns), channels[0], channel_step=step
        )
    )


def _axis(importer: Importer, node: NodeProto, axis: int | None) -> int:
    """Which of (height, width, channels) `axis` is."""
    found = None if axis is None or not -4 <= axis < 4 else _AXES.get(axis % 4)
    if found is None:
        raise importer.view.error(f"{label(node)} has axis {axis}; only 1 (channels), 2 and 3 are supported")
    return found


def _integers(importer: Importer, node: NodeProto, index: int) -> list[int] | None:
    value = importer.constant(node, index)
    if value is None:
        return None
    if value.dtype.kind != "i" or value.ndim != 1:
        raise importer.view.error(f"{label(node)}: {node.input[index]!r} must be a list of whole numbers")
    return [int(number) for number in value]


def _pads(importer: Importer, node: NodeProto) -> list[int]:
    """The eight pads, begins before ends, axis by axis."""
    given, axes = importer.constant(node, 1), importer.constant(node, 3)
    order = list(range(4)) if axes is None else [int(axis) % 4 for axis in axes.flat]
    if given is None or given.dtype != np.int64 or given.size != 2 * len(order) or len(set(order)) != len(order):
        raise importer.view.error(f"{label(node)}: its pads do not fit a tensor of rank 4")
    pads = [0] * 8
    for index, axis in enumerate(order):
        pads[axis] = int(given.flat[index])
        pads[axis + 4] = int(given.flat[index + len(order)])
    return pads


def _pad_value(importer: Importer, node: NodeProto) -> float:
    name = node.input[2] if len(node.input) > 2 else ""
    value: npt.NDArray[Any] | None = dequantised_constant(importer.view, name) if name else None
    if value is None:
        value = importer.constant(node, 2)
    if value is None:
        return 0.0
    if value.size != 1 or value.dtype.kind not in "fi" or not np.isfinite(value).all():
        raise importer.view.error(f"{label(node)}: a single number is needed, not {value.dtype}{list(value.shape)}")
    return float(value.item())
