"""One function an ONNX operator: check what the node asks for and add its integer form to the import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.conv import import_conv
from n6gen.model.elementwise import import_binary, import_clip, import_unary
from n6gen.model.functions import BINARY, UNARY
from n6gen.model.importer import Importer, ImportOperator
from n6gen.model.pooling import import_average_pool, import_global_pool, import_max_pool, import_reduce_mean
from n6gen.model.quantisation import DEQUANTIZE, constant_behind
from n6gen.model.view import label, op_type


def _import_concat(importer: Importer, node: NodeProto) -> None:
    axis = importer.view.attributes(node, {"axis": int}).get("axis")
    sources = [importer.operand(node, index) for index in range(len(node.input))]
    if axis not in (1, -3):
        raise importer.view.error(f"{label(node)} joins along axis {axis}; only channels (axis 1) are supported")
    if len({(source.height, source.width) for source in sources}) != 1:
        raise importer.view.error(f"{label(node)} joins tensors of {', '.join(each.words for each in sources)}")
    out = importer.result(node, sources[0].height, sources[0].width, sum(source.channels for source in sources))
    importer.nodes.append(ir.Concat(importer.name(node), tuple(source.name for source in sources), out.name))


def _import_pad(importer: Importer, node: NodeProto) -> None:
    mode = importer.view.attributes(node, {"mode": str}).get("mode", "constant")
    source = importer.operand(node, 0)
    if mode != "constant":
        raise importer.view.error(f"{label(node)} pads in mode {mode!r}; only 'constant' is supported")
    if _pad_value(importer, node) != 0:
        raise importer.view.error(f"{label(node)} pads with {_pad_value(importer, node)}; only 0.0 is supported")
    pads = _pads(importer, node)
    if min(pads) < 0 or any(pads[axis] for axis in (0, 1, 4, 5)):
        raise importer.view.error(f"{label(node)} has pads {pads}; only height and width can grow")
    _, _, top, left, _, _, bottom, right = pads
    out = importer.result(node, source.height + top + bottom, source.width + left + right, source.channels)
    importer.same_scale(node, source, out)
    importer.nodes.append(ir.Pad(importer.name(node), (source.name,), out.name, (top, left, bottom, right)))


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
    producer = importer.view.producer(name)
    if producer is not None and op_type(producer) == DEQUANTIZE:
        behind = constant_behind(importer.view, producer)
        if behind is not None and behind.values.size == 1 and behind.scale.size == 1:
            return float(behind.scale.item() * (int(behind.values.item()) - int(behind.zero_point.item())))
    value = importer.constant(node, 2)
    return 0.0 if value is None else _scalar(importer, node, value)


def _import_resize(importer: Importer, node: NodeProto) -> None:
    _check_resize(importer, node)
    source = importer.operand(node, 0)
    scales, sizes = importer.constant(node, 2), importer.constant(node, 3)
    shape = (1, source.channels, source.height, source.width)
    if sizes is not None and sizes.size == 4:
        factors = [float(size) / old for size, old in zip(sizes.flat, shape, strict=True)]
    elif scales is not None and scales.size == 4:
        factors = [float(scale) for scale in scales.flat]
    else:
        raise importer.view.error(f"{label(node)} needs four constant scales or sizes")
    if factors[:2] != [1.0, 1.0] or not all(factor >= 1 and factor.is_integer() for factor in factors):
        raise importer.view.error(
            f"{label(node)} resizes by {factors}; only whole factors of height and width are supported"
        )
    height, width = int(factors[2]), int(factors[3])
    out = importer.result(node, source.height * height, source.width * width, source.channels)
    importer.same_scale(node, source, out)
    importer.nodes.append(ir.Resize(importer.name(node), (source.name,), out.name, (height, width)))


#: Attributes of Resize that must have this value, which is also their default unless it is the first two.
_RESIZE = {
    "mode": "linear",
    "coordinate_transformation_mode": "half_pixel",
    "antialias": 0,
    "exclude_outside": 0,
    "keep_aspect_ratio_policy": "stretch",
}


def _check_resize(importer: Importer, node: NodeProto) -> None:
    known = {key: type(value) for key, value in _RESIZE.items()}
    # These concern other modes only.
    known |= {"cubic_coeff_a": float, "extrapolation_value": float, "nearest_mode": str}
    defaults = {**_RESIZE, "mode": "nearest"}
    given = {**defaults, **importer.view.attributes(node, known)}
    for key, wanted in _RESIZE.items():
        if given[key] != wanted:
            raise importer.view.error(f"{label(node)} has {key} {given[key]!r}; only {wanted!r} is supported")


def _import_view(importer: Importer, node: NodeProto) -> None:
    source = importer.operand(node, 0, flat=True)
    old = [1, source.channels] if source.name in importer.flat else [1, source.channels, source.height, source.width]
    new = _VIEWS[op_type(node)](importer, node, old)
    if new not in (old, [1, source.channels], [1, source.channels, 1, 1]) or np.prod(new) != source.size:
        raise importer.view.error(f"{label(node)} turns {old} into {new}; only [1, channels, 1, 1] can be viewed anew")
    out = importer.result(node, source.height, source.width, source.channels)
    importer.same_scale(node, source, out)
    if len(new) == 2:
        importer.flat.add(out.name)
    importer.nodes.append(ir.Same(importer.name(node), (source.name,), out.name))


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


def _axes(axes: np.ndarray[Any, Any], rank: int) -> set[int]:
    return {int(axis) + rank if axis < 0 else int(axis) for axis in axes.flat}


def _scalar(importer: Importer, node: NodeProto, value: np.ndarray[Any, Any]) -> float:
    if value.size != 1 or value.dtype.kind not in "fi":
        raise importer.view.error(f"{label(node)}: a single number is needed, not {value.dtype}{list(value.shape)}")
    return float(value.item())


_VIEWS: dict[str, Callable[[Importer, NodeProto, list[int]], list[int]]] = {
    "Reshape": _reshaped,
    "Squeeze": _squeezed,
    "Unsqueeze": _unsqueezed,
}

#: What a quantised model may consist of, besides QuantizeLinear, DequantizeLinear and Constant.
OPERATORS: dict[str, ImportOperator] = {
    **dict.fromkeys(BINARY, import_binary),
    **dict.fromkeys(UNARY, import_unary),
    "Clip": import_clip,
    "Concat": _import_concat,
    "Conv": import_conv,
    "AveragePool": import_average_pool,
    "GlobalAveragePool": import_global_pool,
    "GlobalMaxPool": import_global_pool,
    "MaxPool": import_max_pool,
    "ReduceMean": import_reduce_mean,
    "Pad": _import_pad,
    "Resize": _import_resize,
    **dict.fromkeys(_VIEWS, _import_view),
}
