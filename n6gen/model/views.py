"""Operators that only look at a tensor in another way: Reshape, Flatten, Squeeze, Unsqueeze, Transpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import NodeProto

from n6gen.model.importer import Importer
from n6gen.model.view import label, op_type


def import_view(importer: Importer, node: NodeProto) -> None:
    """A tensor as it is, flattened to rank 2, or back. Raises InputError for any other shape."""
    source = importer.operand(node, 0, flat=True)
    whole = [1, source.channels, source.height, source.width]
    old = [1, source.size] if source.name in importer.flat else whole
    new = VIEWS[op_type(node)](importer, node, old)
    if new not in (whole, [1, source.size]):
        raise importer.view.error(
            f"{label(node)} turns {old} into {new}; only {whole} and, flattened, {[1, source.size]} are possible"
        )
    out = importer.result(node, *source.shape, flat=len(new) == 2)
    importer.same(node, source, out)


def _squeezed(importer: Importer, node: NodeProto, old: list[int]) -> list[int]:
    importer.view.attributes(node, {})
    axes = importer.constant(node, 1)
    gone = {axis for axis, size in enumerate(old) if size == 1} if axes is None else _axes(axes, len(old))
    return [size for axis, size in enumerate(old) if axis not in gone or size != 1]


def _unsqueezed(importer: Importer, node: NodeProto, old: list[int]) -> list[int]:
    importer.view.attributes(node, {})
    axes = importer.constant(node, 1)
    if axes is None or axes.size > 4:
        raise importer.view.error(f"{label(node)} has no axes that can be used")
    rank = len(old) + axes.size
    new, rest = _axes(axes, rank), iter(old)
    return [1 if axis in new else next(rest, 0) for axis in range(rank)]


def _reshaped(importer: Importer, node: NodeProto, old: list[int]) -> list[int]:
    importer.view.attributes(node, {"allowzero": int})
    shape = importer.constant(node, 1)
    if shape is None or shape.dtype != np.int64 or shape.ndim != 1:
        raise importer.view.error(f"{label(node)} has no shape that can be used")
    new = [old[axis] if size == 0 and axis < len(old) else int(size) for axis, size in enumerate(shape.tolist())]
    known = int(np.prod([size for size in new if size != -1], dtype=object))
    return [int(np.prod(old)) // known if size == -1 and known > 0 else size for size in new]


def _flattened(importer: Importer, node: NodeProto, old: list[int]) -> list[int]:
    axis = importer.view.attributes(node, {"axis": int}).get("axis", 1)
    if not -len(old) <= axis <= len(old):
        raise importer.view.error(f"{label(node)} has axis {axis} for {old}")
    axis = axis + len(old) if axis < 0 else axis
    return [int(np.prod(part, dtype=object)) for part in (old[:axis], old[axis:])]


def _transposed(importer: Importer, node: NodeProto, old: list[int]) -> list[int]:
    given = importer.view.attributes(node, {"perm": list}).get("perm", list(range(len(old)))[::-1])
    if sorted(given) != list(range(len(old))):
        raise importer.view.error(f"{label(node)} has perm {given} for {old}")
    long = [axis for axis in given if old[axis] > 1]
    if long != sorted(long):
        raise importer.view.error(f"{label(node)} moves the values of {old} by perm {given}, which is not supported")
    return [old[axis] for axis in given]


def _axes(axes: np.ndarray[Any, Any], rank: int) -> set[int]:
    return {int(axis) + rank if axis < 0 else int(axis) for axis in axes.flat}


#: What shape each operator makes of another.
VIEWS: Mapping[str, Callable[[Importer, NodeProto, list[int]], list[int]]] = {
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "Squeeze": _squeezed,
    "Transpose": _transposed,
    "Unsqueeze": _unsqueezed,
}
