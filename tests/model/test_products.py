"""Gemm, MatMul and ConvTranspose: the integers mean what onnxruntime computes in float, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.reference import IntegerReference, default_run
from n6gen.model.show import dead_channels
from tests.support.qdq import QdqBuilder, Value
from tests.support.random_operators import ZERO_POINTS
from tests.support.random_products import conv_transpose, gemm


@st.composite
def _models(draw: st.DrawFn, make: Callable[..., Value | None]) -> onnx.ModelProto:
    b = QdqBuilder(
        draw(st.integers(1, 6)),
        draw(st.integers(1, 6)),
        draw(st.integers(1, 5)),
        scale=0.02,
        zero_point=draw(ZERO_POINTS),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
    return b.model(make(draw, b, [b.input], b.input) or b.input)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), make=st.sampled_from([gemm, conv_transpose]))
def test_integers_and_floats_agree(data: st.DataObject, make: Callable[..., Value | None]) -> None:
    """No byte is further than one step from that of the float operator, and hardly any differs."""
    proto = data.draw(_models(make))
    reference = IntegerReference(proto)
    graph = reference.graph
    source, out = graph.tensors[graph.input], graph.tensors[graph.output]
    image = np.random.default_rng(0).integers(-128, 128, source.shape).astype(np.int8)
    real = (image.astype(np.float32) - np.float32(source.zero_point)) * source.scale
    floats = default_run(proto, real.transpose(2, 0, 1)[None], optimise=False)
    difference = np.abs(np.rint(floats / out.scale) + out.zero_point - reference.logits(image))
    assert difference.max() <= 1
    assert difference.mean() <= 0.02


def _flat(size: int) -> tuple[QdqBuilder, Value]:
    b = QdqBuilder(1, 1, size)
    return b, b.squeeze(b.input)


def _product(kind: str, weights: np.ndarray, **attributes: Any) -> onnx.ModelProto:
    b, flat = _flat(4)
    inputs = [b.constant("w_q", weights), b.constant("w_s", np.float32(0.1)), b.constant("w_z", np.int8(0))]
    b.dequantise(inputs, "w")
    made = b.node(kind, [flat.name, "w"], "product", **attributes)
    return b.model(b.quantise(made, 1, 1, 2, 0.1, 0))


def _said(proto: onnx.ModelProto) -> str:
    with pytest.raises(InputError) as caught:
        import_qdq(proto)
    return caught.value.message


def test_a_product_of_a_whole_image_is_a_convolution() -> None:
    """ONNX flattens channels first; the weights become those of a window as large as the image."""
    b = QdqBuilder(2, 3, 2)
    flat = b.operator("Flatten", [b.input], b.input, scale=b.input.scale)
    values = np.arange(12, dtype=np.int8).reshape(12, 1)
    inputs = [b.constant("w_q", values), b.constant("w_s", np.float32(0.1)), b.constant("w_z", np.int8(0))]
    b.dequantise(inputs, "w")
    out = b.quantise(b.node("MatMul", [flat.name, "w"]), 1, 1, 1, 0.1, 0)
    graph = import_qdq(b.model(out))
    conv = graph.nodes[-1]
    assert isinstance(conv, ir.Conv)
    assert conv.weights.tolist() == [[[[0, 6], [1, 7], [2, 8]], [[3, 9], [4, 10], [5, 11]]]]
    assert graph.macs(conv) == 12


_MATRIX = np.ones((4, 2), np.int8)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"alpha": 0.5}, "has alpha 0.5; only 1.0"),
        ({"beta": 2.0}, "has beta 2.0; only 1.0"),
        ({"transA": 1}, "has transA 1; only 0"),
        ({"transB": 1}, "weights [4, 2] do not fit 4 inputs"),
    ],
)
def test_products_of_other_kinds(attributes: dict[str, Any], said: str) -> None:
    assert said in _said(_product("Gemm", _MATRIX, **attributes))


def test_weights_of_another_rank() -> None:
    assert "has weights of shape [4, 2, 1]; only rank 2" in _said(_product("MatMul", _MATRIX[..., None]))


def test_a_product_of_rank_4() -> None:
    b = QdqBuilder(1, 1, 4)
    inputs = [b.constant("w_q", _MATRIX), b.constant("w_s", np.float32(0.1)), b.constant("w_z", np.int8(0))]
    b.dequantise(inputs, "w")
    made = b.node("MatMul", [b.input.name, "w"], "product")
    assert "node 'product' (MatMul) reads 'image_q' of rank 4" in _said(b.model(b.quantise(made, 1, 1, 2, 0.1, 0)))


def test_scales_of_a_product_along_its_inputs() -> None:
    """One scale a row of the matrix belongs to no output."""
    proto = _product("Gemm", np.ones((4, 2), np.int8))
    for name, array in (("w_s", np.ones(4, np.float32)), ("w_z", np.zeros(4, np.int8))):
        tensor = next(value for value in proto.graph.initializer if value.name == name)
        tensor.CopyFrom(numpy_helper.from_array(array, name))
    node = next(node for node in proto.graph.node if "w" in node.output)
    node.attribute.append(helper.make_attribute("axis", 0))
    assert "per-channel scales must lie along axis 1, not 0" in _said(proto)


def _transposed(weights: np.ndarray, scale: float = 0.1, **attributes: Any) -> onnx.ModelProto:
    b = QdqBuilder(3, 3, 4)
    inputs = [b.constant("w_q", weights), b.constant("w_s", np.float32(scale)), b.constant("w_z", np.int8(0))]
    b.dequantise(inputs, "w")
    made = b.node("ConvTranspose", [b.input.name, "w"], "product", **attributes)
    return b.model(b.quantise(made, 6, 6, weights.shape[1] * attributes.get("group", 1), 0.1, 0))


_WINDOW = np.ones((4, 2, 2, 2), np.int8)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"auto_pad": "SAME_UPPER"}, "has auto_pad 'SAME_UPPER'; only explicit pads"),
        ({"output_shape": [6, 6]}, "has an output_shape"),
        ({"output_padding": [1, 1]}, "has output_padding [1, 1], which must be below"),
        ({"output_padding": [0]}, "has output_padding [0]"),
        ({"group": 3}, "weights [4, 2, 2, 2] in 3 groups do not fit 4 channels"),
        ({"kernel_shape": [3, 3]}, "kernel_shape [3, 3] is not that of its weights"),
        ({"pads": [9, 9, 9, 9]}, "which is not possible"),
        ({"surprise": 1}, "has the attribute 'surprise'"),
    ],
)
def test_transposed_convolutions_of_other_kinds(attributes: dict[str, Any], said: str) -> None:
    message = _said(_transposed(_WINDOW, **attributes))
    assert said in message
    assert "node 'product' (ConvTranspose)" in message


def test_a_transposed_convolution() -> None:
    """Weights are turned to [out, row, column, in], group by group; its work is counted over the input."""
    weights = np.arange(4 * 2 * 1 * 2, dtype=np.int8).reshape(4, 2, 1, 2)
    graph = import_qdq(_transposed(weights, group=2, strides=[2, 3], pads=[0, 1, 0, 0], output_padding=[1, 0]))
    (node,) = graph.nodes
    assert isinstance(node, ir.ConvTranspose)
    assert node.weights.shape == (4, 1, 2, 2)
    assert node.weights[2, 0, 1].tolist() == [weights[2, 0, 0, 1], weights[3, 0, 0, 1]]
    assert (node.strides, node.pads, node.groups) == ((2, 3), (0, 1), 2)
    assert graph.tensors[graph.output].shape == (6, 7, 4)
    assert graph.macs(node) == 3 * 3 * 16


def test_a_transposed_convolution_with_dead_channels() -> None:
    """Weights next to nothing leave the zero point, as in other convolutions."""
    graph = import_qdq(_transposed(_WINDOW, scale=1e-20))
    (node,) = graph.nodes
    assert isinstance(node, ir.ConvTranspose)
    assert dead_channels(graph, node) == [0, 1]
