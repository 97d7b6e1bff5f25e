"""Channels whose bias fills int32, beside onnxruntime with biases of 64 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu.lower import lower
from n6gen.compiler.cpu.squeeze import Sums, squeeze
from n6gen.errors import InputError
from n6gen.model.import_qdq import import_qdq
from tests.compiler.checking import images
from tests.compiler.on_host import HostCompiler, compare
from tests.support.qdq import QdqBuilder


@pytest.mark.parametrize("transposed", [False, True])
def test_channels_that_a_bias_at_the_limit_fixes(tmp_path: Path, sanitized: HostCompiler, *, transposed: bool) -> None:
    """Filters next to nothing, at a scale at which the bias just fits int32: one value, or two, or an ordinary one."""
    b = QdqBuilder(5, 5, 8, zero_point=-119)
    limit = 2**31 - 100  # onnxruntime's own QLinearConv wraps around here
    bias = np.array([-limit, limit, 1000], np.int32)
    weights = b.rng.integers(-7, 8, (3, 8, 3, 3)).astype(np.int8)
    weights = weights.transpose(1, 0, 2, 3) if transposed else weights
    # The first two sums are 16.3 and 24.5 steps of the output, give or take next to nothing.
    scale = np.array([16.3, 24.5, 2e6], np.float32) / np.float32(limit) * np.float32(0.1) / b.input.scale
    axis = {"axis": int(transposed)}
    zeros = [np.zeros(3, np.int8), np.zeros(3, np.int32)]
    b.dequantise([b.constant("q", weights), b.constant("s", scale), b.constant("z", zeros[0])], "w", **axis)
    scales = [b.constant("bias_s", scale * b.input.scale), b.constant("bias_z", zeros[1])]
    b.dequantise([b.constant("bias_q", bias), *scales], "bias", axis=0)
    made = b.node("ConvTranspose" if transposed else "Conv", [b.input.name, "w", "bias"])
    side = 7 if transposed else 3
    proto = b.model(b.quantise(made, side, side, 3, 0.1, 3))
    compare(sanitized, proto, tmp_path / "network", "c", images(5, 5, 8))
    (layer,) = lower(import_qdq(proto)).layers
    assert layer.operation.dead == 1
    assert layer.operation.bias[0] == -limit
    assert not layer.operation.weights[0].any()
    assert layer.operation.weights[1].any()
    assert layer.operation.bias[1] < 2**30 + 2**20
    assert layer.operation.multiplier[1] > layer.operation.multiplier[0]


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_an_overflowing_channel_is_refused_by_name(kind: str) -> None:
    """Node, channel and the sum it can reach are named, if its sums become more than two values."""
    b = QdqBuilder(4, 4, 256, zero_point=127)
    shape = (1, 256, 3, 3) if kind == "Conv" else (256, 1, 3, 3)
    scale = np.float32(0.5)
    b.dequantise([b.constant("q", np.full(shape, 127, np.int8)), b.constant("s", scale)], "w")
    bias_scale = b.constant("bias_s", scale * b.input.scale)
    b.dequantise([b.constant("bias_q", np.array([2**31 - 1000], np.int32)), bias_scale], "bias")
    made = b.node(kind, [b.input.name, "w", "bias"], "decoder/up")
    # The bias is 120 steps of the output, the inputs take four.
    side = 2 if kind == "Conv" else 6
    out = b.quantise(made, side, side, 1, scale * float(b.input.scale) * 2**31 / 120, 0)
    with pytest.raises(InputError, match=r"^decoder/up: the sum of channel 0 can reach 21\d{8}, which int32") as error:
        lower(import_qdq(b.model(out)))
    assert error.value.things_to_try


@settings(max_examples=200, deadline=None)
@given(
    middle=st.floats(-120, 120),
    sign=st.sampled_from([-1, 1]),
    width=st.integers(1, 8_000_000),
    near=st.integers(0, 300_000),
    zero_point=st.sampled_from([-128, -3, 127]),
    at=st.lists(st.floats(0, 1), min_size=20, max_size=20),
)
def test_squeezed_channels_keep_every_value(
    middle: float, sign: int, width: int, near: int, zero_point: int, at: list[float]
) -> None:
    """At the ends of what the sum can reach, in the middle, and around the sum where the value changes."""
    bias = sign * (2**31 - near)
    multiplier = np.float32(abs(middle) / 2**31)
    sums = Sums(bias - width // 2, bias + width // 2, multiplier, (-128 - zero_point, 127 - zero_point))
    moved = squeeze(sums, 2**30 + 2**24)
    if moved is None:
        assert sums.is_constant or width * float(multiplier) > 0.9
        return
    shift, larger = moved
    totals = [sums.lowest + int(share * width) for share in at] + [sums.lowest, sums.highest]
    change = next((total for total in sorted(totals) if sums.value(total) != sums.value(sums.lowest)), sums.highest)
    begin = sums.lowest
    while change - begin > 1:  # to the very sum
        half = (begin + change) // 2
        begin, change = (half, change) if sums.value(half) == sums.value(sums.lowest) else (begin, half)
    for total in [*totals, begin, change]:
        steps = np.clip(np.rint(np.float32(total + shift) * larger), *sums.limits)
        assert steps == sums.value(total)
