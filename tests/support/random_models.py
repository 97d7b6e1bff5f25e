"""Random quantised networks of all supported operators, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import onnx
from hypothesis import strategies as st

from n6gen.model import functions
from tests.support import random_moves, random_operators, random_products
from tests.support.qdq import QdqBuilder, Value
from tests.support.random_operators import SINCE, ZERO_POINTS, Make, activate

#: What makes each kind of operator.
OPERATORS: Mapping[str, Make] = {
    "unary": random_operators.unary,
    "clip": random_operators.clip,
    "with constant": random_operators.with_constant,
    "gate": random_operators.gate,
    "requantised": random_operators.requantised,
    "of two": random_operators.of_two,
    "max pool": random_operators.max_pool,
    "global max pool": random_operators.global_max_pool,
    "average pool": random_operators.average_pool,
    "reduce mean": random_operators.reduce_mean,
    "resize": random_moves.resize,
    "pad": random_moves.pad,
    "slice": random_moves.slice_,
    "split": random_moves.split,
    "concat": random_moves.concat,
    "views": random_moves.views,
    "flat pixel": random_moves.flat_pixel,
    "gemm": random_products.gemm,
    "transposed": random_products.conv_transpose,
    "groups": random_products.grouped_conv,
}


def _pool(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    return b.pool(x, zero_point=draw(ZERO_POINTS))


#: What surely makes an operator of ONNX, for each that the importer has.
EACH: Mapping[str, Make] = {
    **{kind: partial(random_operators.unary, kind=kind) for kind in functions.UNARY},
    **{kind: partial(random_operators.with_constant, kind=kind) for kind in ("Div", "PRelu")},
    **{kind: partial(random_operators.of_two, kind=kind) for kind in random_operators.TWO},
    **{kind: partial(random_products.gemm, kind=kind) for kind in ("Gemm", "MatMul")},
    **dict.fromkeys(("Reshape", "Transpose"), random_moves.views),
    **dict.fromkeys(("Squeeze", "Unsqueeze"), random_moves.flat_pixel),
    "AveragePool": random_operators.average_pool,
    "Clip": random_operators.clip,
    "Concat": random_moves.concat,
    "Conv": random_products.grouped_conv,
    "ConvTranspose": random_products.conv_transpose,
    "Flatten": random_products.gemm,
    "GlobalAveragePool": _pool,
    "GlobalMaxPool": random_operators.global_max_pool,
    "MaxPool": random_operators.max_pool,
    "Pad": random_moves.pad,
    "ReduceMean": random_operators.reduce_mean,
    "Resize": random_moves.resize,
    "Slice": random_moves.slice_,
    "Split": random_moves.split,
}

_OPSETS = (17, 13, 18, 19, 22)


@st.composite
def bundles(draw: st.DrawFn, operator: str, *, count: int = 6) -> onnx.ModelProto:
    """An operator of ONNX several times side by side on one input; the means of all are the output."""
    b = QdqBuilder(
        draw(st.integers(1, 12)),
        draw(st.integers(1, 12)),
        draw(st.integers(1, 6)),
        scale=draw(st.sampled_from([0.0235294122248888, 0.01, 1 / 127.5])),
        zero_point=draw(ZERO_POINTS),
        opset=draw(st.sampled_from([opset for opset in _OPSETS if opset >= SINCE.get(operator, 0)])),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
    made = [EACH[operator](draw, b, [b.input], b.input) for _ in range(count)]
    return b.model(b.concat([b.pool(value) for value in [b.input, *made] if value is not None]))


@st.composite
def mobile_models(draw: st.DrawFn) -> onnx.ModelProto:
    """Chains of expand, depthwise and project, as in mobile networks."""
    b = QdqBuilder(
        draw(st.integers(4, 20)),
        draw(st.integers(4, 24)),
        draw(st.integers(1, 8)),
        zero_point=draw(st.sampled_from([-128, 0, 127])),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
    x = b.input
    for _ in range(draw(st.integers(1, 3))):
        kernels = [1, 1, 2] if min(x.height, x.width) > 1 else [1]
        expanded = b.conv(x, 4 * draw(st.integers(1, 8)), draw(st.sampled_from(kernels)))
        stride = draw(st.integers(1, 2))
        pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
        if expanded.height + pads[0] + pads[2] < 3 or expanded.width + pads[1] + pads[3] < 3:
            break
        reduced = b.depthwise(expanded, strides=(stride, stride), pads=pads, lowest=-128)
        made = b.conv(reduced, draw(st.integers(1, 9)))
        alike = (made.height, made.width, made.channels) == (x.height, x.width, x.channels)
        x = b.add(made, x) if alike else made
    return b.model(x)


@st.composite
def qdq_models(draw: st.DrawFn, *, max_side: int = 9, max_channels: int = 6, max_nodes: int = 6) -> onnx.ModelProto:
    """Random fully quantised models of the operators that the importer supports."""
    sides = st.integers(1, max_side)
    zero_points = st.sampled_from([-128, -7, 0, 20, 127])
    b = QdqBuilder(
        draw(sides),
        draw(sides),
        scale=0.01,
        zero_point=draw(zero_points),
        opset=draw(st.sampled_from(_OPSETS)),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
    values = [b.input]
    for _ in range(draw(st.integers(1, max_nodes))):
        x = draw(st.sampled_from(values))
        values.append(_random_operator(draw, b, values, x, max_channels, zero_points))
        if draw(st.booleans()) and values[-1] is not x:
            activate(draw, b, values[-1])
    return b.model(values[-1])


def _random_operator(
    draw: st.DrawFn,
    b: QdqBuilder,
    values: list[Value],
    x: Value,
    max_channels: int,
    zero_points: st.SearchStrategy[int],
) -> Value:
    alike = [v for v in values if (v.height, v.width, v.channels) == (x.height, x.width, x.channels)]
    joinable = [v for v in values if (v.height, v.width) == (x.height, x.width)]
    kinds = ["conv", "conv", "depthwise", "add", "join"]
    # Keep the tensors small.
    growing = x.height * x.width >= 150
    kinds += [] if growing else ["upsample", "fold"]
    kinds += ["pool"] if x.height * x.width > 1 else ["view"]
    kinds += [kind for kind in OPERATORS if not growing or kind not in ("resize", "pad", "concat", "transposed")]
    kind = draw(st.sampled_from(kinds))
    if kind in OPERATORS:
        return OPERATORS[kind](draw, b, values, x) or x
    zero_point = draw(zero_points)
    if kind == "add":
        return b.add(x, draw(st.sampled_from(alike)), zero_point=zero_point)
    if kind == "join":
        return b.concat(draw(st.lists(st.sampled_from(joinable), min_size=1, max_size=3)), zero_point=zero_point)
    if kind == "pool":
        return b.pool(x, zero_point=zero_point)
    if kind == "view":
        return b.reshape(b.squeeze(x))
    small = st.integers(0, 2)
    if kind == "fold":
        return b.pad(x, (draw(small), draw(small), draw(small), draw(small)))
    if kind == "upsample":
        return b.resize(x, (draw(st.integers(1, 4)), draw(st.integers(1, 4))))
    return _random_conv(draw, b, x, max_channels, zero_point, depthwise=kind == "depthwise")


def _random_conv(
    draw: st.DrawFn, b: QdqBuilder, x: Value, max_channels: int, zero_point: int, *, depthwise: bool
) -> Value:
    small = st.integers(0, 2)
    pads = (draw(small), draw(small), draw(small), draw(small))
    dilations = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    # A kernel must fit its padded input.
    kernel = (
        draw(st.integers(1, min(3, (x.height + pads[0] + pads[2] - 1) // dilations[0] + 1))),
        draw(st.integers(1, min(3, (x.width + pads[1] + pads[3] - 1) // dilations[1] + 1))),
    )
    options = {
        "strides": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "dilations": dilations,
        "pads": pads,
        "bias": draw(st.booleans()),
        "per_channel": draw(st.booleans()),
        "zero_point": zero_point,
        "lowest": draw(st.sampled_from([-127, -128])),
    }
    if depthwise:
        return b.conv(x, x.channels, kernel, groups=x.channels, **options)
    return b.conv(x, draw(st.integers(1, max_channels)), kernel, **options)
