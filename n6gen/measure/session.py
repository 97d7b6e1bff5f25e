"""What a session measured, and what that says: the one object that reports, gates and comparisons are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.link import Hello, Sample, Selftest
from n6gen.link.inbox import Counts
from n6gen.measure.conditions import session_conditions
from n6gen.measure.epochs import split, with_costs
from n6gen.measure.facts import Facts
from n6gen.measure.profile import Profile
from n6gen.measure.published import beside
from n6gen.measure.reference import Agreement
from n6gen.measure.sessions import SCHEMA
from n6gen.measure.statistics import Summary, summarise

#: The stages that a session reports, in the order in which a frame passes them.
STAGES = ("input", "network", "decode", "present")
#: Their sum: what a frame costs the processor.
TOTAL = "total"

Cost = Mapping[str, float]


@attrs.frozen(eq=False)
class FrameResult:
    """One frame: its cost by stage in the session's unit, the device's mask, and how far others agree with it.

    `agreement` is None where nobody but the board saw the frame.
    """

    name: str
    cost: Cost
    mask: npt.NDArray[np.uint8]
    agreement: Agreement | None


@attrs.frozen
class Window:
    """One window: the inputs it ran over, how long it was on the device's clock, and its samples by stage."""

    frames: Sequence[str]
    seconds: float
    samples: Mapping[str, Sequence[float]]


@attrs.frozen
class Rate:
    """How a running camera was kept up with: frames a second end to end, and how many of `frames` were missed.

    `wait` and `loop`: median of the wait for a new frame, and of a whole pass with it, in the session's unit.
    """

    fps: float
    dropped: int
    frames: int
    wait: float
    loop: float


@attrs.frozen(eq=False)
class Measured:
    """What came from the board. `cold`: the first inference; `repeated`: how many windows the link lost, run again.

    `clock_ratio`: time by the board's second clock over time by its first.
    """

    frames: Sequence[FrameResult]
    windows: Sequence[Window] = ()
    cold: Cost | None = None
    rate: Rate | None = None
    repeated: int = 0
    selftest: Selftest | None = None
    clock_ratio: float | None = None
    profile: Profile | None = None


@attrs.frozen(eq=False)
class Session:
    """What was measured, and under which conditions."""

    facts: Facts
    hello: Hello
    counts: Counts
    measured: Measured

    @property
    def exact(self) -> bool | None:
        """Whether every pixel of every mask equals the integer reference; None if there was nothing to compare with."""
        agreements = [frame.agreement for frame in self.measured.frames]
        return None if None in agreements else all(found and found.mask_exact == 1.0 for found in agreements)

    @property
    def stages(self) -> dict[str, Summary]:
        """Order statistics of each stage: over the frames, or over the windows' samples if there are windows."""
        deterministic = self.facts.method.name == "deterministic"
        tick = self.facts.unit.per_tick
        return {
            name: summarise(samples, tick=tick, deterministic=deterministic)
            for name, samples in self._samples().items()
        }

    def _samples(self) -> dict[str, list[float]]:
        windows, frames = self.measured.windows, self.measured.frames
        names = (*STAGES, TOTAL)
        if windows:
            return {name: [sample for window in windows for sample in window.samples[name]] for name in names}
        return {name: [frame.cost[name] for frame in frames] for name in names}

    def as_json(self) -> dict[str, Any]:
        """The session as JSON values, as docs/session.schema.json describes them; masks are files of their own."""
        facts, measured = self.facts, self.measured
        conditions = session_conditions(facts, self.hello, self.counts, measured)
        stages = {name: _values(summary) for name, summary in self.stages.items()}
        values: dict[str, Any] = {
            "schema": SCHEMA,
            "id": facts.id,
            "started": facts.started,
            "unit": facts.unit.name,
            "emulated": facts.emulated,
            "resolution_of_clock": facts.unit.per_tick,
            "method": attrs.asdict(facts.method),
            "verdict": {"exact": self.exact},
            "stages": stages,
            "cold": None if measured.cold is None else dict(measured.cold),
            "rate": None if measured.rate is None else attrs.asdict(measured.rate),
            "windows": [attrs.asdict(window) for window in measured.windows],
            "repeated_windows": measured.repeated,
            "frames": [{"name": f.name, **_shares(f.agreement), "cost": dict(f.cost)} for f in measured.frames],
            **({} if measured.profile is None else {"profile": measured.profile.as_json()}),
            "published": beside(facts, conditions, self._samples()),
            "model": dict(facts.model),
            "network": dict(facts.network),
            "memory": dict(facts.memory),
            "conditions": conditions,
        }
        epochs = with_costs(facts.epochs, values.get("profile"))
        return values | {"epochs": epochs, "split": split(epochs, facts.unit.digits)}


def _shares(agreement: Agreement | None) -> dict[str, float | None]:
    """Agreements as JSON values; null where nothing was compared."""
    return dict.fromkeys(attrs.fields_dict(Agreement)) if agreement is None else attrs.asdict(agreement)


def _values(summary: Summary) -> dict[str, Any]:
    interval, spread = summary.p50_interval, summary.mad
    return attrs.asdict(summary) | {
        # A difference of two decimal fractions has digits that nobody measured.
        "mad": None if spread is None else round(spread, 6),
        "p50_interval": None if interval is None else list(interval),
    }


def cost_of(sample: Sample, facts: Facts) -> dict[str, float]:
    """The stages of one pass, and their sum, in the session's unit."""
    ticks = {name: getattr(sample, name) for name in STAGES}
    return {name: facts.unit.of(value) for name, value in (ticks | {TOTAL: sum(ticks.values())}).items()}
