"""Two clocks of one board: agreement, disagreement, and stretches that are too short to tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.link import Client, ClocksDisagree
from n6gen.link.clocks import DRIFT, NOMINAL, Clocks
from n6gen.link.protocol import Sample
from tests.link.fake_board import FakeBoard

CPU, TIMER = 800_000_000, 375_000


def stretch(seconds: float, faster: float = 0.0) -> tuple[int, int]:
    return round(seconds * CPU), round(seconds * TIMER * (1 + faster))


def test_clocks_that_agree() -> None:
    """Their ratio is known, and near 1."""
    clocks = Clocks(CPU, TIMER)
    assert clocks.ratio is None
    for _ in range(100):
        clocks.add(*stretch(0.021, 0.008))
    assert clocks.ratio == pytest.approx(1.008, abs=1e-4)


@pytest.mark.parametrize("faster", [-1.0, -0.5, -0.021, 0.021, 1.0])
def test_clocks_that_run_at_another_rate(faster: float) -> None:
    """Either way, by how much does not matter; a clock that stands still, too."""
    with pytest.raises(ClocksDisagree, match=r"the board's two clocks disagree by [+-].*%, 2\.0% is allowed"):
        Clocks(CPU, TIMER).add(*stretch(1, faster))


@pytest.mark.parametrize("ticks", [(0, TIMER), (1, TIMER)])
def test_a_first_clock_that_stands_still(ticks: tuple[int, int]) -> None:
    """As the core's counter would if it stopped while the core sleeps."""
    with pytest.raises(ClocksDisagree):
        Clocks(CPU, TIMER).add(*ticks)


def test_clocks_that_drift_apart() -> None:
    """Within what is allowed from nominal, but not like before."""
    clocks = Clocks(CPU, TIMER)
    clocks.add(*stretch(1, -0.003))
    clocks.add(*stretch(1, 0.001))
    with pytest.raises(ClocksDisagree, match=r"otherwise than before, by \+0\.\d+%; 0\.5% is allowed"):
        clocks.add(*stretch(1, 0.008))


def test_short_stretches_are_judged_together() -> None:
    """One alone says nothing; many say it."""
    clocks = Clocks(CPU, TIMER)
    clocks.add(*stretch(0.0005, 0.5))
    assert clocks.ratio is None
    for _ in range(2):
        clocks.add(*stretch(0.0005, 0.5))
    with pytest.raises(ClocksDisagree):
        clocks.add(*stretch(0.0005, 0.5))


def test_a_board_with_one_clock() -> None:
    """Is not judged, and nothing is known."""
    clocks = Clocks(CPU, 0)
    clocks.add(CPU, 0)
    assert clocks.ratio is None


@given(st.lists(st.floats(0.001, 20), min_size=1, max_size=30), st.floats(-0.01, 0.01))
def test_good_clocks_are_never_refused(seconds: list[float], faster: float) -> None:
    """Whatever the stretches' lengths, ticks that are cut off do not look like drift."""
    clocks = Clocks(CPU, TIMER)
    for length in seconds:
        first, second = stretch(length, faster)
        clocks.add(first, second - 1)
    assert clocks.ratio is None or abs(clocks.ratio - 1 - faster) < DRIFT < NOMINAL


@pytest.mark.parametrize("faster", [-0.4, 0.03])
def test_a_window_whose_clocks_disagree_is_not_used(faster: float) -> None:
    """The client refuses it by name, before anybody sees a sample."""

    class Skewed(FakeBoard):
        def end(self, made: list[Sample], **_: float) -> None:
            super().end(made, faster=faster)

        def samples(self, frames: int, repeat: int) -> None:
            made = [Sample(0, 1, 0, 0, 3_200_000, 0, 0, 3_200_000)]
            self.say("sample", i=0, frame=1, wait=0, input=0, network=3_200_000, decode=0, present=0, loop=3_200_000)
            self.end(made)

    with Skewed() as board:
        client = Client(board.port)
        client.hello()
        with pytest.raises(ClocksDisagree):
            client.run(1, timeout=5)
