"""QDQ models written in one way: nothing between an operator and its quantisation that could as well stand behind it.

Quantisers leave operators that only choose among values (Relu, Clip, MaxPool, Reshape …) between another operator and
its QuantizeLinear. As quantising is monotone and element-wise, each of them may trade places with it: the same Q and DQ
are put in front too, and not one byte of the model's quantised tensors changes.
"""

from __future__ import annotations

import onnx
from onnx import NodeProto, helper

from n6gen.model.functions import BINARY, UNARY
from n6gen.model.prune import prune
from n6gen.model.quantisation import DEQUANTIZE, QUANTIZE, constant_behind
from n6gen.model.view import View, op_type

#: Operators that quantising may trade places with, and how many of their inputs are tensors of values (0: all).
_COMMUTING = {
    "Clip": 1,
    "Concat": 0,
    "Flatten": 1,
    "MaxPool": 1,
    "Relu": 1,
    "Reshape": 1,
    "Squeeze": 1,
    "Transpose": 1,
    "Unsqueeze": 1,
}

#: Operators that do nothing when a network is used.
_NOTHING = ("Identity", "Dropout")


def normalise(proto: onnx.ModelProto, where: str = "model") -> onnx.ModelProto:
    """A copy of `proto` that computes the same quantised tensors, under the same names, and some more.

    Operators that do nothing are gone. `where` (a file name) begins every message. Raises InputError only if the
    graph breaks a rule that ONNX itself sets.
    """
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    _bypass(View(result, where))
    while _trade_places(result, where):
        pass
    return result


def _bypass(view: View) -> None:
    """Have the readers of nodes that do nothing read what those read."""
    outputs = {value.name for value in view.graph.output}
    for node in view.needed():
        if op_type(node) in _NOTHING and node.input and node.output[0] not in outputs:
            for reader in view.readers(node.output[0]):
                for index, name in enumerate(reader.input):
                    if name == node.output[0]:
                        reader.input[index] = node.input[0]


def _trade_places(proto: onnx.ModelProto, where: str) -> bool:
    """Put Q and DQ in front of every commuting operator that stands right before a Q. Whether there was one."""
    view = View(proto, where)
    added: list[NodeProto] = []
    for quantize in view.needed():
        node = view.producer(quantize.input[0]) if op_type(quantize) == QUANTIZE and quantize.input else None
        if node is None or op_type(node) not in _COMMUTING or len(view.readers(node.output[0])) != 1:
            continue
        count = _COMMUTING[op_type(node)] or len(node.input)
        for index, name in enumerate(node.input[:count]):
            if len(set(map(id, view.readers(name)))) == 1 and _is_result(view, name):
                pair = [f"{name} (quantised)", f"{name} (dequantised)"]
                if not any(pair[1] in other.output for other in added):
                    added.append(helper.make_node(QUANTIZE, [name, *quantize.input[1:]], pair[:1]))
                    added.append(helper.make_node(DEQUANTIZE, [pair[0], *quantize.input[1:]], pair[1:]))
                node.input[index] = pair[1]
    proto.graph.node.extend(added)
    if added:
        prune(proto)
    return bool(added)


def _is_result(view: View, tensor: str) -> bool:
    """Whether `tensor` is computed, and not just an element-wise function of one activation."""
    producer = view.producer(tensor)
    if producer is None or op_type(producer) in (DEQUANTIZE, QUANTIZE, "Constant"):
        return False
    return _activation(view, tensor) is None


def _activation(view: View, tensor: str) -> str | None:
    """The one quantised activation that `tensor` is an element-wise function of."""
    found: set[str | None] = set()
    stack, seen = [tensor], set()
    while stack:
        name = stack.pop()
        node = view.producer(name)
        if name in seen or view.is_constant(name):
            continue
        seen.add(name)
        if node is not None and op_type(node) == DEQUANTIZE:
            if constant_behind(view, node) is None:
                found.add(node.input[0])
        elif node is not None and op_type(node) in (*UNARY, *BINARY, "Clip"):
            stack.extend(filter(None, node.input))
        else:
            found.add(None)
    return found.pop() if len(found) == 1 else None
