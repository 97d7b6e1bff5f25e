"""Element-wise operators: functions of one activation become tables, operations of two become nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from n6gen.model import functions, ir
from n6gen.model.functions import Floats
from n6gen.model.importer import Function, Importer
from n6gen.model.quantisation import dequantised_constant
from n6gen.model.view import label, op_type

#: ONNX's operators of two tensors, and what the integer graph calls them.
_KINDS: Mapping[str, ir.BinaryKind] = {
    "Add": "add",
    "Max": "max",
    "Min": "min",
    "Mul": "mul",
    "Sub": "sub",
    "Sum": "add",
}


def import_unary(importer: Importer, node: NodeProto) -> None:
    """A function of one tensor."""
    unary = functions.UNARY[op_type(node)]
    given = importer.view.attributes(node, dict.fromkeys(unary.defaults, float))
    values = {key: np.float32(given.get(key, default)).item() for key, default in unary.defaults.items()}
    source = _function(importer, node, 0)
    _compose(importer, node, source, unary.compute(source.values, **values), exact=unary.exact)


def import_clip(importer: Importer, node: NodeProto) -> None:
    """Clip with constant limits, each of which may be left out."""
    importer.view.attributes(node, {})
    low, high = (_limit(importer, node, index) for index in (1, 2))
    source = _function(importer, node, 0)
    _compose(importer, node, source, functions.clip(source.values, low, high))


def import_binary(importer: Importer, node: NodeProto) -> None:
    """An operation of two tensors: an activation and a constant, two functions of one activation, or two activations.

    Raises InputError for anything else, and for shapes that one of the two would have to be repeated for unless it has
    a single row, column or channel there.
    """
    importer.view.attributes(node, {})
    if len(node.input) != 2:
        raise importer.view.error(f"{label(node)} has {len(node.input)} inputs; two are supported")
    compute = functions.BINARY[op_type(node)]
    constants = [_constant(importer, name) for name in node.input]
    if constants[0] is not None and constants[1] is not None:
        raise importer.view.error(f"{label(node)} has constant inputs only; fold it before quantising")
    for at, constant in enumerate(constants):
        if constant is not None:
            source = _function(importer, node, 1 - at)
            operand = _by_channel(importer, node, source, constant)
            values = (operand, source.values) if at == 0 else (source.values, operand)
            _compose(importer, node, source, _quietly(compute, *values))
            return
    left, right = (importer.functions.get(name) for name in node.input)
    if left is not None and right is not None and left.source is right.source:
        both = attrs.evolve(
            left, operators=(*left.operators, *right.operators), exact=left.exact and right.exact, flat=left.flat
        )
        _compose(importer, node, both, _quietly(compute, left.values, right.values))
        return
    _import_pair(importer, node)


def _import_pair(importer: Importer, node: NodeProto) -> None:
    kind = _KINDS.get(op_type(node))
    if kind is None:
        raise importer.view.error(f"{label(node)} has two activations; only one and a constant are supported")
    left, right = (importer.operand(node, index, flat=True) for index in (0, 1))
    flat = {left.name in importer.flat, right.name in importer.flat}
    size = tuple(map(max, left.shape, right.shape))
    pairs = [*zip(left.shape, size, strict=True), *zip(right.shape, size, strict=True)]
    if len(flat) != 1 or any(each not in (1, whole) for each, whole in pairs):
        raise importer.view.error(
            f"{label(node)} has operands of {left.words} and {right.words}, which do not fit each other"
        )
    out = importer.result(node, *size, flat=True in flat)
    name, inputs = importer.name(node), (left.name, right.name)
    if kind == "add" and left.shape == right.shape:
        importer.nodes.append(ir.Add(name, inputs, out.name))
    else:
        importer.nodes.append(ir.Binary(name, inputs, out.name, kind))


def _function(importer: Importer, node: NodeProto, index: int) -> Function:
    """What input `index` of `node` is a function of. Raises InputError if it is not one of a quantised activation."""
    name = node.input[index] if index < len(node.input) else ""
    function = importer.functions.get(name)
    if function is not None:
        return function
    importer.operand(node, index, flat=True)  # raises: it is no activation that is quantised
    raise AssertionError(name)


def _compose(importer: Importer, node: NodeProto, source: Function, values: Floats, *, exact: bool = True) -> None:
    """Say that `node` makes `values` of the activation behind `source`."""
    importer.functions[node.output[0]] = attrs.evolve(
        source,
        values=np.asarray(values, np.float32),
        operators=(*source.operators, op_type(node)),
        exact=source.exact and exact,
    )


def _quietly(compute: Any, *values: Floats) -> Floats:
    with np.errstate(all="ignore"):
        result: Floats = compute(*values)
    return result


def _constant(importer: Importer, name: str) -> npt.NDArray[Any] | None:
    """The float32 value of a constant, quantised or not; None for activations."""
    value = importer.view.constant(name)
    return dequantised_constant(importer.view, name) if value is None else value


def _by_channel(importer: Importer, node: NodeProto, source: Function, constant: npt.NDArray[Any]) -> Floats:
    """A constant operand as float32 [1 or channels, 1], to go with a function's values.

    Raises InputError if it has more than one value a channel, or more channels than the activation.
    """
    rank, channel = (2, 1) if source.flat else (4, 1)
    if constant.dtype != np.float32:
        raise importer.view.error(f"{label(node)} has a constant of type {constant.dtype}; float32 is needed")
    shape = (1,) * (rank - constant.ndim) + constant.shape
    plain = source.source.height == source.source.width == 1 or not source.flat
    wanted = [1, source.source.channels if plain else 1, 1, 1][:rank]
    if len(shape) != rank or any(size not in (1, want) for size, want in zip(shape, wanted, strict=True)):
        raise importer.view.error(
            f"{label(node)} has a constant of {list(constant.shape)} for {source.source.words}; one number, or one a "
            "channel, is supported"
        )
    return constant.reshape(shape[channel], 1)


def _limit(importer: Importer, node: NodeProto, index: int) -> float | None:
    name = node.input[index] if index < len(node.input) else ""
    if not name:
        return None
    value = _constant(importer, name)
    if value is None:
        raise importer.view.error(f"{label(node)}: its limit {name!r} must be a constant")
    if value.size != 1:
        raise importer.view.error(f"{label(node)}: its limit {name!r} must be one number, not {list(value.shape)}")
    return float(value.item())
