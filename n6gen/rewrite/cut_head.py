"""Cut the network before its final Resize: the app's decode interpolates and takes the largest class in one step.

Precondition: the output is a linear, half-pixel Resize by whole factors that keeps its input's scale. Any other model
is left alone. Proof: what is left computes the same bytes, and `n6gen.decode`'s `rounded` of them is the arg max of
the whole network's quantised output (tests/rewrite/test_cut_head.py).
"""

from __future__ import annotations

import attrs
import numpy as np
import onnx

from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.rewrite.end_at import end_at

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
    height, width = resize.factors
    head = Head(height, width, logits.channels, logits.scale, logits.zero_point)
    return end_at(proto, logits), head
