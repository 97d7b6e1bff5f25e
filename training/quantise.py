"""Float ONNX to QDQ int8, with onnxruntime's static quantiser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from training.floatgraph import INPUT, IR_VERSION, OPSET

KEPT_OPERATORS = {"Conv", "Add", "GlobalAveragePool", "Resize", "Concat", "QuantizeLinear", "DequantizeLinear"}


def to_input(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB bytes [H, W, 3] to the network's input [1, 3, H, W] in -1..1."""
    planar = image.transpose(2, 0, 1).astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(planar[None])


class _Images(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, images: Iterable[NDArray[np.uint8]]) -> None:
        self._images: Iterator[NDArray[np.uint8]] = iter(images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        image = next(self._images, None)
        return None if image is None else {INPUT: to_input(image)}


def quantise(model: onnx.ModelProto, images: Iterable[NDArray[np.uint8]]) -> onnx.ModelProto:
    """Int8 asymmetric activations, int8 symmetric weights per channel, int32 biases.

    Ranges are the means of the images' minima and maxima: their extremes would make every step larger, for the sake
    of single pixels. The input's range is that of bytes, -1..1.

    ReLU and ReLU6 vanish: their output range becomes the range of the convolution's Q, which then does the clipping.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(onnx.shape_inference.infer_shapes(model), source)
        quantize_static(
            source, target, _Images(images), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
            extra_options={
                "ActivationSymmetric": False, "WeightSymmetric": True, "CalibMovingAverage": True,
                "TensorQuantOverrides": {INPUT: [{"rmin": np.float32(-1), "rmax": np.float32(1)}]},
            },
        )  # fmt: skip
        out = onnx.load(target)
    left = {node.op_type for node in out.graph.node} - KEPT_OPERATORS
    if left:
        raise RuntimeError(f"the quantiser left operators that should have vanished: {sorted(left)}")
    _tidy(out)
    onnx.checker.check_model(out, full_check=True)
    return out


def _tidy(model: onnx.ModelProto) -> None:
    """Drop what nothing reads, and what only says how the file came about."""
    used = {name for node in model.graph.node for name in node.input}
    for tensor in [t for t in model.graph.initializer if t.name not in used]:
        model.graph.initializer.remove(tensor)
    del model.graph.value_info[:]
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version = "n6gen", ""
