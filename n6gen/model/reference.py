"""What a network computes on the host, in onnxruntime: as integers, exactly, and as onnxruntime runs the QDQ model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.lookup import look_up
from n6gen.model.prune import prune
from n6gen.model.qlinear import to_qlinear

#: Errors only: what onnxruntime warns about (initializers, shapes) has been checked or does not matter here.
_ERRORS = 3


class IntegerReference:
    """The network of a QDQ model in ONNX's integer semantics (QLinearConv). The same bytes on every machine.

    Functions that onnxruntime approximates in a way of its own (Sigmoid and the like) come from the graph's tables.
    """

    def __init__(self, proto: onnx.ModelProto) -> None:
        """Prepare `proto`. Raises InputError if it is no QDQ model or onnxruntime refuses it."""
        self.graph = import_qdq(proto)
        form = to_qlinear(proto)
        look_up(
            form, [node for node in self.graph.nodes if isinstance(node, ir.Map) and not node.exact], self.graph.flat
        )
        self._proto = _unsigned(form)
        self._sessions: dict[tuple[str, ...], onnxruntime.InferenceSession] = {}

    def logits(self, image: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """The quantised output, int8 [height, width, classes], for a quantised input, int8 [height, width, 3]."""
        return self._run(image, [self.graph.output])[self.graph.output]

    def tensors(self, image: npt.NDArray[np.int8]) -> Mapping[str, npt.NDArray[np.int8]]:
        """All activations by the names of `graph.tensors`, the input's too, each int8 [height, width, channels]."""
        return {self.graph.input: image} | self._run(image, [node.output for node in self.graph.nodes])

    def _run(self, image: npt.NDArray[np.int8], names: Sequence[str]) -> dict[str, npt.NDArray[np.int8]]:
        source = self.graph.tensors[self.graph.input]
        if image.shape != (source.height, source.width, source.channels) or image.dtype != np.int8:
            raise ValueError(f"int8 [{source.height}, {source.width}, {source.channels}] is needed")
        if not names or self.graph.output == self.graph.input:
            return {self.graph.input: image}
        key = tuple(names)
        if key not in self._sessions:
            self._sessions[key] = _session(_between(self._proto, self.graph.input, names), optimise=False)
        shifted = np.ascontiguousarray(image.transpose(2, 0, 1)[None]).view(np.uint8) ^ np.uint8(0x80)
        results = self._sessions[key].run(list(names), {self.graph.input: shifted})
        return {name: self._picture(name, result) for name, result in zip(names, results, strict=True)}

    def _picture(self, name: str, result: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
        tensor = self.graph.tensors[name]
        planes = result.reshape(tensor.channels, tensor.height, tensor.width)
        return np.ascontiguousarray(planes.transpose(1, 2, 0) ^ np.uint8(0x80)).view(np.int8)


class QdqReference:
    """A QDQ model as onnxruntime runs it, with its optimisations or without; the two differ from each other."""

    def __init__(self, proto: onnx.ModelProto, *, optimise: bool = True) -> None:
        """Prepare `proto`. Raises InputError if onnxruntime refuses it."""
        self._session = _session(proto, optimise=optimise)

    def run(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits, float32 [height, width, classes], for a float32 [1, 3, height, width] input."""
        name = self._session.get_inputs()[0].name
        logits: npt.NDArray[np.float32] = self._session.run(None, {name: image})[0][0]
        return np.ascontiguousarray(logits.transpose(1, 2, 0))


def default_run(
    proto: onnx.ModelProto, image: npt.NDArray[np.float32], *, optimise: bool = True
) -> npt.NDArray[np.float32]:
    """One run of a QdqReference; for many images, keep one."""
    return QdqReference(proto, optimise=optimise).run(image)


def _unsigned(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with 128 added to every int8: weights, zero points and with them all activations are uint8.

    It computes the same. On x86 CPUs without VNNI, onnxruntime's int8 convolutions saturate at 16 bits inside; the
    uint8 ones are exact everywhere.
    """
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    for tensor in result.graph.initializer:
        if tensor.data_type == TensorProto.INT8:
            _shift(tensor)
    zero = numpy_helper.from_array(np.array(0x80, np.uint8), "zero point of int8, unsigned")
    result.graph.initializer.append(zero)
    for node in result.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t") and attribute.t.data_type == TensorProto.INT8:
                _shift(attribute.t)
        if node.op_type == "DequantizeLinear" and (len(node.input) < 3 or not node.input[2]):
            # Left out, it means 0 of the type that is no longer there.
            del node.input[2:]
            node.input.append(zero.name)
    del result.graph.value_info[:]
    return result


def _shift(tensor: TensorProto) -> None:
    shifted = numpy_helper.to_array(tensor).view(np.uint8) ^ np.uint8(0x80)
    tensor.CopyFrom(numpy_helper.from_array(shifted, tensor.name))


def _between(proto: onnx.ModelProto, source: str, targets: Sequence[str]) -> onnx.ModelProto:
    """The part of an unsigned model that makes `targets` of `source`, both quantised."""
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    quantize = next(node for node in result.graph.node if source in node.output)
    result.graph.node.remove(quantize)
    del result.graph.input[:], result.graph.output[:]
    result.graph.input.append(helper.make_tensor_value_info(source, TensorProto.UINT8, None))
    result.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.UINT8, None) for name in targets)
    prune(result)
    return result


def _session(proto: onnx.ModelProto, *, optimise: bool) -> onnxruntime.InferenceSession:
    level = onnxruntime.GraphOptimizationLevel
    options: Any = onnxruntime.SessionOptions()
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    options.log_severity_level = _ERRORS
    # One thread: float sums do not depend on the machine's cores, and a reference need not hurry.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    onnxruntime.set_default_logger_severity(_ERRORS)
    try:
        return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no public base
        raise InputError(f"onnxruntime refuses the model: {str(error).strip().splitlines()[0]}") from error
