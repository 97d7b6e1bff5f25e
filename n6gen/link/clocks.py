"""A board's two clocks, held against each other. What a single clock says nobody can check."""

from __future__ import annotations

import math

import attrs

from n6gen.link.errors import ClocksDisagree

#: How far the ratio of both clocks may be from what their frequencies say. An oscillator without a crystal is exact to
#: 1 %; a clock that stops while the processor sleeps, or a PLL that was set up otherwise, is wrong by far more.
NOMINAL = 0.02
#: How far the ratio of one stretch may be from that of the session up to then.
DRIFT = 0.005
#: Stretches in which the slower clock ticked less than this often say nothing: a tick would be a part of them.
_RESOLVED = 1000


@attrs.define
class Clocks:
    """Both clocks' frequencies in Hz (the second 0: there is none), and the ticks of all stretches so far."""

    first_hz: int
    second_hz: int
    first: int = 0
    second: int = 0

    @property
    def ratio(self) -> float | None:
        """Time by the second clock over time by the first; 1 if they agree, None if that is not known."""
        return self._ratio(self.first, self.second)

    def add(self, first: int, second: int) -> None:
        """Add a stretch that took so many ticks on each; raises ClocksDisagree."""
        if not self.second_hz:
            return
        before, now = self.ratio, self._ratio(first, second)
        self.first += first
        self.second += second
        if now is None:
            # Short stretches are judged together.
            before, now = None, self.ratio
        if now is None:
            return
        if abs(now - 1) > NOMINAL:
            raise _disagree(f"by {now - 1:+.2%}, {NOMINAL:.1%} is allowed")
        if before is not None and abs(now / before - 1) > DRIFT:
            raise _disagree(f"otherwise than before, by {now / before - 1:+.2%}; {DRIFT:.1%} is allowed")

    def _ratio(self, first: int, second: int) -> float | None:
        if not self.second_hz:
            return None
        longer = max(first / self.first_hz, second / self.second_hz)
        if longer * min(self.first_hz, self.second_hz) < _RESOLVED:
            return None
        return (second * self.first_hz) / (first * self.second_hz) if first else math.inf


def _disagree(how: str) -> ClocksDisagree:
    return ClocksDisagree(
        f"the board's two clocks disagree {how}",
        "Does the processor's clock stop while it sleeps? Are its PLLs set up as its board layer says?",
    )
