"""A session: frames shown to a running board, samples and masks taken, each mask compared with the host's reference.

On a deterministic clock one inference a frame says all; a second one must give the same sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.errors import BoardError
from n6gen.link import Client, Sample
from n6gen.measure.frames import Frame
from n6gen.measure.reference import Agreement, HostReference
from n6gen.measure.statistics import Summary, summarise

#: The stages that a session reports, in the order in which a frame passes them.
STAGES = ("input", "network", "decode", "present")
#: Two runs of one frame may fall differently onto the clock's ticks.
_PHASE_TICKS = 1


class Camera(Protocol):
    """A camera that can be fed."""

    def post(self, frame: npt.NDArray[np.uint8]) -> int:
        """Show a frame, uint8 RGB [side, side, 3]; returns its number."""


@attrs.frozen(eq=False)
class FrameResult:
    """One frame: its cost by stage in the session's unit, the device's mask, and how far others agree with it."""

    name: str
    cost: Mapping[str, int]
    mask: npt.NDArray[np.uint8]
    agreement: Agreement


@attrs.frozen(eq=False)
class Session:
    """What was measured, and under which conditions."""

    unit: str
    stages: Mapping[str, Summary]
    frames: Sequence[FrameResult]
    conditions: Mapping[str, Any]

    @property
    def exact(self) -> bool:
        """Whether every pixel of every mask equals the integer reference."""
        return all(frame.agreement.mask_exact == 1.0 for frame in self.frames)

    def as_json(self) -> dict[str, Any]:
        """The session as JSON values; masks are files of their own."""
        return {
            "unit": self.unit,
            "stages": {name: attrs.asdict(summary) for name, summary in self.stages.items()},
            "frames": [{"name": f.name, **attrs.asdict(f.agreement), "cost": dict(f.cost)} for f in self.frames],
            "conditions": dict(self.conditions),
        }


def measure(
    client: Client,
    camera: Camera,
    frames: Sequence[Frame],
    reference: HostReference,
    *,
    mask_shape: tuple[int, int],
    per_tick: float,
    timeout: float,
    on_frame: Callable[[FrameResult], None],
) -> list[FrameResult]:
    """Run every frame; `on_frame` is called after each, while the board still shows it.

    `mask_shape` is (height, width) in pixels; `per_tick` turns ticks into the session's unit; `timeout` bounds one
    inference, in seconds.
    Raises BoardError if the board fails, hangs, or gives two samples of one frame that differ.
    """
    results = []
    for frame in frames:
        camera.post(frame.pixels)
        first, second = client.run(1, 2, timeout=2 * timeout)
        _must_repeat(frame.name, first, second)
        mask = _shaped(client.mask(), mask_shape)
        cost = {name: round(getattr(first, name) * per_tick) for name in STAGES}
        results.append(FrameResult(frame.name, cost, mask, reference.agreement(frame.pixels, mask)))
        on_frame(results[-1])
    return results


def _shaped(data: bytes, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    if len(data) != shape[0] * shape[1]:
        raise BoardError(f"the board sent a mask of {len(data)} bytes for {shape[0]}×{shape[1]} pixels")
    return np.frombuffer(data, np.uint8).reshape(shape)


def summaries(results: Sequence[FrameResult]) -> dict[str, Summary]:
    """Order statistics of each stage over the frames."""
    return {name: summarise([result.cost[name] for result in results]) for name in STAGES}


def _must_repeat(name: str, first: Sample, second: Sample) -> None:
    for stage in STAGES:
        one, two = getattr(first, stage), getattr(second, stage)
        if abs(one - two) > _PHASE_TICKS:
            raise BoardError(
                f"{name}: {stage} took {one} ticks, then {two} on the same frame; the clock is not deterministic",
                "Report this: the emulated clock must repeat.",
            )
