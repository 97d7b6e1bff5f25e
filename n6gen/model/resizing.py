"""Resize: which pixels of the input each output pixel is made of, in the float32 steps that onnxruntime takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.importer import Importer
from n6gen.model.view import label

Floats: TypeAlias = npt.NDArray[np.float32]

_ONE, _HALF = np.float32(1), np.float32(0.5)

#: A position this near to the middle between two pixels is in the middle, as in onnxruntime since its issue 28291:
#: float32 often misses it by a little, and then the preference would not count.
_NEAR = 1e-6

#: Attributes that must have this value, which is also their default.
_FIXED = {"antialias": 0, "exclude_outside": 0, "keep_aspect_ratio_policy": "stretch"}

#: Attributes whose value is used, and their defaults.
_USED = {"mode": "nearest", "coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_floor"}


def import_resize(importer: Importer, node: NodeProto) -> None:
    """Nearest or linear, by any factors."""
    attributes = _attributes(importer, node)
    mode, transformation = attributes["mode"], attributes["coordinate_transformation_mode"]
    source = importer.operand(node, 0)
    axes = _target(importer, node, source, attributes.get("axes"))
    size = axes[0].target, axes[1].target
    out = importer.result(node, *size, source.channels)
    if size == (source.height, source.width):
        # As in onnxruntime, whatever the factors that lead there.
        importer.same(node, source, out)
        return
    name, inputs = importer.name(node), (source.name,)
    same_scale = (source.scale, source.zero_point) == (out.scale, out.zero_point)
    if mode == "nearest":
        rows, columns = (_nearest(transformation, attributes["nearest_mode"], axis) for axis in axes)
        importer.nodes.append(ir.Pick(name, inputs, out.name, rows, columns))
    elif same_scale and transformation == "half_pixel" and all(axis.is_whole for axis in axes):
        factors = int(axes[0].scale), int(axes[1].scale)
        importer.nodes.append(ir.Resize(name, inputs, out.name, factors))
    else:
        lines = [_linear(transformation, axis) for axis in axes]
        importer.nodes.append(ir.Interpolate(name, inputs, out.name, lines[0], lines[1]))


def _attributes(importer: Importer, node: NodeProto) -> dict[str, Any]:
    known = {key: type(value) for key, value in {**_FIXED, **_USED}.items()}
    # The first two concern modes that are refused.
    known |= {"cubic_coeff_a": float, "extrapolation_value": float, "axes": list}
    attributes = {**_FIXED, **_USED, **importer.view.attributes(node, known)}
    supported: dict[str, Iterable[object]] = {key: (value,) for key, value in _FIXED.items()}
    supported |= {
        "mode": ("linear", "nearest"),
        "nearest_mode": _ROUND,
        "coordinate_transformation_mode": _COORDINATES,
    }
    for key, values in supported.items():
        if attributes[key] not in values:
            raise importer.view.error(
                f"{label(node)} has {key} {attributes[key]!r}; supported: {', '.join(sorted(map(str, values)))}"
            )
    return attributes


def _target(importer: Importer, node: NodeProto, source: ir.Tensor, axes: list[int] | None) -> tuple[_Axis, _Axis]:
    """What becomes of the rows and of the columns."""
    order = [axis % 4 for axis in axes] if axes is not None else list(range(4))
    lengths = (1, source.channels, source.height, source.width)
    scales, sizes = importer.constant(node, 2), importer.constant(node, 3)
    by_size = sizes is not None and sizes.size > 0
    given = sizes if by_size else scales
    if given is None or given.size != len(order) or len(set(order)) != len(order):
        raise importer.view.error(f"{label(node)} needs a constant scale or size for each of its {len(order)} axes")
    axes_of = [_Axis(length, length, _ONE) for length in lengths]
    for axis, value in zip(order, given.astype(np.float32).flat, strict=True):
        length = lengths[axis]
        factor = value / np.float32(length) if by_size else value
        target = value if by_size else np.float32(length) * value
        axes_of[axis] = _Axis(length, math.floor(target) if np.isfinite(target) else 0, factor)
    if axes_of[0].target != 1 or axes_of[1].target != source.channels or not all(axis.scale > 0 for axis in axes_of):
        raise importer.view.error(
            f"{label(node)} resizes by {[float(axis.scale) for axis in axes_of]}; only height and width can change"
        )
    return axes_of[2], axes_of[3]


@attrs.frozen
class _Axis:
    """Rows or columns: how many become how many, and by what factor."""

    length: int
    target: int
    scale: np.float32

    @property
    def is_whole(self) -> bool:
        """Whether the factor is a whole number."""
        return bool(self.scale >= 1 and self.scale % 1 == 0)


def _half_pixel(x: Floats, axis: _Axis) -> Floats:
    return (x + _HALF) / axis.scale - _HALF


def _pytorch_half_pixel(x: Floats, axis: _Axis) -> Floats:
    return _half_pixel(x, axis) if axis.target > 1 else np.zeros(1, np.float32)


def _asymmetric(x: Floats, axis: _Axis) -> Floats:
    return x / axis.scale


def _align_corners(x: Floats, axis: _Axis) -> Floats:
    if axis.target == 1:
        return np.zeros(1, np.float32)
    return x * np.float32(axis.length - 1) / np.float32(axis.target - 1)


#: Without half_pixel_symmetric, of which onnxruntime takes other steps than those of its definition.
_COORDINATES: Mapping[str, Callable[[Floats, _Axis], Floats]] = {
    "align_corners": _align_corners,
    "asymmetric": _asymmetric,
    "half_pixel": _half_pixel,
    "pytorch_half_pixel": _pytorch_half_pixel,
}

#: Below 0 the first pixel is taken, however it is rounded.
_ROUND: Mapping[str, Callable[[float], int]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "round_prefer_ceil": lambda position: math.floor(position + 0.5 + _NEAR),
    "round_prefer_floor": lambda position: math.ceil(position - 0.5 - _NEAR),
}


def _positions(transformation: str, axis: _Axis) -> Floats:
    """Where each output row or column lies among the input's, not limited to the image."""
    x = np.arange(axis.target, dtype=np.float32)
    return x if axis.scale == 1 else _COORDINATES[transformation](x, axis)


def _nearest(transformation: str, rounding: str, axis: _Axis) -> tuple[int, ...]:
    positions = _positions(transformation, axis)
    return tuple(min(max(_ROUND[rounding](float(position)), 0), axis.length - 1) for position in positions)


def _linear(transformation: str, axis: _Axis) -> tuple[ir.Between, ...]:
    last = axis.length - 1
    found = []
    for position in np.clip(_positions(transformation, axis), np.float32(0), np.float32(last)):
        low = int(position)
        high = min(low + 1, last)
        weights = (_HALF, _HALF) if low == high else (abs(position - np.float32(high)), abs(position - np.float32(low)))
        found.append(ir.Between(low, high, *weights))
    return tuple(found)
