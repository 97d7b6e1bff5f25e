"""The published row beside a result."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from n6gen.measure.facts import Facts
from n6gen.measure.published import beside
from tests.measure.clocked import facts, frames

SAMPLES = {"network": [20.0, 21.0, 22.0], "decode": [1.0, 2.0, 9.0], "input": [5.0] * 3}


def known(**changes: Any) -> dict[str, Any]:
    return {"compiler": {"name": "stedgeai", "version": "4.0.0"}, "clock": {"tick_hz": 800_000_000}} | changes


@pytest.fixture
def session() -> Facts:
    return facts(frames(1))


def test_a_cut_network_is_compared_with_its_decode(session: Facts) -> None:
    """The published figure has the last Resize in it; the ratio says what was added up, sample by sample."""
    found = beside(session, known(), SAMPLES)
    assert found is not None
    assert found["row"]["ms"] == 40.86
    assert (found["compared"], found["measured"]) == (["network", "decode"], 23.0)
    assert found["ratio"] == pytest.approx(23 / 40.86, abs=1e-4)
    assert any("head is cut" in text for text in found["unlike"])
    assert any("not published" in text for text in found["unlike"])
    assert found["row"]["source"].startswith("https://github.com/STMicroelectronics/stm32ai-modelzoo/blob/e9fc1c2/")


def test_a_whole_network_is_compared_alone(session: Facts) -> None:
    """With the head kept, decode is not part of it."""
    kept = attrs.evolve(session, model={**session.model, "rewrites": []})
    found = beside(kept, known(), SAMPLES)
    assert found is not None
    assert (found["compared"], found["measured"]) == (["network"], 21.0)


def test_unlike_versions_are_named(session: Facts) -> None:
    """A row of another compiler's version is shown, and said to be."""
    found = beside(session, known(compiler={"name": "stedgeai", "version": "3.0.0"}), SAMPLES)
    assert found is not None
    assert "compiled by stedgeai 3.0.0, the row by stedgeai 4.0.0" in found["unlike"]


@pytest.mark.parametrize("unit", ["instructions", "ms"])
def test_an_emulated_count_is_never_set_against_a_time(session: Facts, unit: str) -> None:
    """Neither as instructions, nor if somebody called them ms."""
    emulated = attrs.evolve(session, emulated=True, unit=attrs.evolve(session.unit, name=unit))
    assert beside(emulated, known(), SAMPLES) is None
    counted = attrs.evolve(session, unit=attrs.evolve(session.unit, name="instructions"))
    assert beside(counted, known(), SAMPLES) is None


def test_a_network_of_ones_own_has_no_row(session: Facts) -> None:
    """Only the very files that were published have figures to compare with."""
    own = attrs.evolve(session, model={"name": "mine_320.onnx", "rewrites": []})
    assert beside(own, known(), SAMPLES) is None
