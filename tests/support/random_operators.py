"""Random operators for random networks: each function adds one to a builder, with every attribute that it may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

from n6gen.model import functions
from n6gen.model.window import Window
from tests.support.qdq import QdqBuilder, Value

#: (draw, builder, earlier values, the one to read) → what the operator makes; None where it cannot read that one.
Make: TypeAlias = Callable[[st.DrawFn, QdqBuilder, Sequence[Value], Value], Value | None]

ZERO_POINTS = st.sampled_from([-128, -7, 0, 20, 127])
SEEDS = st.integers(0, 2**32 - 1)

#: The first opset that has an operator, where that is not the first opset supported.
SINCE = {"HardSwish": 14, "Mish": 18}

#: How much of int8 the largest value fills; above 1 it saturates.
FILL = st.sampled_from([0.4, 1.0, 1.7])


def real_values(x: Value) -> np.ndarray:
    """The real values of -128 … 127."""
    return (np.arange(-128, 128) - x.zero_point).astype(np.float32) * x.scale


def scale_for(draw: st.DrawFn, values: np.ndarray) -> np.float32:
    """A scale that suits a result of these values."""
    largest = float(np.max(np.abs(np.nan_to_num(values, nan=0, posinf=1e6, neginf=-1e6))))
    return np.float32(max(largest, 1e-5) / 127 * draw(FILL))


def unary(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value, kind: str | None = None) -> Value:
    """A function of one activation, with random attributes."""
    possible = sorted(kind for kind in functions.UNARY if b.opset >= SINCE.get(kind, 0))
    kind = kind or draw(st.sampled_from(possible))
    known = functions.UNARY[kind]
    given = {key: draw(st.floats(1 / 64, 1, width=32)) for key in known.defaults}
    attributes = given if draw(st.booleans()) else {}
    result = known.compute(real_values(x), **{**known.defaults, **attributes})
    return b.operator(kind, [x], x, scale=scale_for(draw, result), zero_point=draw(ZERO_POINTS), **attributes)


def clip(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Clip with both limits, one or none."""
    scale = x.scale * np.float32(draw(FILL))
    return b.operator("Clip", [x], x, scale=scale, zero_point=draw(ZERO_POINTS), constants=_limits(draw, x))


def _limits(draw: st.DrawFn, x: Value) -> list[np.ndarray | None]:
    low, high = sorted(draw(st.integers(-150, 150)) * float(x.scale) * 0.93 for _ in range(2))
    given = [np.array(low, np.float32), np.array(high, np.float32)]
    return [limit if draw(st.booleans()) else None for limit in given]


def with_constant(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value, kind: str | None = None) -> Value:
    """An operation with a constant on either side: one number or one a channel, float or quantised."""
    kind = kind or draw(st.sampled_from(sorted(functions.BINARY)))
    random = np.random.default_rng(draw(SEEDS))
    shape = draw(st.sampled_from([(), (1,), (1, 1, 1, 1), (x.channels, 1, 1), (1, x.channels, 1, 1)]))
    constant = np.asarray(random.uniform(0.2, 2, shape) * random.choice([-1, 1], shape), np.float32)
    first = kind not in ("PRelu", "Div") and draw(st.booleans())
    if draw(st.booleans()):
        name, used = _quantised_constant(b, constant)
    else:
        used = constant
        name = b.constant(f"operand_{len(b.initializers)}", constant)
    used = used.reshape(-1, 1)
    result = functions.BINARY[kind](*((used, real_values(x)) if first else (real_values(x), used)))
    made = b.node(kind, [name, x.name] if first else [x.name, name])
    return b.quantise(made, x.height, x.width, x.channels, scale_for(draw, result), draw(ZERO_POINTS))


def _quantised_constant(b: QdqBuilder, constant: np.ndarray) -> tuple[str, np.ndarray]:
    """A constant behind a DequantizeLinear, and its real value."""
    name = f"operand_{len(b.initializers)}"
    scale, zero = np.float32(np.max(np.abs(constant)) / 120), np.int8(3)
    quantised = np.clip(np.rint(constant / scale) + zero, -128, 127).astype(np.int8)
    inputs = [b.constant(f"{name}_q", quantised), b.constant(f"{name}_s", scale), b.constant(f"{name}_z", zero)]
    b.dequantise(inputs, name)
    return name, (quantised.astype(np.float32) - np.float32(zero)) * scale


