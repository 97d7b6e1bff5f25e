"""The three decodes: the Python references against their definitions, the C kernels against the references."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper

from n6gen.decode import argmax, fine, rounded, upsample
from tests.decode.decoder import Case, Decoder, on_host

_SETTINGS = settings(deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return on_host(tmp_path_factory.mktemp("decode"))


@st.composite
def cases(draw: st.DrawFn, decode: str, *, dtypes: tuple[Any, ...] = (np.int8, np.uint8)) -> Case:
    """Random logits; few distinct values now and then, for ties."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 7)), draw(st.sampled_from([2, 2, 3, 5, 32])))
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    values = draw(st.sampled_from([(low, high), (1, 3), (low, low + 1), (high - 2, high)]))
    logits = draw(hnp.arrays(dtype, shape, elements=st.integers(*values)))
    factors = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 16])
    return Case(
        decode,
        logits,
        (draw(factors), draw(factors)),
        scale=float(np.float32(draw(st.sampled_from([0.19202861, 1.0, 0.0235294, 3e-5, 7.7])))),
        zero_point=draw(st.integers(low, high)),
        order=draw(st.integers(0, 1)),
    )


def _exact(logits: np.ndarray, factor: tuple[int, int]) -> np.ndarray:
    """`fine` by its definition, in fractions."""

    def neighbours(out: int, by: int, size: int) -> tuple[int, int, Fraction]:
        position = min(max(Fraction(2 * out + 1, 2 * by) - Fraction(1, 2), Fraction(0)), Fraction(size - 1))
        low = int(position)
        return low, min(low + 1, size - 1), position - low

    height, width, classes = logits.shape
    mask = np.zeros((height * factor[0], width * factor[1]), np.uint8)
    for y in range(mask.shape[0]):
        y0, y1, dy = neighbours(y, factor[0], height)
        for x in range(mask.shape[1]):
            x0, x1, dx = neighbours(x, factor[1], width)
            values = [
                (1 - dy) * ((1 - dx) * int(logits[y0, x0, c]) + dx * int(logits[y0, x1, c]))
                + dy * ((1 - dx) * int(logits[y1, x0, c]) + dx * int(logits[y1, x1, c]))
                for c in range(classes)
            ]
            mask[y, x] = values.index(max(values))
    return mask


@settings(deadline=None, max_examples=30)
@given(
    logits=hnp.arrays(np.int8, st.tuples(*[st.integers(1, 4)] * 2, st.integers(2, 3)), elements=st.integers(-128, 127)),
    factor=st.tuples(*[st.integers(1, 5)] * 2),
    zero_point=st.integers(-128, 127),
)
def test_fine_is_its_definition(logits: np.ndarray, factor: tuple[int, int], zero_point: int) -> None:
    """Argmax of the exact interpolation; the lowest class wins ties; the zero point does not matter."""
    assert np.array_equal(fine(logits, zero_point, factor), _exact(logits, factor))


