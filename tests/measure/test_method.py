"""The method: what runs how often, for any number of inputs and any speed of board. Nothing here is a board."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.errors import BoardError, InputError
from n6gen.link import Sample
from n6gen.measure.method import DETERMINISTIC, FULL, MOST_RUNS, QUICK, Method, Step, choose

HZ = 1_000_000


def sample(loop: int) -> Sample:
    return Sample(0, 0, 0, 1, loop - 3, 1, 1, loop)


def walk(method: Method, frames: int, loop: Callable[[int], int], hz: int = HZ) -> list[tuple[Step, int]]:
    """All steps for a board whose pass number p takes `loop(p)` ticks; each with the ticks it took."""
    steps = method.steps(frames, hz)
    done: list[tuple[Step, int]] = []
    step, passes = next(steps), 0
    while True:
        taken = [sample(loop(passes + i)) for i in range(step.repeat)]
        passes += step.repeat
        done.append((step, sum(s.loop for s in taken)))
        try:
            step = steps.send(taken)
        except StopIteration:
            return done


def test_a_deterministic_clock_wants_a_pair_a_frame() -> None:
    """Each frame runs twice, its mask is taken, and that is all."""
    assert [step for step, _ in walk(DETERMINISTIC, 3, lambda p: 100)] == [
        Step("pair", i, 2, mask=True) for i in range(3)
    ]


@pytest.mark.parametrize("method", [FULL, QUICK], ids=lambda method: method.name)
@given(frames=st.integers(1, 40), loop=st.integers(300, 2_000_000), jitter=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_windows_are_long_enough_and_have_enough_samples(method: Method, frames: int, loop: int, jitter: int) -> None:
    """Cold first, then warm-up, then five windows; every input is in one, every mask is taken once."""
    done = walk(method, frames, lambda p: loop + p * 7919 % (jitter + 1))
    assert [step.kind for step, _ in done[:2]] == ["cold", "warm-up"]
    assert (done[0][0].repeat, done[1][0].repeat) == (1, 10)
    assert done[-1][0].kind == "stream"
    windows = [(step, ticks) for step, ticks in done if step.kind == "window"]
    assert windows == done[2:-1]
    assert [step.window for step, _ in windows] == sorted(step.window for step, _ in windows)
    for number in range(5):
        mine = [(step, ticks) for step, ticks in windows if step.window == number]
        assert sum(ticks for _, ticks in mine) >= method.window_s * HZ
        assert sum(step.repeat for step, _ in mine) >= method.window_samples
    assert {step.frame for step, _ in windows} == set(range(frames))
    assert sorted(step.frame for step, _ in windows if step.mask) == list(range(frames))
    assert all(1 <= step.repeat <= MOST_RUNS for step, _ in done)


@pytest.mark.parametrize("loop", [1000, 45_000, 3_000_000])
def test_windows_are_not_much_longer_than_they_must_be(loop: int) -> None:
    """A steady board is measured for hardly more than ten seconds, or a hundred samples, a window."""
    done = walk(FULL, 5, lambda p: loop)
    for number in range(5):
        mine = [(step, ticks) for step, ticks in done if step.kind == "window" and step.window == number]
        least = max(FULL.window_s * HZ, FULL.window_samples * loop)
        assert sum(ticks for _, ticks in mine) <= 1.01 * least + loop


def test_a_clock_that_stands_still_is_named() -> None:
    """Windows that never get longer end in an error, not in an endless session."""
    with pytest.raises(BoardError, match="does not tell the time"):
        walk(QUICK, 5, lambda p: 0)


def test_a_full_measurement_wants_five_inputs_and_a_quick_one_does_not() -> None:
    """The refusal says how many, and what else can be done."""
    with pytest.raises(InputError, match="5 different inputs, 4 were given") as refused:
        FULL.check(4)
    assert any("--quick" in thing for thing in refused.value.things_to_try)
    FULL.check(5)
    QUICK.check(1)
    DETERMINISTIC.check(1)


def test_the_clock_chooses_the_method() -> None:
    """A deterministic clock leaves no choice."""
    assert choose(deterministic=True, quick=False) is choose(deterministic=True, quick=True) is DETERMINISTIC
    assert (choose(deterministic=False, quick=True), choose(deterministic=False, quick=False)) == (QUICK, FULL)
