"""The float ONNX graph, written node by node from folded weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.topology import CLASSES, STRIDE, ConvSpec, aspp, backbone, head

Folded = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
OPSET, IR_VERSION = 17, 8
INPUT, OUTPUT = "input", "logits"


class _Writer:
    def __init__(self, weights: Folded) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []
        self.constant("relu6_low", np.float32(0))
        self.constant("relu6_high", np.float32(6))

    def constant(self, name: str, value: NDArray[np.float32] | np.float32) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def node(self, op: str, name: str, inputs: list[str], **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def conv(self, spec: ConvSpec, x: str) -> str:
        """Convolution and activation; the result carries the name of the spec."""
        weight, bias = self.weights[spec.name]
        names = [x, self.constant(f"{spec.name}_weight", weight), self.constant(f"{spec.name}_bias", bias)]
        out = spec.name if spec.act == "none" else f"{spec.name}_linear"
        self.node(
            "Conv", out, names,
            kernel_shape=[spec.kernel] * 2, strides=[spec.stride] * 2, dilations=[spec.dilation] * 2,
            pads=list(spec.pads), group=spec.cin if spec.depthwise else 1,
        )  # fmt: skip
        if spec.act == "relu6":
            return self.node("Clip", spec.name, [out, "relu6_low", "relu6_high"])
        return self.node("Relu", spec.name, [out]) if spec.act == "relu" else out

    def resize(self, name: str, x: str, factor: int) -> str:
        scales = self.constant(f"{name}_scales", np.array([1, 1, factor, factor], np.float32))
        return self.node("Resize", name, [x, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")


def build(weights: Folded, size: int) -> onnx.ModelProto:
    """The network for `size` x `size` pixels (a multiple of 16).

    `weights` gives (weight [cout, cin or 1, k, k], bias [cout]) for each name of the topology. Input float32
    [1, 3, size, size] in -1..1, output logits float32 [1, 2, size, size].
    """
    if size <= 0 or size % STRIDE:
        raise ValueError(f"the size must be a multiple of {STRIDE}, not {size}")
    w = _Writer(weights)
    x = INPUT
    for block in backbone():
        entry = x
        for spec in block.convs:
            x = w.conv(spec, x)
        if block.add:
            x = w.node("Add", block.add, [entry, x])
    *spatial, pooled = aspp()
    parts = []
    for branch in spatial:
        y = x
        for spec in branch:
            y = w.conv(spec, y)
        parts.append(y)
    y = w.node("GlobalAveragePool", "aspp_pool", [x])
    for spec in pooled:
        y = w.conv(spec, y)
    parts.append(w.resize("aspp_pool_spread", y, size // STRIDE))
    x = w.node("Concat", "aspp", parts, axis=1)
    for spec in head():
        x = w.conv(spec, x)
    w.resize(OUTPUT, x, STRIDE)
    graph = helper.make_graph(
        w.nodes, "n6gen_people",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, len(CLASSES), size, size])],
        w.constants,
    )  # fmt: skip
    model = helper.make_model(
        graph, producer_name="n6gen", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    return model
