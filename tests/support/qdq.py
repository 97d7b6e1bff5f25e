"""Small QDQ networks for tests: a builder with one method an operator, and one for all the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@attrs.frozen
class Value:
    """A dequantised activation: `name` is float, `quantised` the int8 tensor behind it."""

    name: str
    quantised: str
    height: int
    width: int
    channels: int
    scale: np.float32
    zero_point: int


class QdqBuilder:
    """Builds a QDQ model node by node. All randomness comes from `seed`; same calls, same bytes."""

    def __init__(
        self,
        height: int,
        width: int,
        channels: int = 3,
        *,
        scale: float = 1 / 127.5,
        zero_point: int = 0,
        batch: int | str = "N",
        opset: int = 17,
        seed: int = 0,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.batch = batch
        self.opset = opset
        self._count = 0
        shape = [batch, channels, height, width]
        self.inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)]
        self.input = self.quantise("image", height, width, channels, scale, zero_point)

    def node(self, kind: str, inputs: Sequence[str], name: str | None = None, **attributes: Any) -> str:
        """Add a float node; returns what it makes."""
        self._count += 1
        name = name or f"{kind.lower()}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [f"{name}:0"], name=name, **attributes))
        return f"{name}:0"

    def constant(self, name: str, array: np.ndarray) -> str:
        """Add an initializer; returns its name."""
        self.initializers[name] = numpy_helper.from_array(np.asarray(array), name)
        return name

    def dequantise(self, inputs: Sequence[str], made: str, **attributes: Any) -> None:
        """Put a DequantizeLinear with these inputs; it makes the tensor `made`."""
        self.nodes.append(helper.make_node("DequantizeLinear", list(inputs), [made], name=f"{made}_D", **attributes))

    def quantise(self, tensor: str, height: int, width: int, channels: int, scale: float, zero_point: int) -> Value:
        """Put Q and DQ behind `tensor`."""
        scale32 = np.float32(scale)
        pair = [self.constant(f"{tensor}_scale", scale32), self.constant(f"{tensor}_zero", np.int8(zero_point))]
        self.nodes.append(helper.make_node("QuantizeLinear", [tensor, *pair], [f"{tensor}_q"], name=f"{tensor}_Q"))
        self.nodes.append(
            helper.make_node("DequantizeLinear", [f"{tensor}_q", *pair], [f"{tensor}_d"], name=f"{tensor}_D")
        )
        return Value(f"{tensor}_d", f"{tensor}_q", height, width, channels, scale32, zero_point)

    def conv(
        self,
        x: Value,
        channels: int,
        kernel: int | tuple[int, int] = 1,
        *,
        strides: tuple[int, int] = (1, 1),
        dilations: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        groups: int = 1,
        bias: bool = True,
        per_channel: bool = True,
        zero_point: int | None = None,
        lowest: int = -127,
        weights: np.ndarray | None = None,
        weight_scale: np.ndarray | None = None,
        bias_values: np.ndarray | None = None,
        name: str | None = None,
    ) -> Value:
        """Convolution with random weights; its scale is such that outputs fill int8 and saturate now and then."""
        rng = self.rng
        kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
        taps = x.channels // groups * kh * kw
        if weights is None:
            weights = rng.integers(lowest, 128, (channels, x.channels // groups, kh, kw)).astype(np.int8)
        if weight_scale is None:
            # About such that outputs have the scale of inputs, as in a real network.
            middle = 0.01 / np.sqrt(taps)
            weight_scale = rng.uniform(0.3 * middle, 2 * middle, channels if per_channel else 1).astype(np.float32)
        spread = 73.0 * 73.0 * np.sqrt(taps)
        if bias_values is None:
            bias_values = (rng.standard_normal(channels) * spread).astype(np.int32)
        out = np.float32(x.scale * float(np.median(weight_scale)) * spread / rng.uniform(20, 80))
        self._count += 1
        name = name or f"conv_{self._count}"
        scale = self.constant(f"{name}_w_scale", weight_scale if per_channel else weight_scale.reshape(()))
        zero = self.constant(f"{name}_w_zero", np.zeros(np.shape(weight_scale) if per_channel else (), np.int8))
        quantised = [self.constant(f"{name}_w", weights), scale, zero]
        axis = {"axis": 0} if per_channel else {}
        self.nodes.append(helper.make_node("DequantizeLinear", quantised, [f"{name}_w_d"], name=f"{name}_w_D", **axis))
        inputs = [x.name, f"{name}_w_d"]
        if bias:
            bias_scale = (np.float32(x.scale) * weight_scale).astype(np.float32)
            quantised = [
                self.constant(f"{name}_b", bias_values),
                self.constant(f"{name}_b_scale", bias_scale if per_channel else bias_scale.reshape(())),
                self.constant(f"{name}_b_zero", np.zeros(np.shape(bias_scale) if per_channel else (), np.int32)),
            ]
            self.nodes.append(
                helper.make_node("DequantizeLinear", quantised, [f"{name}_b_d"], name=f"{name}_b_D", **axis)
            )
            inputs.append(f"{name}_b_d")
        made = self.node(
            "Conv", inputs, name, kernel_shape=[kh, kw], strides=strides, dilations=dilations, pads=pads, group=groups
        )
        height = (x.height + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) // strides[0] + 1
        width = (x.width + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) // strides[1] + 1
        zero_point = int(rng.choice([-128, -20, 0, 16])) if zero_point is None else zero_point
        return self.quantise(made, height, width, channels, out, zero_point)

    def depthwise(self, x: Value, kernel: int = 3, **options: Any) -> Value:
        """Convolution with one filter a channel."""
        return self.conv(x, x.channels, kernel, groups=x.channels, **options)

    def operator(
        self,
        kind: str,
        values: Sequence[Value],
        shape: Value | tuple[int, int, int],
        *,
        scale: float,
        zero_point: int = 0,
        constants: Sequence[np.ndarray | None] = (),
        name: str | None = None,
        **attributes: Any,
    ) -> Value:
        """Any operator of `values` and, behind them, constants; `shape` is its result's (height, width, channels)."""
        inputs = [value.name for value in values]
        for constant in constants:
            inputs.append("" if constant is None else self.constant(f"constant_{len(self.initializers)}", constant))
        size = (shape.height, shape.width, shape.channels) if isinstance(shape, Value) else shape
        return self.quantise(self.node(kind, inputs, name, **attributes), *size, scale, zero_point)

    def insert(self, kind: str, constants: Sequence[np.ndarray | None] = ()) -> None:
        """Put an operator that keeps the shape between the last operator and its quantisation."""
        quantize = self.nodes[-2]
        inputs = [quantize.input[0]]
        for constant in constants:
            inputs.append("" if constant is None else self.constant(f"constant_{len(self.initializers)}", constant))
        quantize.input[0] = self.node(kind, inputs)
        self.nodes.insert(-2, self.nodes.pop())

    def add(self, a: Value, b: Value, *, zero_point: int = 3) -> Value:
        """Sum of two activations of one size."""
        made = self.node("Add", [a.name, b.name])
        scale = np.float32((a.scale + b.scale) * self.rng.uniform(0.6, 1.2))
        return self.quantise(made, a.height, a.width, a.channels, scale, zero_point)

    def pool(self, x: Value, *, zero_point: int = -128) -> Value:
        """Global average."""
        made = self.node("GlobalAveragePool", [x.name])
        return self.quantise(made, 1, 1, x.channels, np.float32(x.scale * self.rng.uniform(0.5, 1.0)), zero_point)

    def concat(self, values: Sequence[Value], *, zero_point: int = -128) -> Value:
        """Channels of several activations of one size."""
        made = self.node("Concat", [value.name for value in values], axis=1)
        scale = max(value.scale for value in values)
        first = values[0]
        return self.quantise(made, first.height, first.width, sum(v.channels for v in values), scale, zero_point)

    def pad(self, x: Value, pads: tuple[int, int, int, int]) -> Value:
        """Top, left, bottom, right zeros."""
        top, left, bottom, right = pads
        name = f"pads_{self._count}"
        made = self.node(
            "Pad", [x.name, self.constant(name, np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))]
        )
        height, width = x.height + top + bottom, x.width + left + right
        return self.quantise(made, height, width, x.channels, x.scale, x.zero_point)

    def resize(self, x: Value, factors: tuple[int, int]) -> Value:
        """Linear with half-pixel centres, with a zero-length roi as some exporters write it."""
        roi = self.constant("roi", np.zeros(0, np.float32))
        scales = self.constant(f"factors_{self._count}", np.array([1, 1, *factors], np.float32))
        options = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        made = self.node("Resize", [x.name, roi, scales], **options)
        height, width = x.height * factors[0], x.width * factors[1]
        return self.quantise(made, height, width, x.channels, x.scale, x.zero_point)

    def squeeze(self, x: Value) -> Value:
        """[N, C, 1, 1] to [N, C]."""
        made = self.node("Squeeze", [x.name, self.constant("axes", np.array([2, 3], np.int64))])
        return self.quantise(made, 1, 1, x.channels, x.scale, x.zero_point)

    def reshape(self, x: Value) -> Value:
        """[N, C] to [N, C, 1, 1]."""
        shape = self.constant(f"shape_{x.channels}", np.array([-1, x.channels, 1, 1], np.int64))
        made = self.node("Reshape", [x.name, shape])
        return self.quantise(made, 1, 1, x.channels, x.scale, x.zero_point)

    def model(self, out: Value) -> onnx.ModelProto:
        """The finished model; `out` is its output."""
        shape = [self.batch, out.channels, out.height, out.width]
        outputs = [helper.make_tensor_value_info(out.name, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.nodes, "test", self.inputs, outputs, list(self.initializers.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


def segmenter(
    height: int = 16, width: int = 16, *, classes: int = 2, factor: int = 4, seed: int = 0
) -> onnx.ModelProto:
    """A tiny network with every operator and the head of a segmentation network: logits, then a Resize by `factor`."""
    b = QdqBuilder(height, width, seed=seed)
    x = b.conv(b.input, 8, 3, strides=(2, 2), pads=(0, 0, 1, 1), zero_point=-128)
    skip = b.conv(x, 8, zero_point=5)
    x = b.depthwise(b.conv(x, 16), pads=(1, 1, 1, 1))
    x = b.add(b.conv(x, 8, zero_point=-4), skip)
    x = b.depthwise(b.pad(x, (0, 0, 1, 1)), strides=(2, 2))
    wide = b.depthwise(x, dilations=(2, 2), pads=(2, 2, 2, 2))
    pooled = b.resize(b.conv(b.reshape(b.squeeze(b.pool(x))), 8), (x.height, x.width))
    x = b.conv(b.concat([b.conv(wide, 8), pooled]), classes, zero_point=0)
    return b.model(b.resize(x, (factor, factor)))
