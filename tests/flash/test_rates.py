"""Estimates learn: what a probe took is kept, by programmer and probe, and never gets in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from n6gen.flash import rates
from n6gen.flash.rates import Stopwatch, keep_rates, known_rates
from n6gen.programmer.base import Rates

FIRST = Rates(1.5, 0.003, 0.01)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(rates.time, "monotonic", lambda: self.now)


def test_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds a call and seconds a KiB, without what the calls cost by themselves."""
    clock = Clock(monkeypatch)
    watch = Stopwatch()
    with watch.measure("start"):
        clock.now += 2.0
    for _ in range(2):
        with watch.measure("write", 100 << 10):
            clock.now += 3.0
    with watch.measure("read", 200 << 10):
        clock.now += 2.5
    made = watch.rates(FIRST)
    assert made == Rates(start_s=2.0, read_s=pytest.approx(0.5 / 200), write_s=pytest.approx(2.0 / 200))
    assert watch.seconds == pytest.approx(10.5)


def test_too_little_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes say nothing; a call that failed is not counted."""
    clock = Clock(monkeypatch)
    watch = Stopwatch()
    with watch.measure("write", 4096):
        clock.now += 3.0
    with pytest.raises(ValueError, match="x"), watch.measure("read", 1 << 20):
        raise ValueError("x")
    assert watch.rates(FIRST) == FIRST


def test_kept_by_programmer_and_probe() -> None:
    """Whatever characters a serial number has."""
    keep_rates("stm32cubeprogrammer", "5&1E237D3C&0&3", Rates(1, 2, 3))
    assert known_rates("stm32cubeprogrammer", "5&1E237D3C&0&3", FIRST) == Rates(1, 2, 3)
    assert known_rates("probe-rs", "5&1E237D3C&0&3", FIRST) == FIRST


def test_never_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A broken file, or a folder that cannot be written, costs the estimate only."""
    keep_rates("virtual", "virtual-0", Rates(1, 2, 3))
    file = Path(os.environ["N6GEN_STATE_DIR"]) / "rates" / "virtual-virtual-0.json"
    for text in ("{", "[]", '{"start_s": 1}'):
        file.write_text(text)
        assert known_rates("virtual", "virtual-0", FIRST) == FIRST
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("N6GEN_STATE_DIR", str(tmp_path / "file"))
    keep_rates("virtual", "virtual-0", Rates(1, 2, 3))
