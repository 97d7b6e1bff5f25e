"""Random Gemm, MatMul, ConvTranspose and grouped Conv for random networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from tests.support.qdq import QdqBuilder, Value
from tests.support.random_operators import ZERO_POINTS


def _weights(
    draw: st.DrawFn, b: QdqBuilder, x: Value, shape: tuple[int, ...], axis: int, taps: int, bias: int
) -> tuple[list[str], np.float32]:
    """Names of dequantised weights with scales along `axis`, and of a bias if it has channels; a scale for the sum."""
    name = f"product_{len(b.nodes)}"
    per_channel = draw(st.booleans())
    middle = 0.01 / np.sqrt(taps)
    scale = b.rng.uniform(0.3 * middle, 2 * middle, shape[axis] if per_channel else ()).astype(np.float32)
    values = b.rng.integers(draw(st.sampled_from([-127, -128])), 128, shape).astype(np.int8)
    names = [f"{name}_w"]
    zeros = np.zeros(scale.shape, np.int8)
    inputs = [b.constant(f"{name}_w_{key}", each) for key, each in (("q", values), ("s", scale), ("z", zeros))]
    b.dequantise(inputs, names[0], **({"axis": axis} if per_channel else {}))
    spread = 73.0 * 73.0 * np.sqrt(taps)
    if bias:
        names.append(f"{name}_b")
        scales = (np.float32(x.scale) * np.resize(scale, bias if per_channel else ())).astype(np.float32)
        inputs = [
            b.constant(f"{name}_b_q", (b.rng.standard_normal(bias) * spread).astype(np.int32)),
            b.constant(f"{name}_b_s", scales),
            b.constant(f"{name}_b_z", np.zeros(scales.shape, np.int32)),
        ]
        b.dequantise(inputs, names[1], **({"axis": 0} if per_channel else {}))
    return names, np.float32(x.scale * float(np.median(scale)) * spread / b.rng.uniform(20, 80))


def gemm(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value, kind: str | None = None) -> Value:
    """The flattened image times a matrix, turned or not, with a bias or without, or MatMul; then rank 4 again."""
    size, channels = x.height * x.width * x.channels, draw(st.integers(1, 7))
    flat = b.operator("Flatten", [x], x, scale=x.scale, zero_point=x.zero_point)
    kind = kind or draw(st.sampled_from(["Gemm", "MatMul"]))
    turned = draw(st.integers(0, 1)) if kind == "Gemm" else 0
    bias = channels if kind == "Gemm" and draw(st.booleans()) else 0
    shape, axis = ((channels, size), 0) if turned else ((size, channels), 1)
    names, scale = _weights(draw, b, x, shape, axis, size, bias)
    made = b.node(kind, [flat.name, *names], **({"transB": turned} if kind == "Gemm" else {}))
    return b.reshape(b.quantise(made, 1, 1, channels, scale, draw(ZERO_POINTS)))


def conv_transpose(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value | None:
    """ConvTranspose with every attribute."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, strides, dilations = draw(pair), draw(pair), draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    groups = draw(st.sampled_from([n for n in (1, 2, 3, x.channels) if x.channels % n == 0]))
    per_group = draw(st.integers(1, 3))
    pads = [draw(st.integers(0, 2)) for _ in range(4)]
    extra = [draw(st.integers(0, stride - 1)) for stride in strides]
    size = [
        strides[axis] * (length - 1) + dilations[axis] * (kernel[axis] - 1) + 1 + extra[axis]
        - pads[axis] - pads[axis + 2]
        for axis, length in enumerate((x.height, x.width))
    ]  # fmt: skip
    if min(size) < 1 or max(size) > 30:
        return None
    bias = per_group * groups if draw(st.booleans()) else 0
    taps = x.channels // groups * kernel[0] * kernel[1]
    names, scale = _weights(draw, b, x, (x.channels, per_group, *kernel), 1, taps, bias)
    made = b.node(
        "ConvTranspose",
        [x.name, *names],
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=pads,
        output_padding=extra,
        group=groups,
    )
    return b.quantise(made, size[0], size[1], per_group * groups, scale, draw(ZERO_POINTS))


def grouped_conv(draw: st.DrawFn, b: QdqBuilder, values: Sequence[Value], x: Value) -> Value:
    """Conv in groups of several channels in and out."""
    groups = draw(st.sampled_from([1, 2, 3]))
    wide = b.conv(x, groups * draw(st.integers(1, 4)), zero_point=draw(ZERO_POINTS))
    kernel = draw(st.integers(1, min(3, wide.height + 2, wide.width + 2)))
    return b.conv(
        wide,
        groups * draw(st.integers(1, 4)),
        kernel,
        groups=groups,
        pads=(1, 1, 1, 1),
        strides=(draw(st.integers(1, 2)), 1),
        zero_point=draw(ZERO_POINTS),
        lowest=draw(st.sampled_from([-127, -128])),
    )
