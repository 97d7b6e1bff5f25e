"""Conduct a session over a client: the same for a board that runs and for a recording that is played back."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.errors import BoardError
from n6gen.link import Client, Hello, NoAnswer, Sample, Selftest, WindowDamaged
from n6gen.link.profile import profile
from n6gen.measure.facts import Facts, Start, Unit
from n6gen.measure.host import Host
from n6gen.measure.method import Step
from n6gen.measure.profile import Profile, block_profile_of, profile_of
from n6gen.measure.session import STAGES, Cost, FrameResult, Measured, Rate, Session, Window, cost_of

#: Two runs of one frame may fall differently onto the clock's ticks.
_PHASE_TICKS = 1
#: A window whose samples were damaged on the link is run again so often. What arrived whole is never run again.
_ATTEMPTS = 3
#: A board gives a sign of life between two passes, but not more often than this, in seconds.
_BEAT_S = 1.0
#: Steps whose passes count as a frame's cost.
_JUDGED = ("pair", "window")
_WHOLE = ("wait", "loop")
#: One hello to a board that may just be starting is waited for this long, in seconds; so often it is said to one that
#: is ready.
_HELLO_S = 2.0
_HELLOS = 5


class DidNotRun(BoardError):  # noqa: N818 - the name says what happened
    """The board was never reached: nothing was measured, so trying again chooses no result."""


def begin(client: Client, start: Start, timeout: float) -> None:
    """Bring the board to where a session begins: its app is ready, or is asked in vain who it is.

    `timeout` bounds that, in seconds. Raises DidNotRun if it does not get there, and what Client.wait_ready raises.
    """
    try:
        if start == "reset":
            client.hello(attempts=_attempts(start, timeout), timeout=_HELLO_S)
            client.reset(timeout=timeout)
        elif start == "boot":
            client.wait_ready(timeout)
    except NoAnswer as error:
        raise DidNotRun(error.message, *error.things_to_try) from error


def greet(client: Client, start: Start, timeout: float, *, network: str, build: str) -> Hello:
    """Open a session with a board that `begin` has seen to; its hello. Raises DidNotRun if it does not answer.

    BoardError if it runs another network or build (64 hex digits each).
    """
    attempts = _attempts(start, timeout)
    try:
        return client.hello(network=network, build=build, attempts=attempts, timeout=_HELLO_S)
    except NoAnswer as error:
        raise DidNotRun(error.message, *error.things_to_try) from error


def _attempts(start: Start, timeout: float) -> int:
    """How often hello is said: as long as a board may take that is not known to be ready."""
    return _HELLOS if start == "boot" else max(1, math.ceil(timeout / _HELLO_S))


def conduct(
    client: Client,
    facts: Facts,
    host: Host,
    on_frame: Callable[[FrameResult], None] = lambda result: None,  # noqa: ARG005
) -> Session:
    """Measure by the method of `facts`; `begin` is done. `on_frame` gets each frame's result while it is shown.

    Raises DidNotRun if the board does not answer at all, BoardError if it runs another build, fails, hangs, or gives
    two samples of one frame that differ on a clock that repeats.
    """
    start, timeout = facts.start, facts.boot_timeout
    hello = greet(client, start, timeout, network=facts.network_id, build=facts.build_id)
    _must_fit(hello, facts)
    facts = attrs.evolve(facts, unit=facts.unit.at(hello.tick_hz))
    return _Conductor(client, facts, host, hello, on_frame).run()


class _Conductor:
    def __init__(
        self, client: Client, facts: Facts, host: Host, hello: Hello, on_frame: Callable[[FrameResult], None]
    ) -> None:
        self._client = client
        self._facts = facts
        self._host = host
        self._hello = hello
        self._on_frame = on_frame
        self._names = [shown.name for shown in facts.inputs]
        self._shown: int | None = None
        self._repeated = 0
        self._taken: list[tuple[Step, list[Sample]]] = []
        self._masks: dict[int, npt.NDArray[np.uint8]] = {}

    def run(self) -> Session:
        steps = self._facts.method.steps(len(self._names), self._hello.tick_hz)
        step: Step | None = next(steps)
        while step is not None:
            samples = self._take(step)
            self._taken.append((step, samples))
            if step.mask:
                self._judge(step, samples)
            try:
                step = steps.send(samples)
            except StopIteration:
                step = None
        return Session(self._facts, self._hello, self._client.counts, self._measured())

    def _take(self, step: Step) -> list[Sample]:
        """Carry a step out; once more if its samples were lost on the link."""
        if step.kind == "stream":
            self._host.release()
        elif self._shown != step.frame:
            self._host.show(step.frame)
            self._shown = step.frame
        frames, repeat = (step.repeat, 1) if step.kind == "stream" else (1, step.repeat)
        timeout, silence = step.repeat * self._facts.timeout, self._facts.timeout + _BEAT_S
        if step.kind == "warm-up":
            self._client.warm(frames, repeat, timeout=timeout, silence=silence)
            return []
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._client.run(frames, repeat, timeout=timeout, silence=silence)
            except WindowDamaged:
                self._repeated += 1
        return self._client.run(frames, repeat, timeout=timeout, silence=silence)

    def _judge(self, step: Step, samples: Sequence[Sample]) -> None:
        name = self._names[step.frame]
        if step.kind == "pair":
            _must_repeat(name, *samples)
        self._masks[step.frame] = mask = _shaped(self._client.mask(), self._hello.mask_shape)
        self._on_frame(self._result(step.frame, mask, cost_of(samples[0], self._facts)))

    def _result(self, frame: int, mask: npt.NDArray[np.uint8], cost: Cost) -> FrameResult:
        agreement = self._host.references(frame).agreement(mask) if self._facts.compared else None
        return FrameResult(self._names[frame], cost, mask, agreement)

    def _measured(self) -> Measured:
        """Sort what was taken."""
        # Of an app that ran before nobody knows what it did first.
        started = self._facts.start != "running"
        cold = next((samples[0] for step, samples in self._taken if step.kind == "cold" and started), None)
        stream = [sample for step, samples in self._taken if step.kind == "stream" for sample in samples]
        return Measured(
            frames=[self._result(frame, mask, self._typical(frame)) for frame, mask in self._masks.items()],
            windows=self._windows(),
            cold=None if cold is None else cost_of(cold, self._facts),
            rate=rate(stream, self._hello.tick_hz, self._facts.unit) if stream else None,
            selftest=self._selftest(),
            clock_ratio=self._client.clocks.ratio,
            profile=self._profile() if self._facts.layers or self._facts.blocks is not None else None,
            repeated=self._repeated,
        )

    def _profile(self) -> Profile:
        """The layers' costs on the first frame; once more if they were lost on the link."""
        for attempt in itertools.count(1):
            # Each takes a frame of its own.
            self._host.show(0)
            try:
                ticks = profile(self._client, timeout=self._facts.timeout)
                break
            except WindowDamaged:
                if attempt == _ATTEMPTS:
                    raise
                self._repeated += 1
        deterministic = self._facts.method.name == "deterministic"
        network, unit = self._typical_pass(0).network, self._facts.unit
        if self._facts.blocks is not None:
            return block_profile_of(self._names[0], self._facts.blocks, ticks, network, unit)
        return profile_of(self._names[0], self._facts.layers, ticks, network, unit, deterministic=deterministic)

    def _selftest(self) -> Selftest | None:
        """What a real board finds out about itself, last of all: it warms what a first inference must find cold."""
        if self._facts.emulated:
            return None
        found = self._client.selftest()
        if found.problem:
            raise BoardError(f"the board failed its self-test: {found.problem}", "Run `n6gen flash --force`.")
        return found

    def _typical(self, frame: int) -> Cost:
        """What a frame cost."""
        return cost_of(self._typical_pass(frame), self._facts)

    def _typical_pass(self, frame: int) -> Sample:
        """The pass of a frame with the median total."""
        passes = [s for step, samples in self._taken if step.frame == frame and step.kind in _JUDGED for s in samples]
        ordered = sorted(passes, key=lambda sample: sum(getattr(sample, name) for name in STAGES))
        # On a clock that repeats the first of the pair counts, as both are the same to a tick.
        deterministic = self._facts.method.name == "deterministic"
        return passes[0] if deterministic else ordered[(len(ordered) - 1) // 2]

    def _windows(self) -> list[Window]:
        windows = []
        for number in range(self._facts.method.windows):
            steps = [(s, samples) for s, samples in self._taken if s.kind == "window" and s.window == number]
            passes = [sample for _, samples in steps for sample in samples]
            costs = [cost_of(sample, self._facts) for sample in passes]
            windows.append(
                Window(
                    frames=list(dict.fromkeys(self._names[step.frame] for step, _ in steps)),
                    seconds=round(sum(sample.loop for sample in passes) / self._hello.tick_hz, 6),
                    samples={name: [cost[name] for cost in costs] for name in costs[0]},
                )
            )
        return windows


def rate(samples: Sequence[Sample], tick_hz: int, unit: Unit) -> Rate:
    """Frames a second of at least one pass with a new camera frame each; frames missed by gaps in their numbers."""
    ticks = sum(sample.loop for sample in samples)
    dropped = sum(max(0, after.frame - before.frame - 1) for before, after in itertools.pairwise(samples))
    wait, loop = (unit.of(statistics.median_low(getattr(sample, name) for sample in samples)) for name in _WHOLE)
    return Rate(round(len(samples) * tick_hz / max(1, ticks), 3), dropped, len(samples) + dropped, wait, loop)


def _shaped(data: bytes, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    if len(data) != shape[0] * shape[1]:
        raise BoardError(f"the board sent a mask of {len(data)} bytes for {shape[0]}×{shape[1]} pixels")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _must_fit(hello: Hello, facts: Facts) -> None:
    board = facts.conditions["board"]
    # What a tick is depends on the board, whatever link leads to it: a count of instructions must not become a time.
    if hello.board != board:
        raise BoardError(f"the board says that it is a {hello.board}, the build is for {board}")
    wanted = tuple(facts.conditions["resolution"])
    if hello.input_shape != wanted:
        has, takes = ("×".join(map(str, shape)) for shape in (wanted, hello.input_shape))
        raise BoardError(f"the frames have {has} pixels, the board's network takes {takes}")


def _must_repeat(name: str, first: Sample, second: Sample) -> None:
    for stage in STAGES:
        one, two = getattr(first, stage), getattr(second, stage)
        if abs(one - two) > _PHASE_TICKS:
            raise BoardError(
                f"{name}: {stage} took {one} ticks, then {two} on the same frame; the clock is not deterministic",
                "Report this: the emulated clock must repeat.",
            )