@_SETTINGS
@given(case=cases("rounded", dtypes=(np.int8, np.uint8)))
def test_upsample_is_onnxruntimes(case: Case) -> None:
    """DequantizeLinear, Resize, QuantizeLinear as onnxruntime computes them, any factor, scale and zero point."""
    kind = TensorProto.INT8 if case.logits.dtype == np.int8 else TensorProto.UINT8
    height, width, classes = case.logits.shape
    initializers = [
        helper.make_tensor("scale", TensorProto.FLOAT, [], [case.scale]),
        helper.make_tensor("zero", kind, [], [case.zero_point]),
        helper.make_tensor("factors", TensorProto.FLOAT, [4], [1, 1, *case.factor]),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["x"]),
        helper.make_node(
            "Resize", ["x", "", "factors"], ["y"], mode="linear", coordinate_transformation_mode="half_pixel"
        ),
        helper.make_node("QuantizeLinear", ["y", "scale", "zero"], ["p"]),
    ]
    graph = helper.make_graph(
        nodes,
        "upsample",
        [helper.make_tensor_value_info("q", kind, [1, classes, height, width])],
        [helper.make_tensor_value_info("p", kind, None)],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (wanted,) = session.run(None, {"q": np.ascontiguousarray(case.logits.transpose(2, 0, 1))[None]})
    parameters = (case.scale, case.zero_point)
    assert np.array_equal(upsample(case.logits, *parameters, *parameters, case.factor), wanted[0].transpose(1, 2, 0))


def test_fine_and_rounded_differ_where_rounding_ties() -> None:
    """Two classes less than a step apart: exactly, the second is larger; rounded, they are equal and the first wins."""
    logits = np.array([[[0, 0], [0, 1]]], np.int8)
    assert fine(logits, 0, 4).tolist()[0] == [0, 0, 1, 1, 1, 1, 1, 1]
    assert rounded(logits, 1.0, 0, 4).tolist()[0] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_argmax_takes_the_lowest_of_equals() -> None:
    """In numpy and in C alike."""
    assert argmax(np.array([[[3, 3, 1], [0, 5, 5]]], np.int8)).tolist() == [[0, 1]]


@_SETTINGS
@given(case=cases("fine"))
def test_fine_in_c(decoder: Decoder, case: Case) -> None:
    """Any whole factors, 2 to 32 classes, int8 and uint8, both orders; sanitizers on."""
    ((result, mask),) = decoder.masks([case])
    assert result == 0
    assert np.array_equal(mask, fine(case.logits, case.zero_point, case.factor))


@_SETTINGS
@given(case=cases("rounded"))
def test_rounded_in_c(decoder: Decoder, case: Case) -> None:
    """The same, and every scale."""
    ((result, mask),) = decoder.masks([case])
    assert result == 0
    assert np.array_equal(mask, rounded(case.logits, case.scale, case.zero_point, case.factor))


@_SETTINGS
@given(case=cases("argmax", dtypes=(np.int8, np.uint8)), real=st.booleans())
def test_argmax_in_c(decoder: Decoder, case: Case, real: bool) -> None:
    """Also float32 logits."""
    logits = case.logits.astype(np.float32) / 7 if real else case.logits
    ((result, mask),) = decoder.masks([Case("argmax", logits, order=case.order)])
    assert result == 0
    assert np.array_equal(mask, argmax(logits))


def test_argmax_passes_over_what_is_not_a_number(decoder: Decoder) -> None:
    """NaN never wins against a number."""
    logits = np.array([[[np.nan, 1, 2], [3, np.nan, 1], [np.nan, np.nan, -np.inf]]], np.float32)
    assert decoder.masks([Case("argmax", logits)])[0][1].tolist() == [[2, 0, 2]]


@pytest.mark.parametrize("order", [0, 1])
def test_at_the_size_of_real_heads(decoder: Decoder, order: int) -> None:
    """20x20x2 and 26x26x21 by 16, smooth as logits are and pure noise."""
    random = np.random.default_rng(0)
    cases = []
    for side, classes in ((20, 2), (26, 21)):
        noise = random.integers(-128, 128, (side, side, classes)).astype(np.int8)
        wave = np.sin(np.linspace(0, 9, side))[:, None, None] * np.cos(np.linspace(0, 7, side))[None, :, None]
        smooth = (40 * wave * random.uniform(-1, 1, classes)).astype(np.int8)
        for logits in (noise, smooth):
            cases += [Case(name, logits, (16, 16), 0.19202861, 3, order) for name in ("fine", "rounded")]
    for case, (result, mask) in zip(cases, decoder.masks(cases), strict=True):
        assert result == 0
        wanted = (
            fine(case.logits, case.zero_point, case.factor)
            if case.decode == "fine"
            else rounded(case.logits, case.scale, case.zero_point, case.factor)
        )
        assert np.array_equal(mask, wanted)


_LOGITS = np.zeros((2, 3, 2), np.int8)


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (Case("fine", _LOGITS, mask=(5, 6)), -1),
        (Case("fine", _LOGITS, mask=(4, 1)), -1),
        (Case("argmax", _LOGITS, (2, 2)), -1),
        (Case("fine", np.zeros((2, 0, 2), np.int8), mask=(2, 2)), -1),
        (Case("fine", np.zeros((2, 2, 1), np.int8)), -2),
        (Case("rounded", np.zeros((2, 2, 33), np.int8)), -2),
        (Case("fine", _LOGITS.astype(np.float32)), -3),
        (Case("argmax", _LOGITS, type=3), -3),
        (Case("argmax", _LOGITS, order=2), -3),
        (Case("fine", np.zeros((1, 2049, 2), np.int8)), -4),
        (Case("fine", np.zeros((1, 1, 2), np.int8), (1025, 1024)), -4),
        (Case("fine", np.zeros((4097, 1, 2), np.int8)), -4),
        (Case("rounded", _LOGITS, scale=0.0), -5),
        (Case("rounded", _LOGITS, scale=-1.0), -5),
        (Case("rounded", _LOGITS, scale=float("nan")), -5),
        (Case("rounded", _LOGITS, scale=float("inf")), -5),
    ],
)
def test_what_c_refuses(decoder: Decoder, case: Case, error: int) -> None:
    """Each with its code, and the mask is left alone."""
    ((result, mask),) = decoder.masks([case])
    assert result == error
    assert (mask == 0xEE).all()


def test_the_largest_factors_do_not_overflow(decoder: Decoder) -> None:
    """1024x1024 fills the 32-bit sums; logits at both ends of the range."""
    logits = np.array([[[0, 255], [255, 0]]], np.uint8)
    case = Case("fine", logits, (1024, 1024))
    ((result, mask),) = decoder.masks([case])
    assert result == 0
    assert np.array_equal(mask, fine(logits, 0, (1024, 1024)))
