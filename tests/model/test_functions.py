"""Functions as tables: what onnxruntime computes, for each of the 256 inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.model import functions, ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.normalise import normalise
from n6gen.model.qlinear import to_qlinear
from n6gen.model.reference import IntegerReference, default_run
from n6gen.model.tables import LEVELS
from tests.support.qdq import QdqBuilder, Value
from tests.support.random_operators import SINCE, ZERO_POINTS, real_values, scale_for

_INPUT = LEVELS.astype(np.int8).reshape(16, 16, 1)
_EXACT = sorted(kind for kind, unary in functions.UNARY.items() if unary.exact)
_SMOOTH = sorted(set(functions.UNARY) - set(_EXACT))


def _onnxruntime(proto: onnx.ModelProto) -> np.ndarray:
    """What onnxruntime, its optimisations switched off, makes of -128 … 127: the quantised output."""
    graph = import_qdq(proto)
    source, out = graph.tensors[graph.input], graph.tensors[graph.output]
    real = (_INPUT.astype(np.int32) - source.zero_point).astype(np.float32) * source.scale
    result = default_run(proto, real.reshape(1, 1, 16, 16), optimise=False).reshape(-1)
    return np.rint(result / out.scale).astype(int) + out.zero_point


def _table(proto: onnx.ModelProto) -> np.ndarray:
    (node,) = import_qdq(proto).nodes
    return node.table[0].astype(int) if isinstance(node, ir.Map) else LEVELS


@st.composite
def _calls(draw: st.DrawFn, kinds: Sequence[str]) -> tuple[onnx.ModelProto, np.ndarray]:
    """One function with random attributes and quantisations, and its values in steps of the output."""
    kind = draw(st.sampled_from(kinds))
    b = QdqBuilder(
        16, 16, 1, scale=draw(st.floats(1e-4, 0.3)), zero_point=draw(ZERO_POINTS), opset=max(17, SINCE.get(kind, 0))
    )
    known = functions.UNARY[kind]
    attributes = {key: np.float32(draw(st.floats(0.01, 1))).item() for key in known.defaults}
    values = known.compute(real_values(b.input), **attributes)
    out = b.operator(
        kind, [b.input], b.input, scale=scale_for(draw, values), zero_point=draw(ZERO_POINTS), **attributes
    )
    return b.model(out), values.astype(np.float64) / out.scale


@settings(max_examples=150, deadline=None)
@given(_calls(_EXACT))
def test_exact_functions(call: tuple[onnx.ModelProto, np.ndarray]) -> None:
    """Every byte is onnxruntime's."""
    proto, _ = call
    assert np.array_equal(_table(proto), _onnxruntime(proto))


@settings(max_examples=150, deadline=None)
@given(_calls(_SMOOTH))
def test_approximated_functions(call: tuple[onnx.ModelProto, np.ndarray]) -> None:
    """Every byte is onnxruntime's, unless the true value lies between two steps to within its approximation."""
    proto, steps = call
    differ = np.flatnonzero(_table(proto) != _onnxruntime(proto))
    from_middle = np.abs(steps[differ] - np.floor(steps[differ]) - 0.5)
    assert np.all(from_middle <= 3e-5 * np.maximum(np.abs(steps[differ]), 1)), (differ, steps[differ])


@pytest.mark.parametrize("kind", _SMOOTH)
def test_a_reference_looks_approximated_functions_up(kind: str) -> None:
    """Its tensors are the table's, whatever onnxruntime computes here, also one table a channel."""
    b = QdqBuilder(8, 8, 3, scale=0.03, zero_point=4, opset=18)
    inner = b.node("Mul", [b.input.name, b.constant("slopes", np.array([[[1.0]], [[-0.5]], [[2.0]]], np.float32))])
    proto = b.model(b.quantise(b.node(kind, [inner]), 8, 8, 3, 0.02, -9))
    reference = IntegerReference(proto)
    (node,) = reference.graph.nodes
    assert isinstance(node, ir.Map)
    assert (node.operators, node.exact, node.table.shape) == (("Mul", kind), False, (3, 256))
    image = np.random.default_rng(0).integers(-128, 128, (8, 8, 3)).astype(np.int8)
    expected = np.stack([node.table[channel][image[..., channel].astype(int) + 128] for channel in range(3)], axis=-1)
    assert np.array_equal(reference.logits(image), expected)


