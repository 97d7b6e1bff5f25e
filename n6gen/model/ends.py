"""What stands at a model's ends and the app does itself: views of the picture, Softmax, ArgMax, views of the mask.

Cut off, if it is there:

* in front, a Transpose that brings channels from the end to their place: all tensors have their channels last here;
* behind the logits, operators that leave the order of each pixel's classes as it is, then perhaps one ArgMax over the
  classes, in either order of axes.

Any other model is left alone. Proof: Softmax is monotone in each pixel, and the app takes the largest logit, of equal
ones the lowest class, as ArgMax does. Only where a Softmax is quantised, and two classes become equal by that, the app
still knows which one is larger.
"""

from __future__ import annotations

import onnx
from onnx import NodeProto, TensorProto, helper

from n6gen.model.normalise import normalise
from n6gen.model.prune import drop_unused_domains, prune
from n6gen.model.quantisation import DEQUANTIZE, QUANTIZE
from n6gen.model.view import View, op_type

#: Behind logits, and behind an ArgMax only.
_MONOTONE, _AFTER = ("LogSoftmax", "Softmax"), ("Cast", "Squeeze", "Unsqueeze")

_TAIL = (*_MONOTONE, *_AFTER, "ArgMax", "Identity", "Transpose", QUANTIZE, DEQUANTIZE)

#: Channels to the end, and back.
_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def cut_ends(proto: onnx.ModelProto, where: str = "model") -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """A copy of a QDQ model, from [batch, channels, height, width] to its logits, and the names of what was cut off.

    The names are "cut-" and the operator, in the model's order. A model with nothing to cut comes back as it is.
    `where` (a file name) begins every message. Raises InputError only if the model breaks a rule that ONNX itself sets.
    """
    result = normalise(proto, where)
    cut = _cut_front(View(result, where)) + _cut_tail(View(result, where))
    if not cut:
        return proto, ()
    prune(result)
    drop_unused_domains(result)
    return result, tuple(f"cut-{op_type(node).lower()}" for node in cut)


def _cut_front(view: View) -> list[NodeProto]:
    """Take a Transpose behind the input away, in place; it, if there was one."""
    inputs = view.inputs()
    tensor = inputs[0].name if len(inputs) == 1 else ""
    passed: set[str] = set()
    while tensor not in passed and len(view.readers(tensor)) == 1:
        passed.add(tensor)
        (node,) = view.readers(tensor)
        if op_type(node) == "Transpose" and _perm(view, node) == _TO_FIRST:
            return [node] if _turn(inputs[0]) and _bypass(view, node) else []
        if op_type(node) not in (QUANTIZE, DEQUANTIZE):
            break
        tensor = node.output[0]
    return []


def _turn(value: onnx.ValueInfoProto) -> bool:
    """Bring the channels of an input's shape to the front, in place; whether it has rank 4."""
    shape = value.type.tensor_type.shape
    if len(shape.dim) != 4:
        return False
    turned = [shape.dim[axis].SerializeToString() for axis in _TO_FIRST]
    del shape.dim[:]
    shape.dim.extend(map(onnx.TensorShapeProto.Dimension.FromString, turned))
    return True


def _bypass(view: View, node: NodeProto) -> bool:
    """Have the readers of what `node` makes read what it reads, in place."""
    for reader in view.readers(node.output[0]):
        reader.input[:] = [node.input[0] if name == node.output[0] else name for name in reader.input]
    del view.graph.value_info[:]  # the shapes before the node were others
    return True


def _cut_tail(view: View) -> list[NodeProto]:
    """Make the logits the output, in place; what stood behind them, if that can be cut off."""
    if len(view.graph.output) != 1:
        return []
    nodes = _behind_logits(view, view.graph.output[0].name)
    cut = [node for node in nodes if op_type(node) not in (QUANTIZE, DEQUANTIZE, "Identity")]
    if not cut or not _keeps_order(view, nodes):
        return []
    logits = nodes[0].output[0]
    shape = ["batch", "classes", "height", "width"]
    del view.graph.output[:]
    view.graph.output.append(helper.make_tensor_value_info(logits, TensorProto.FLOAT, shape))
    for value in [value for value in view.graph.value_info if value.name == logits]:
        view.graph.value_info.remove(value)
    return cut


def _behind_logits(view: View, output: str) -> list[NodeProto]:
    """The nodes from the DequantizeLinear that makes the logits to the output, in order; none if there is no such."""
    chain: list[NodeProto] = []
    node = view.producer(output)
    while node is not None and op_type(node) in _TAIL and node not in chain:
        chain.append(node)
        node = view.producer(node.input[0]) if node.input else None
    chain.reverse()
    # What quantises the logits belongs to them.
    if chain and op_type(chain[0]) == QUANTIZE:
        chain = chain[1:]
    return chain if chain and op_type(chain[0]) == DEQUANTIZE else []


def _keeps_order(view: View, nodes: list[NodeProto]) -> bool:
    """Whether each node leaves the order of a pixel's classes or takes the largest, and only the next one reads it."""
    classes: int | None = 1
    for node in nodes:
        kind = op_type(node)
        if len(view.readers(node.output[0])) > 1:
            return False
        if kind == "Transpose":
            if (classes, _perm(view, node)) not in ((1, _TO_LAST), (3, _TO_FIRST)):
                return False
            classes = 3 if classes == 1 else 1
        elif kind in _MONOTONE or kind == "ArgMax":
            attributes = view.attributes(node, dict.fromkeys(("axis", "keepdims", "select_last_index"), int))
            axis = attributes.get("axis", 0 if kind == "ArgMax" else -1)
            if classes is None or axis % 4 != classes or attributes.get("select_last_index"):
                return False
            classes = None if kind == "ArgMax" else classes
        elif kind in _AFTER and classes is not None:
            return False
    return True


def _perm(view: View, node: NodeProto) -> tuple[int, ...]:
    return tuple(view.attributes(node, {"perm": list}).get("perm", ()))
