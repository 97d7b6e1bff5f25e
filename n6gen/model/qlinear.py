"""The QLinearConv form: each DequantizeLinear, Conv, QuantizeLinear as the one integer operator that ONNX defines.

A QDQ model leaves open how its convolutions add up in float; QLinearConv does not, so this form is the yardstick of
what a network computes. All other operators stay as they are, except:

* Where a bias is so large that onnxruntime's QLinearConv could wrap around, the bias is added in 64 bits; the sum is
  multiplied and rounded as QLinearConv says.
* Gemm and MatMul are convolutions of one pixel, ConvTranspose is one of its input with zeros between the pixels.
* ReduceMean, whose order of adding depends on where in memory a channel begins, is the GlobalAveragePool it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.normalise import normalise
from n6gen.model.prune import prune
from n6gen.model.view import View, op_type


def to_qlinear(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a QDQ model, as `import_qdq` accepts it, with Conv as QLinearConv; in `normalise` form.

    Tensors keep their names. Raises nothing that `import_qdq` would not.
    """
    result = normalise(proto)
    view = View(result, "model")
    nodes = view.needed()
    transposed = _transposed(proto) if any(op_type(node) == "ConvTranspose" for node in nodes) else {}
    for node in nodes:
        if op_type(node) == "Conv":
            _rewrite(view, node)
        elif op_type(node) in ("Gemm", "MatMul"):
            _rewrite_product(view, node)
        elif op_type(node) == "ConvTranspose":
            _rewrite_transposed(view, node, *transposed[view.readers(node.output[0])[0].output[0]])
        elif op_type(node) == "ReduceMean":
            _rewrite_mean(view, node)
    wide = View(result, "model")
    for node in wide.needed():
        if op_type(node) == "QLinearConv" and _may_wrap(wide, node):
            _widen(wide, node)
    prune(result)
    return result


def _rewrite(view: View, conv: NodeProto) -> None:
    """Make `conv` a QLinearConv in place; the Q behind it loses its reader and its result."""
    quantize = view.readers(conv.output[0])[0]
    made = quantize.output[0]
    inputs = [*_quantised(view, conv.input[0]), *_quantised(view, conv.input[1]), *quantize.input[1:3]]
    if len(conv.input) > 2 and conv.input[2]:
        inputs.append(_quantised(view, conv.input[2])[0])
    quantize.output[0] = f"{made} (unused)"
    conv.op_type = "QLinearConv"
    del conv.input[:], conv.output[:]
    conv.input.extend(inputs)
    conv.output.append(made)


def _rewrite_product(view: View, node: NodeProto) -> None:
    """Make a Gemm or MatMul a QLinearConv of one pixel in place, with views around it."""
    turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    del node.attribute[:]
    _rewrite(view, node)
    made = node.output[0]
    values = view.constant(node.input[3])
    matrix = np.zeros((0, 0), np.int8) if values is None else values if turned else values.T
    _replace(view, node, 3, matrix[:, :, None, None])
    if len(node.input) > 8:
        bias = view.constant(node.input[8])
        _replace(view, node, 8, np.zeros(0, np.int32) if bias is None else bias.reshape(-1))
    pixel = _add(view, "Unsqueeze", [node.input[0], _constant(view, f"{made} axes", [2, 3])], f"{made} (pixel)")
    node.input[0] = pixel
    node.output[0] = f"{made} (with axes)"
    _add(view, "Flatten", [node.output[0]], made, axis=1)


def _transposed(proto: onnx.ModelProto) -> Mapping[str, tuple[ir.ConvTranspose, ir.Tensor, ir.Tensor]]:
    """The transposed convolutions by what they make, with their input and output."""
    graph = import_qdq(proto)
    nodes = [node for node in graph.nodes if isinstance(node, ir.ConvTranspose)]
    return {node.output: (node, graph.tensors[node.inputs[0]], graph.tensors[node.output]) for node in nodes}