def test_exported_functions_are_one_table() -> None:
    """HardSwish and Gelu as exporters write them, in float between one DQ and one Q."""
    b = QdqBuilder(16, 16, 1, scale=0.05, zero_point=-3)
    x = b.input.name
    limits = [b.constant("zero", np.float32(0)), b.constant("six", np.float32(6))]
    gate = b.node("Clip", [b.node("Add", [x, b.constant("three", np.float32(3))]), *limits])
    hard = b.node("Div", [b.node("Mul", [x, gate]), b.constant("six again", np.float32(6))])
    y = b.quantise(hard, 16, 16, 1, 0.04, -100)
    proto = b.model(y)
    assert np.array_equal(_table(proto), _onnxruntime(proto))
    inner = b.node("Erf", [b.node("Div", [y.name, b.constant("root", np.float32(np.sqrt(2)))])])
    half = b.node(
        "Mul", [b.node("Add", [inner, b.constant("one", np.float32(1))]), b.constant("half", np.float32(0.5))]
    )
    proto = b.model(b.quantise(b.node("Mul", [y.name, half]), 16, 16, 1, 0.04, -100))
    nodes = import_qdq(proto).nodes
    assert [node.operators for node in nodes] == [("Add", "Clip", "Mul", "Div"), ("Div", "Erf", "Add", "Mul", "Mul")]


def test_what_changes_nothing_is_no_table() -> None:
    """A Relu whose quantisation begins at zero, and a second quantisation like the first."""
    b = QdqBuilder(4, 4, zero_point=-128)
    x = b.operator("Relu", [b.input], b.input, scale=b.input.scale, zero_point=-128)
    b.node("Identity", [x.name])
    again = b.quantise(b.node("Identity", [x.name]), 4, 4, 3, x.scale, -128)
    assert [type(node) for node in import_qdq(b.model(again)).nodes] == [ir.Same, ir.Same]


def _convolution(b: QdqBuilder, **options: int) -> Value:
    return b.conv(b.input, 4, 3, pads=(1, 1, 1, 1), name="conv", **options)


def test_relu_trades_places_with_quantisation() -> None:
    """The form with a quantisation in front of the Relu too has the tensors of the form without, and one more."""
    b = QdqBuilder(6, 6)
    out = _convolution(b, zero_point=-20)
    b.insert("Relu")
    proto = b.model(out)
    form = normalise(proto)
    pair = ["QuantizeLinear", "DequantizeLinear"]
    assert [node.op_type for node in form.graph.node][-6:] == ["Conv", *pair, "Relu", *pair]
    onnx.checker.check_model(form, full_check=True)
    real = np.random.default_rng(0).uniform(-1, 1, (1, 3, 6, 6)).astype(np.float32)
    first, second = (default_run(each, real, optimise=False) for each in (proto, form))
    assert np.array_equal(first, second)
    tensors = IntegerReference(proto).tensors(np.zeros((6, 6, 3), np.int8))
    assert np.array_equal(tensors["conv:0_q"], np.maximum(tensors["conv:0 (quantised)"], -20))


def test_normal_models_stay_as_they_are() -> None:
    """A float function of one activation is no reason to quantise in between, nor is a view of a quantised tensor."""
    b = QdqBuilder(1, 1)
    swish = b.node("Mul", [b.input.name, b.node("Sigmoid", [b.input.name])])
    x = b.quantise(b.node("Relu", [swish]), 1, 1, 3, 0.1, 0)
    proto = b.model(b.reshape(b.squeeze(x)))
    assert normalise(proto) == proto
    assert to_qlinear(proto) == proto
