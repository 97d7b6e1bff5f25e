"""One session on any board: what is known is written down, then it is measured, and whatever comes of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import attrs
from PIL.Image import Image

from n6gen.board import Board
from n6gen.compiler.network import LayerInfo
from n6gen.errors import N6genError
from n6gen.image.manifest import Manifest
from n6gen.measure.conditions import host_conditions
from n6gen.measure.conduct import DidNotRun, begin, conduct
from n6gen.measure.epochs import Epoch, epochs_of
from n6gen.measure.facts import BOOT_S, Facts, Input, Unit
from n6gen.measure.frames import Frame
from n6gen.measure.host import PICTURES, LiveHost
from n6gen.measure.memory import memory_map
from n6gen.measure.method import Method
from n6gen.measure.recording import Recorder
from n6gen.measure.reference import HostReference
from n6gen.measure.session import FrameResult, Session
from n6gen.measure.sessions import RESULT, new_session, write_error
from n6gen.measure.subject import Subject
from n6gen.tools.files import sha256_bytes, write_json

#: Digits that are kept of a time in ms: nanoseconds.
_DIGITS = 6

OnFrame = Callable[[FrameResult, Callable[[], Image] | None], None]


@attrs.frozen
class Job:
    """What to measure: the build in `folder` for `board`, by `method`.

    `frames`: what the board is shown; without any it uses `own` frames of its own camera, and nothing is known about
    the masks. `timeout` bounds one inference, `boot_timeout` getting ready, in seconds of the host.
    `layers`: those to profile, if they are to be; `blocks`: the same of a network that the NPU runs.
    """

    board: Board
    folder: Path
    manifest: Manifest
    frames: Sequence[Frame]
    method: Method
    timeout: float
    own: int = 0
    boot_timeout: float = BOOT_S
    layers: Sequence[LayerInfo] = ()
    blocks: Sequence[Epoch] | None = None

    @property
    def inputs(self) -> list[Input]:
        """The inputs, by name."""
        if not self.frames:
            return [Input(f"camera-{i:03d}", None) for i in range(self.own)]
        return [Input(frame.name, sha256_bytes(frame.pixels.tobytes())) for frame in self.frames]

    def reference(self) -> HostReference | None:
        """What knows the masks, if anything does: it takes frames that the host knows, and the model."""
        known = self.frames and self.manifest.model["file"] is not None
        return HostReference(self.folder, self.manifest) if known else None


def measure(
    subject: Subject,
    job: Job,
    *,
    on_frame: OnFrame,
    retries: int = 0,
    on_retry: Callable[[N6genError], None] = lambda error: None,  # noqa: ARG005
) -> tuple[Session, Path]:
    """Measure; the session and the folder it is kept in.

    `on_frame` gets each frame's result, and what makes a picture of the LCD if anything can, while it shows it. A
    board that was never reached is tried again up to `retries` times; whatever else happens stands. Raises BoardError
    if the board does not boot this very build, faults, hangs, or answers wrongly.
    """
    reference = job.reference()
    for _ in range(retries):
        try:
            return _session(subject, job, reference, on_frame)
        except DidNotRun as error:
            on_retry(error)
    return _session(subject, job, reference, on_frame)


def _session(subject: Subject, job: Job, reference: HostReference | None, on_frame: OnFrame) -> tuple[Session, Path]:
    now = datetime.now().astimezone()
    kept = new_session(subject.name, now)
    facts = _facts(kept.name, now, subject, job, compared=reference is not None)
    facts.write(kept)
    try:
        with Recorder(kept) as recorder, subject.up(job.folder / "app.elf", recorder.through) as up:
            host = LiveHost(job.frames, reference, up.show, up.release)
            begin(up.client, facts.start, facts.boot_timeout)
            session = conduct(up.client, facts, host, lambda result: on_frame(result, up.picture))
            host.save(kept, len(job.frames) if facts.injected else PICTURES)
    except N6genError as error:
        error.things_to_try += (f"The raw bytes and the log of this session are in {kept}.",)
        write_error(kept, facts, error)
        raise
    write_json(kept / RESULT, session.as_json())
    return session, kept


def _facts(name: str, now: datetime, subject: Subject, job: Job, *, compared: bool) -> Facts:
    board, manifest, inputs = job.board, job.manifest, job.inputs
    known = dict(subject.conditions())
    if not job.frames:
        known["inputs"] = "camera"
    emulated = board.instructions_per_tick is not None
    return Facts(
        id=name,
        started=now.isoformat(timespec="seconds"),
        emulated=emulated,
        unit=Unit(board.unit, board.instructions_per_tick or 1000 / board.tick_hz, 0 if emulated else _DIGITS),
        method=job.method,
        inputs=inputs,
        network_id=manifest.network_id,
        build_id=manifest.build_id,
        timeout=job.timeout,
        conditions=host_conditions(board, known, manifest, inputs),
        network=dict(manifest.network),
        memory=memory_map(board, manifest.memory),
        model={"name": Path(manifest.model["source"]).name, "rewrites": list(manifest.model["rewrites"])},
        start=subject.start,
        boot_timeout=job.boot_timeout,
        compared=compared,
        epochs=epochs_of(job.folder),
        layers=job.layers,
        blocks=job.blocks,
    )
