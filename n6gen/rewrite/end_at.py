"""What every cut does: another tensor becomes the model's output."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from n6gen.model import ir
from n6gen.model.prune import drop_unused_domains, prune
from n6gen.model.quantisation import DEQUANTIZE
from n6gen.model.view import View, op_type


def end_at(proto: onnx.ModelProto, tensor: ir.Tensor) -> onnx.ModelProto:
    """A copy of a QDQ model that ends with the first DequantizeLinear behind `tensor`, which has rank 4.

    The copy keeps names, IR version, opset and the batch; what only the rest of the network used is gone.
    """
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    output = dequantised(View(result, "model"), tensor.name)
    assert output is not None  # noqa: S101 - the caller has seen it
    batch = result.graph.output[0].type.tensor_type.shape.dim
    first: str | int = (batch[0].dim_param or batch[0].dim_value or "N") if batch else "N"
    shape = [first, tensor.channels, tensor.height, tensor.width]
    del result.graph.output[:]
    result.graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, shape))
    prune(result)
    drop_unused_domains(result)
    for value in [value for value in result.graph.value_info if value.name == output]:
        result.graph.value_info.remove(value)
    return result


def dequantised(view: View, quantised: str) -> str | None:
    """The float tensor that the first DequantizeLinear behind the tensor `quantised` makes, None if there is none."""
    makers = (str(node.output[0]) for node in view.readers(quantised) if op_type(node) == DEQUANTIZE)
    return next(makers, None)