def _rewrite_transposed(
    view: View, node: NodeProto, convolution: ir.ConvTranspose, source: ir.Tensor, out: ir.Tensor
) -> None:
    """Make a ConvTranspose in place a QLinearConv of its input with rows and columns of zeros between the pixels."""
    _rewrite(view, node)
    made, zero = node.output[0], node.input[2]
    (down, along), (_, rows, columns, _) = convolution.strides, convolution.weights.shape
    shape = [1, source.channels, source.height, 1, source.width, 1]
    x = _add(view, "Reshape", [node.input[0], _constant(view, f"{made} apart", shape)], f"{made} (apart)")
    pads = [0] * 9 + [down - 1, 0, along - 1]
    x = _add(view, "Pad", [x, _constant(view, f"{made} between", pads), zero], f"{made} (between)")
    shape = [1, source.channels, source.height * down, source.width * along]
    x = _add(view, "Reshape", [x, _constant(view, f"{made} together", shape)], f"{made} (together)")
    pads = [0] * 8
    for axis, (size, taps) in enumerate(zip(shape[2:], (rows, columns), strict=True)):
        span = convolution.dilations[axis] * (taps - 1)
        pads[2 + axis] = span - convolution.pads[axis]
        pads[6 + axis] = out.shape[axis] + span - size - pads[2 + axis]
    node.input[0] = _add(view, "Pad", [x, _constant(view, f"{made} around", pads), zero], f"{made} (around)")
    _replace(view, node, 3, convolution.weights[:, ::-1, ::-1].transpose(0, 3, 1, 2))
    scale = view.constant(node.input[4])
    if scale is not None and scale.size != 1:
        _replace(view, node, 4, convolution.weight_scale)
        _replace(view, node, 5, np.zeros(len(convolution.weights), np.int8))
    del node.attribute[:]
    node.attribute.extend(
        helper.make_attribute(key, value)
        for key, value in (("dilations", list(convolution.dilations)), ("group", convolution.groups))
    )


def _may_wrap(view: View, node: NodeProto) -> bool:
    """Whether a sum of this QLinearConv could leave int32."""
    weights = view.constant(node.input[3])
    bias = view.constant(node.input[8]) if len(node.input) > 8 else None
    if weights is None or bias is None:
        return False
    reach = 255 * np.abs(weights.astype(np.int64)).sum(axis=(1, 2, 3))
    return bool(np.any(reach + np.abs(bias.astype(np.int64)) >= 2**31))


def _widen(view: View, node: NodeProto) -> None:
    """Write a QLinearConv as its parts, in place, the bias added in 64 bits."""
    made = node.output[0]
    x, x_scale, x_zero, w, w_scale, _, y_scale, y_zero, bias = node.input
    by, of_weights, to, values = (_value(view, name) for name in (x_scale, w_scale, y_scale, bias))
    multiplier = np.broadcast_to((by * of_weights).astype(np.float32) / to, values.shape)
    constants = {
        "zero": np.array(0, np.int8),
        "bias": values.astype(np.int64).reshape(1, -1, 1, 1),
        "multiplier": multiplier.astype(np.float32).reshape(1, -1, 1, 1),
        "one": np.array(1, np.float32),
    }
    for key, array in constants.items():
        view.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), f"{made} {key}"))
    node.op_type = "ConvInteger"
    del node.input[:]
    node.input.extend([x, w, x_zero, f"{made} zero"])
    node.output[0] = f"{made} (products)"
    sums = _add(view, "Cast", [node.output[0]], f"{made} (wide)", to=TensorProto.INT64)
    sums = _add(view, "Add", [sums, f"{made} bias"], f"{made} (sums)")
    real = _add(view, "Cast", [sums], f"{made} (float)", to=TensorProto.FLOAT)
    steps = _add(view, "Mul", [real, f"{made} multiplier"], f"{made} (steps)")
    _add(view, "QuantizeLinear", [steps, f"{made} one", y_zero], made)


def _value(view: View, name: str) -> np.ndarray:
    """A constant, which the importer has made sure of."""
    value = view.constant(name)
    assert value is not None  # noqa: S101 - see above
    return value


def _rewrite_mean(view: View, node: NodeProto) -> None:
    """Make `node` a GlobalAveragePool in place; the axes it leaves out go behind it."""
    keeps = view.attributes(node, {"axes": list, "keepdims": int, "noop_with_empty_axes": int}).get("keepdims", 1)
    made = node.output[0]
    node.op_type = "GlobalAveragePool"
    del node.input[1:], node.attribute[:]
    if not keeps:
        node.output[0] = f"{made} (with axes)"
        _add(view, "Flatten", [node.output[0]], made, axis=1)


def _add(view: View, kind: str, inputs: list[str], made: str, **attributes: Any) -> str:
    view.graph.node.append(helper.make_node(kind, inputs, [made], **attributes))
    return made


def _constant(view: View, name: str, values: list[int]) -> str:
    view.graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name


def _replace(view: View, node: NodeProto, index: int, array: np.ndarray) -> None:
    """Give `node` another constant, its own, for input `index`."""
    name = f"{node.output[0]} (input {index})"
    view.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    node.input[index] = name


def _quantised(view: View, tensor: str) -> list[str]:
    """Names of the quantised tensor, its scale and its zero point behind a dequantised one."""
    dequantize = view.producer(tensor)
    names = list(dequantize.input) if dequantize is not None else []
    if len(names) > 2 and names[2]:
        return names[:3]
    # Left out, it is zero; QLinearConv wants it said.
    scale = view.constant(names[1])
    zero = np.zeros(() if scale is None else scale.shape, np.int8)
    name = f"{names[0]} (zero point)"
    view.graph.initializer.append(numpy_helper.from_array(zero, name))
    return [*names[:2], name]