def gate(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """x times a function of x with nothing quantised between, as Swish is exported."""
    kind = draw(st.sampled_from(["Sigmoid", "HardSigmoid", "Relu"]))
    inner = b.node(kind, [x.name])
    scale = scale_for(draw, real_values(x) ** (2 if kind == "Relu" else 1))
    return b.quantise(b.node("Mul", [x.name, inner]), x.height, x.width, x.channels, scale, draw(ZERO_POINTS))


def requantised(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Another scale and zero point, or the same ones, and nothing else."""
    scale = x.scale * np.float32(draw(st.sampled_from([0.5, 1.0, 1.3])))
    return b.quantise(b.node("Identity", [x.name]), x.height, x.width, x.channels, scale, draw(ZERO_POINTS))


#: Operations on two activations.
TWO = ("Add", "Sub", "Mul", "Max", "Min", "Sum")


def of_two(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value, kind: str | None = None) -> Value:
    """An operation on two activations, one of which may be repeated along height, width or channels."""
    kind = kind or draw(st.sampled_from(TWO))
    others = [v for v in values if all(1 in pair or pair[0] == pair[1] for pair in _sizes(x, v))]
    other = draw(st.sampled_from(others))
    if draw(st.booleans()):
        other = b.pool(x, zero_point=draw(ZERO_POINTS))
    elif draw(st.booleans()):
        other = b.conv(x, 1, zero_point=draw(ZERO_POINTS))
    pair = [x, other] if draw(st.booleans()) else [other, x]
    shape = tuple(max(sizes) for sizes in _sizes(x, other))
    reach = [float(np.max(np.abs(real_values(v)))) for v in pair]
    largest = reach[0] * reach[1] if kind == "Mul" else max(reach)
    return b.operator(kind, pair, shape, scale=scale_for(draw, np.array(largest)), zero_point=draw(ZERO_POINTS))


def _sizes(x: Value, other: Value) -> list[tuple[int, int]]:
    return list(zip((x.height, x.width, x.channels), (other.height, other.width, other.channels), strict=True))


def _window(draw: st.DrawFn, b: QdqBuilder, x: Value, *, dilated: bool) -> tuple[dict[str, Any], Window] | None:
    """Attributes of a pooling, and what they come to; None if it would see nothing but padding."""
    kernel = [draw(st.integers(1, 4)), draw(st.integers(1, 4))]
    strides = [draw(st.integers(1, 4)), draw(st.integers(1, 4))]
    dilations = [draw(st.integers(1, 2)), draw(st.integers(1, 2))] if dilated else [1, 1]
    pads = [draw(st.integers(0, taps - 1)) for taps in (*kernel, *kernel)]
    window = Window(tuple(kernel), tuple(strides), tuple(dilations), tuple(pads))
    ceil = draw(st.booleans())
    steps = window.steps((x.height, x.width), ceil=ceil)
    if min(steps) < 1 or not window.sees_pixels((x.height, x.width), steps) or _ends_in_padding(window, x, steps):
        return None
    attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads, "ceil_mode": int(ceil)}
    return ({**attributes, "dilations": dilations} if dilated else attributes), window


def _ends_in_padding(window: Window, x: Value, steps: tuple[int, int]) -> bool:
    """Whether one more window would begin in the padding, where ONNX's own inference of shapes counts it."""
    size = (x.height, x.width)
    return any(
        steps[axis] * window.strides[axis] >= size[axis] + window.pads[axis]
        and (steps[axis] - 1) * window.strides[axis] + window.dilations[axis] * (window.kernel[axis] - 1) + 1
        < size[axis] + window.pads[axis] + window.pads[axis + 2]
        for axis in (0, 1)
    )


def _scale_of_largest(draw: st.DrawFn, x: Value) -> tuple[np.float32, int]:
    """That of the input, or another one now and then."""
    if draw(st.booleans()):
        return x.scale, x.zero_point
    return x.scale * np.float32(draw(FILL)), draw(ZERO_POINTS)


def global_max_pool(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """GlobalMaxPool, at another scale now and then."""
    scale, zero_point = _scale_of_largest(draw, x)
    return b.operator("GlobalMaxPool", [x], (1, 1, x.channels), scale=scale, zero_point=zero_point)


def max_pool(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """MaxPool, at another scale now and then."""
    scale, zero_point = _scale_of_largest(draw, x)
    made = _window(draw, b, x, dilated=True)
    if made is None:
        return None
    attributes, window = made
    steps = window.steps((x.height, x.width), ceil=bool(attributes["ceil_mode"]))
    return b.operator("MaxPool", [x], (*steps, x.channels), scale=scale, zero_point=zero_point, **attributes)


def average_pool(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """AveragePool; its scale is often that of the input, where means lie between two steps most."""
    made = _window(draw, b, x, dilated=b.opset >= 19)
    if made is None:
        return None
    attributes, window = made
    if draw(st.integers(0, 5)) == 0:
        attributes = {"kernel_shape": [x.height, x.width]}
        window = Window((x.height, x.width), (1, 1), (1, 1), (0, 0, 0, 0))
    steps = window.steps((x.height, x.width), ceil=bool(attributes.get("ceil_mode", 0)))
    attributes["count_include_pad"] = int(draw(st.booleans()))
    scale = x.scale * np.float32(draw(FILL))
    return b.operator("AveragePool", [x], (*steps, x.channels), scale=scale, zero_point=draw(ZERO_POINTS), **attributes)


def reduce_mean(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """ReduceMean over height and width; without them left, a view puts them back."""
    axes, keep = draw(st.sampled_from([[2, 3], [-1, -2], [3, -2]])), draw(st.booleans())
    constants = [np.array(axes, np.int64)] if b.opset >= 18 else []
    attributes = {} if b.opset >= 18 else {"axes": axes}
    out = b.operator(
        "ReduceMean",
        [x],
        (1, 1, x.channels),
        scale=x.scale * np.float32(draw(FILL)),
        zero_point=draw(ZERO_POINTS),
        constants=constants,
        keepdims=int(keep),
        **attributes,
    )
    return out if keep else b.reshape(out)


def activate(draw: st.DrawFn, b: QdqBuilder, out: Value) -> None:
    """Now and then, a Relu, a Clip or nothing real between the last operator and its quantisation."""
    for kind in draw(st.lists(st.sampled_from(["Relu", "Clip", "Identity"]), max_size=2)):
        constants: list[Any] = _limits(draw, out) if kind == "Clip" else []
        b.insert(kind, constants)
