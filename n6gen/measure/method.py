"""How a session measures: which frames run how often, in which order. Pure: it takes samples and says what is next.

Two kinds of clock want two methods. A *deterministic* one (an emulator that counts instructions) repeats: each frame
runs twice, and both must agree. A *real* one has noise: the first inference after start is kept apart, then come
warm-up runs nobody looks at, then windows, each as long as it takes to be long enough and to have enough samples.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Literal

import attrs

from n6gen.errors import BoardError, InputError
from n6gen.link import Sample

#: The most samples that a board keeps, and so the most that one run may ask for (docs/protocol.md).
MOST_RUNS = 256
#: A window that has so many samples and is not long enough yet has a clock that does not tell the time.
_MOST_SAMPLES = 100_000

Kind = Literal["pair", "cold", "warm-up", "window", "stream"]


@attrs.frozen
class Step:
    """Let the board run `repeat` passes of frame `frame`; of `repeat` new camera frames if `kind` is "stream".

    `mask`: take the mask afterwards, it is this frame's first. `window` counts the windows.
    """

    kind: Kind
    frame: int
    repeat: int
    window: int = 0
    mask: bool = False


Steps = Generator[Step, Sequence[Sample], None]


@attrs.frozen
class Method:
    """A rule for a session. `window_s` is in seconds of the device's clock, `stream` in frames of a running camera."""

    name: Literal["deterministic", "full", "quick"]
    warmup: int = 0
    windows: int = 0
    window_s: float = 0.0
    window_samples: int = 0
    stream: int = 0

    def check(self, frames: int) -> None:
        """Raise InputError if `frames` inputs are too few for it."""
        if self.name == "full" and frames < self.windows:
            raise InputError(
                f"a full measurement takes {self.windows} different inputs, {frames} were given",
                "Give more pictures to --frames.",
                "Use --quick: the result is marked as such.",
            )

    def steps(self, frames: int, tick_hz: int) -> Steps:
        """The steps for `frames` inputs; send the samples of each step (none of a warm-up), get the next.

        Raises BoardError if a window does not get longer however many samples it has.
        """
        if self.name == "deterministic":
            for frame in range(frames):
                yield Step("pair", frame, 2, mask=True)
            return
        loop = _mean((yield Step("cold", 0, 1)))
        yield Step("warm-up", 0, self.warmup)
        for window in range(self.windows):
            loop = yield from self._window(window, frames, tick_hz, loop)
        if self.stream:
            yield Step("stream", 0, min(self.stream, MOST_RUNS))

    def _window(self, window: int, frames: int, tick_hz: int, loop: float) -> Generator[Step, Sequence[Sample], float]:
        """One window over its share of the frames, in turn; returns the mean ticks of a pass."""
        mine = list(range(window, frames, self.windows)) or [window % frames]
        count, ticks, turn = 0, 0, 0
        while turn < len(mine) or count < self.window_samples or ticks < self.window_s * tick_hz:
            missing = max(self.window_samples - count, math.ceil((self.window_s * tick_hz - ticks) / max(loop, 1.0)), 1)
            share = math.ceil(missing / max(1, len(mine) - turn))
            new = window < frames and turn < len(mine)
            samples = yield Step("window", mine[turn % len(mine)], min(share, MOST_RUNS), window, mask=new)
            count += len(samples)
            ticks += sum(sample.loop for sample in samples)
            loop = ticks / count
            turn += 1
            if count > _MOST_SAMPLES:
                raise BoardError(
                    f"{count} passes took {ticks} ticks of {tick_hz} Hz: the board's clock does not tell the time"
                )
        return loop


def _mean(samples: Sequence[Sample]) -> float:
    return sum(sample.loop for sample in samples) / len(samples)


DETERMINISTIC = Method("deterministic")
FULL = Method("full", warmup=10, windows=5, window_s=10.0, window_samples=100, stream=200)
QUICK = Method("quick", warmup=10, windows=5, window_s=2.0, window_samples=30, stream=60)


def choose(*, deterministic: bool, quick: bool) -> Method:
    """The method for a board's clock. A deterministic one is quick as it is."""
    if deterministic:
        return DETERMINISTIC
    return QUICK if quick else FULL
