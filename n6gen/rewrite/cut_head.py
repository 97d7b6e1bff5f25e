"""Cut the network before its final Resize: the app's decode interpolates and takes the largest class in one step.

Precondition: the output is a linear, half-pixel Resize by whole factors that keeps its input's scale. Any other model
is left alone. Proof: what is left computes the same bytes, and `n6gen.decode`'s `rounded` of them is the arg max of
the whole network's quantised output (tests/rewrite/test_cut_head.py).
"""

from __future__ import annotations

import attrs
import numpy as np
import onnx
from onnx import TensorProto, helper

from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.prune import drop_unused_domains, prune
from n6gen.model.quantisation import DEQUANTIZE
from n6gen.model.view import View, op_type

NAME = "cut_head"


@attrs.frozen
class Head:
    """What was cut off: a Resize by (factor_h, factor_w) of `classes` logits with this scale and zero point."""

    factor_h: int
    factor_w: int
    classes: int
    scale: np.float32
    zero_point: int


def cut_head(proto: onnx.ModelProto) -> tuple[onnx.ModelProto, Head | None]:
    """A copy of a QDQ model that ends with the logits before its final Resize, and what was cut off.

    The copy keeps names, IR version and opset; what only the head used is gone. A model without such a head comes back
    as it is, with None. Raises InputError if `proto` is not a QDQ model.
    """
    graph = import_qdq(proto)
    resize = next((node for node in graph.nodes if node.output == graph.output), None)
    if not isinstance(resize, ir.Resize):
        return proto, None
    logits = graph.tensors[resize.inputs[0]]
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    view = View(result, "model")
    dequantized = _dequantized(view, logits.name)
    batch = result.graph.output[0].type.tensor_type.shape.dim
    first: str | int = (batch[0].dim_param or batch[0].dim_value or "N") if batch else "N"
    shape = [first, logits.channels, logits.height, logits.width]
    del result.graph.output[:]
    result.graph.output.append(helper.make_tensor_value_info(dequantized, TensorProto.FLOAT, shape))
    prune(result)
    drop_unused_domains(result)
    for value in [value for value in result.graph.value_info if value.name == dequantized]:
        result.graph.value_info.remove(value)
    height, width = resize.factors
    return result, Head(height, width, logits.channels, logits.scale, logits.zero_point)


def _dequantized(view: View, quantised: str) -> str:
    """The float tensor that the first DequantizeLinear behind `quantised` makes."""
    return next(str(node.output[0]) for node in view.readers(quantised) if op_type(node) == DEQUANTIZE)
