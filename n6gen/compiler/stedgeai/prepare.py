"""The ONNX that `stedgeai` is given: the model without its last upsampling, and without what only disturbs the tool."""

from __future__ import annotations

import attrs
import onnx
from onnx import TensorProto

from n6gen.compiler.network import Head
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.loader import Model
from n6gen.model.prune import drop_unused_domains
from n6gen.rewrite import cut_head

_BYTES_PER_ELEMENT = {TensorProto.INT8: 1, TensorProto.UINT8: 1, TensorProto.INT32: 4}


@attrs.frozen(eq=False)
class Prepared:
    """`data` is the ONNX file, `head` what was cut off, `graph` what is left.

    `parameter_bytes` is what the quantised weights and biases take: a network much larger than that is not quantised.
    """

    data: bytes
    head: Head | None
    graph: ir.Graph
    parameter_bytes: int


def prepare(model: Model, *, keep_head: bool) -> Prepared:
    """Rewrite a model for the tool. IR version and opset stay the model's own; the same model gives the same bytes.

    `keep_head` leaves a last upsampling in. Raises InputError if the model cannot be understood.
    """
    proto, graph, head = model.proto, model.graph, None
    if not keep_head:
        proto, cut = cut_head(proto)
        if cut is not None:
            head = Head(cut.factor_h, cut.factor_w, cut.classes, float(cut.scale), cut.zero_point)
            graph = import_qdq(proto, str(model.path))
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    drop_unused_domains(result)
    return Prepared(result.SerializeToString(deterministic=True), head, graph, _parameter_bytes(result))


def _parameter_bytes(proto: onnx.ModelProto) -> int:
    total = 0
    for tensor in proto.graph.initializer:
        elements = 1
        for size in tensor.dims:
            elements *= size
        total += elements * _BYTES_PER_ELEMENT.get(tensor.data_type, 0)
    return total
