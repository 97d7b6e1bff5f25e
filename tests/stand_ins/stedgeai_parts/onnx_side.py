"""What the stand-in reads of an ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


@dataclass(frozen=True)
class Tensor:
    """An input or output: NCHW shape, and its quantisation if it has one."""

    channels: int
    height: int
    width: int
    scale: float | None
    zero_point: int


@dataclass(frozen=True)
class Model:
    """The facts that the stand-in's output depends on."""

    name: str
    ir_version: int
    input: Tensor
    output: Tensor
    weights: bytes
    float_layers: tuple[str, ...]
    resizes: int
    convolutions: int


def read_model(path: Path) -> Model:
    """Read a QDQ model; the largest feature maps are not looked at."""
    proto = onnx.load(path)
    graph = proto.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    source = next(value for value in graph.input if value.name not in constants)
    sink = graph.output[0]
    quantize = next((n for n in graph.node if n.op_type == "QuantizeLinear" and source.name in n.input), None)
    dequantize = next((n for n in graph.node if n.op_type == "DequantizeLinear" and sink.name in n.output), None)
    made_by_dequantize = {name for n in graph.node if n.op_type == "DequantizeLinear" for name in n.output}
    heavy = [n for n in graph.node if n.op_type in ("Conv", "Gemm", "MatMul")]
    blob = b"".join(array.tobytes() for array in constants.values() if array.dtype in (np.int8, np.int32))
    return Model(
        name=path.stem,
        ir_version=proto.ir_version,
        input=_tensor(source, quantize, constants),
        output=_tensor(sink, dequantize, constants),
        weights=blob,
        float_layers=tuple(n.name or n.op_type for n in heavy if n.input[0] not in made_by_dequantize),
        resizes=sum(n.op_type == "Resize" for n in graph.node),
        convolutions=len(heavy),
    )


def _tensor(value: onnx.ValueInfoProto, node: onnx.NodeProto | None, constants: dict[str, np.ndarray]) -> Tensor:
    dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    _, channels, height, width = dims if len(dims) == 4 else (1, 1, 1, 1)
    if node is None:
        return Tensor(channels, height, width, None, 0)
    zero = constants[node.input[2]] if len(node.input) > 2 else np.int8(0)
    return Tensor(channels, height, width, float(constants[node.input[1]]), int(zero))
