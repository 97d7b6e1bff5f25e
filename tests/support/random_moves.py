"""Random operators that move values, or interpolate between them, for random networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from onnx import helper

from tests.support.qdq import QdqBuilder, Value
from tests.support.random_operators import FILL, ZERO_POINTS


def resize(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """Resize by any factors or to any size, nearest or linear, with every transformation; scales change or don't."""
    mode = draw(st.sampled_from(["linear", "nearest"]))
    transformations = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
    rounding = draw(st.sampled_from(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]))
    lengths = np.array([x.height, x.width], np.float32)
    if draw(st.booleans()):
        size = [draw(st.integers(1, 12)), draw(st.integers(1, 12))]
        given: list[np.ndarray | None] = [None, None, np.array([1, x.channels, *size], np.int64)]
    else:
        factor = st.one_of(st.integers(1, 3), st.floats(0.3, 3))
        factors = np.array([draw(factor), draw(factor)], np.float32)
        size = np.floor(lengths * factors).astype(int).tolist()
        given = [np.zeros(0, np.float32), np.concatenate([np.ones(2, np.float32), factors])]
    if min(size) < 1 or max(size) > 24:
        return None
    scale, zero_point = (x.scale, x.zero_point) if draw(st.booleans()) else (x.scale * np.float32(0.8), 3)
    return b.operator(
        "Resize",
        [x],
        (size[0], size[1], x.channels),
        scale=scale,
        zero_point=zero_point,
        constants=given,
        mode=mode,
        coordinate_transformation_mode=draw(st.sampled_from(transformations)),
        nearest_mode=rounding,
    )


def pad(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Pad in every mode, with another constant than zero now and then."""
    mode = draw(st.sampled_from(["constant", "edge", "reflect", *(["wrap"] if b.opset >= 19 else [])]))
    down, along = ((size - 1 if mode == "reflect" else size) for size in (x.height, x.width))
    top, bottom, left, right = (draw(st.integers(0, min(3, most))) for most in (down, down, along, along))
    value = np.array(draw(st.integers(-150, 150)) * x.scale, np.float32) if draw(st.booleans()) else None
    same = draw(st.booleans())
    return b.operator(
        "Pad",
        [x],
        (x.height + top + bottom, x.width + left + right, x.channels),
        scale=x.scale if same else x.scale * np.float32(1.2),
        zero_point=x.zero_point if same else draw(ZERO_POINTS),
        constants=[np.array([0, 0, top, left, 0, 0, bottom, right], np.int64), value if mode == "constant" else None],
        mode=mode,
    )


def slice_(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """Slice along any axes, forward and backward, with ends beyond the tensor."""
    axes = draw(st.lists(st.sampled_from([1, 2, 3]), min_size=1, unique=True))
    size = {1: x.channels, 2: x.height, 3: x.width}
    starts, ends, steps = [], [], []
    for axis in axes:
        step = draw(st.sampled_from([1, 2, 3, -1, -2]))
        begin, end = sorted(draw(st.integers(-size[axis] - 1, size[axis] + 1)) for _ in range(2))
        starts.append(begin if step > 0 else end)
        ends.append(end if step > 0 else begin)
        steps.append(step)
        size[axis] = len(range(size[axis])[starts[-1] : ends[-1] : step])
    if 0 in size.values():
        return None
    named = [axis - 4 if draw(st.booleans()) else axis for axis in axes]
    constants = [np.array(each, np.int64) for each in (starts, ends, named, steps)]
    scale = x.scale * np.float32(draw(FILL))
    return b.operator("Slice", [x], (size[2], size[3], size[1]), scale=scale, constants=constants)


def split(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """Split into equal or unequal parts; the parts change their places and come together again."""
    axis = draw(st.sampled_from([1, 2, 3]))
    size = {1: x.channels, 2: x.height, 3: x.width}
    if size[axis] < 2:
        return None
    first = draw(st.integers(1, size[axis] - 1))
    equal = size[axis] % 2 == 0 and draw(st.booleans())
    parts = [size[axis] // 2] * 2 if equal else [first, size[axis] - first]
    made = [f"split_{len(b.nodes)}_{part}" for part in range(2)]
    inputs = [x.name] if equal else [x.name, b.constant(f"{made[0]}_sizes", np.array(parts, np.int64))]
    attributes = {"num_outputs": 2} if equal and b.opset >= 18 else {}
    b.nodes.append(helper.make_node("Split", inputs, made, name=made[0], axis=axis, **attributes))
    ends = []
    for name, part in zip(made, parts, strict=True):
        height, width, channels = ({**size, axis: part}[which] for which in (2, 3, 1))
        ends.append(b.quantise(name, height, width, channels, x.scale * np.float32(draw(FILL)), draw(ZERO_POINTS)))
    scale = max(value.scale for value in ends)
    return b.operator("Concat", ends[::-1], x, scale=scale, zero_point=draw(ZERO_POINTS), axis=axis - 4)


def concat(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Concat along height or width."""
    axis, count = draw(st.sampled_from([2, 3, -1, -2])), draw(st.integers(1, 3))
    height, width = (x.height * count, x.width) if axis in (2, -2) else (x.height, x.width * count)
    return b.operator(
        "Concat", [x] * count, (height, width, x.channels), scale=x.scale * np.float32(draw(FILL)), axis=axis
    )


def views(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Flattened, perhaps by a function or at another scale, and back as it was."""
    size = x.height * x.width * x.channels
    flat = np.array([1, size], np.int64) if draw(st.booleans()) else np.array([0, -1], np.int64)
    scale = x.scale * np.float32(draw(FILL))
    if draw(st.booleans()):
        first = b.operator("Reshape", [x], x, scale=scale, zero_point=5, constants=[flat])
    else:
        first = b.operator("Flatten", [x], x, scale=scale, zero_point=5)
    second = b.operator("Relu", [first], x, scale=scale, zero_point=draw(ZERO_POINTS))
    shape = np.array([1, x.channels, x.height, x.width], np.int64)
    third = b.operator("Reshape", [second], x, scale=scale, zero_point=-8, constants=[shape])
    return b.operator("Transpose", [third], x, scale=scale, zero_point=-8, perm=[0, 1, 2, 3])


def flat_pixel(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """One pixel, flattened by Squeeze, perhaps at another scale, and back by Unsqueeze."""
    pixel = b.pool(x, zero_point=draw(ZERO_POINTS))
    scale = pixel.scale * np.float32(draw(FILL))
    axes = [np.array(draw(st.sampled_from([[2, 3], [-1, -2], [3, -2]])), np.int64) for _ in range(2)]
    flat = b.operator("Squeeze", [pixel], pixel, scale=scale, zero_point=draw(ZERO_POINTS), constants=axes[:1])
    return b.operator("Unsqueeze", [flat], pixel, scale=scale, zero_point=draw(ZERO_POINTS), constants=axes[1:])
