"""Where outputs may be rounded by an addition of 1.5 * 2^23: compared with the definition, sum by sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.compiler.cpu.program import Conv
from n6gen.compiler.cpu.rounding import rounding

_FAST = 0x4B400000


def _conv(weights: list[int], bias: int, multiplier: float) -> Conv:
    taps = np.array(weights, np.int8).reshape(1, 1, 1, -1)
    return Conv(
        taps, np.array([bias], np.int32), np.array([multiplier], np.float32), (1, 1), (1, 1), (0, 0, 0, 0), 1, 0
    )


def _added(sums: np.ndarray, multiplier: np.float32, word: int) -> np.ndarray:
    """What the fast kernels do: the low 16 bits of a float32 sum, clamped to int8."""
    real = sums.astype(np.float32) * multiplier + np.uint32(word).view(np.float32)
    low = real.view(np.uint32).astype(np.uint16).view(np.int16)
    return np.clip(low, -128, 127)


def _defined(sums: np.ndarray, multiplier: np.float32, zero_point: int) -> np.ndarray:
    return np.clip(np.rint((sums.astype(np.float32) * multiplier).astype(np.float64)) + zero_point, -128, 127)


@given(
    st.lists(st.integers(-128, 127), min_size=1, max_size=4),
    st.integers(-(2**20), 2**20),
    st.one_of(st.floats(2**-20, 2.0, width=32), st.integers(-16, 2).map(lambda power: 2.0**power)),
    st.integers(-64, 63).map(lambda half: 2 * half),
)
def test_every_sum_that_can_be(weights: list[int], bias: int, multiplier: float, zero_point: int) -> None:
    """Powers of two make ties, which are most of what could go wrong."""
    conv = _conv(weights, bias, multiplier)
    word = rounding(conv, zero_point)
    if word == zero_point:
        return
    reach = 128 * sum(map(abs, weights))
    sums = np.arange(bias - reach, bias + reach + 1)
    factor = conv.multiplier[0]
    np.testing.assert_array_equal(_added(sums, factor, word), _defined(sums, factor, zero_point))


@pytest.mark.parametrize("zero_point", [-127, -1, 1, 127])
def test_an_odd_zero_point_would_round_ties_to_odd(zero_point: int) -> None:
    conv = _conv([1], 0, 0.5)
    assert rounding(conv, zero_point) == zero_point
    sums = np.arange(-100, 101)
    wrong = _added(sums, np.float32(0.5), _FAST + zero_point) != _defined(sums, np.float32(0.5), zero_point)
    assert wrong.any()


@pytest.mark.parametrize(("bias", "fast"), [(2**15 - 1 - 128 - 128 * 2 - 1, True), (2**15 - 128 * 2, False)])
def test_results_beyond_int16(bias: int, fast: bool) -> None:
    """Just within, and just beyond: there the low 16 bits would have another sign."""
    conv = _conv([1, 1], bias, 1.0)
    assert (rounding(conv, 126) != 126) == fast
    sums = np.arange(bias - 256, bias + 257)
    right = np.array_equal(_added(sums, np.float32(1), _FAST + 126), _defined(sums, np.float32(1), 126))
    assert right == fast


def test_one_channel_decides_for_all() -> None:
    one, two = _conv([1], 0, 0.25), _conv([1], 2**30, 0.25)
    both = Conv(
        np.concatenate([one.weights, two.weights]),
        np.concatenate([one.bias, two.bias]),
        np.concatenate([one.multiplier, two.multiplier]),
        (1, 1),
        (1, 1),
        (0, 0, 0, 0),
        1,
        0,
    )
    assert rounding(one, 0) == _FAST
    assert rounding(both, 0) == 0
