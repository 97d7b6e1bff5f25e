"""Cut the network behind any of its layers, to look at what that layer makes where nobody can look inside.

Precondition: the model itself has the tensor between a QuantizeLinear and a DequantizeLinear, with rank 4. Proof: what
is left computes the same bytes (tests/rewrite/test_cut_at.py).
"""

from __future__ import annotations

import difflib

import attrs
import onnx

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.loader import Model
from n6gen.model.quantisation import QUANTIZE
from n6gen.model.view import View, op_type
from n6gen.rewrite.end_at import dequantised, end_at

NAME = "cut-at"


@attrs.frozen(eq=False)
class Cut:
    """A place to cut: `tensor` becomes the output, `node` makes it.

    `trunk`: every path from the input to the output goes through it, so all that comes later is made of it alone.
    """

    tensor: ir.Tensor
    node: ir.Node
    trunk: bool


def cuts(proto: onnx.ModelProto, graph: ir.Graph) -> tuple[Cut, ...]:
    """Where a QDQ model, which means `graph`, can be cut: in order of execution, without its input and its output."""
    view, trunk = View(proto, "model"), _trunk(graph)
    return tuple(
        Cut(graph.tensors[node.output], node, node.output in trunk)
        for node in graph.nodes
        if node.output not in {graph.output, *graph.flat} and _is_there(view, node.output)
    )


def cut_at(model: Model, name: str) -> Model:
    """The model up to the quantised tensor `name`, which becomes its output. Raises InputError if it cannot end there.

    The file's path and hash stay those of the whole model.
    """
    found = {cut.tensor.name: cut.tensor for cut in cuts(model.proto, model.graph)}
    if name not in found:
        close = difflib.get_close_matches(name, found, n=1)
        raise InputError(
            f"{model.path}: cannot be cut at {name!r}",
            *([f"Did you mean {close[0]}?"] if close else []),
            "`n6gen model show --cuts` lists the tensors at which a model can be cut.",
        )
    proto = end_at(model.proto, found[name])
    graph = import_qdq(proto, str(model.path))
    return attrs.evolve(model, proto=proto, graph=graph, rewrites=(*model.rewrites, NAME))


def _is_there(view: View, name: str) -> bool:
    """Whether the model has the tensor as it is written, not only in the form that the importer brings it to."""
    maker = view.producer(name)
    return maker is not None and op_type(maker) == QUANTIZE and dequantised(view, name) is not None


def _trunk(graph: ir.Graph) -> set[str]:
    """The tensors that no edge passes by: all nodes are on a path to the output, in order."""
    place = {graph.input: 0} | {node.output: index for index, node in enumerate(graph.nodes, 1)}
    passed = {
        at for index, node in enumerate(graph.nodes, 1) for name in node.inputs for at in range(place[name] + 1, index)
    }
    return {name for name, at in place.items() if at not in passed}
