"""The QLinearConv form: each DequantizeLinear, Conv, QuantizeLinear as the one integer operator that ONNX defines.

A QDQ model leaves open how its convolutions add up in float; QLinearConv does not, so this form is the yardstick of
what a network computes. ReduceMean, whose order of adding depends on where in memory a channel begins, is written as
the GlobalAveragePool that it means. All other operators stay as they are.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

from n6gen.model.normalise import normalise
from n6gen.model.prune import prune
from n6gen.model.view import View, op_type


def to_qlinear(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a QDQ model, as `import_qdq` accepts it, with every Conv as a QLinearConv; in `normalise` form.

    Tensors keep their names. Raises nothing that `import_qdq` would not.
    """
    result = normalise(proto)
    view = View(result, "model")
    for node in view.needed():
        if op_type(node) == "Conv":
            _rewrite(view, node)
        elif op_type(node) == "ReduceMean":
            _rewrite_mean(view, node)
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


def _rewrite_mean(view: View, node: NodeProto) -> None:
    """Make `node` a GlobalAveragePool in place; the axes it leaves out go behind it."""
    keeps = view.attributes(node, {"axes": list, "keepdims": int, "noop_with_empty_axes": int}).get("keepdims", 1)
    made = node.output[0]
    node.op_type = "GlobalAveragePool"
    del node.input[1:], node.attribute[:]
    if not keeps:
        node.output[0] = f"{made} (with axes)"
        view.graph.node.append(helper.make_node("Flatten", [node.output[0]], [made], axis=1))


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
