"""Verify a build on a board that holds it; everything that the board sent is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from n6gen import __version__
from n6gen.compiler.network import Network
from n6gen.errors import N6genError
from n6gen.image.manifest import Manifest
from n6gen.link import Hello
from n6gen.link.inbox import Counts
from n6gen.measure.conduct import begin
from n6gen.measure.frames import Frame
from n6gen.measure.recording import Recorder
from n6gen.measure.reference import HostReference
from n6gen.measure.sessions import RESULT, new_session
from n6gen.measure.subject import Subject
from n6gen.tools.files import write_json
from n6gen.tools.paths import state_dir
from n6gen.verify.bisect import Bisection
from n6gen.verify.conduct import Task, verify
from n6gen.verify.layers import check_output
from n6gen.verify.verdict import FrameVerdict, Verdict

SCHEMA = 1


@attrs.frozen
class Order:
    """What to verify: the build in `folder`, with `frames`. Time-outs are in seconds: an inference's, getting ready.

    `inside`: if an output differs, look which layer is the first that does, where layers can be seen.
    """

    folder: Path
    manifest: Manifest
    frames: Sequence[Frame]
    every_tensor: bool = False
    timeout: float = 60.0
    boot_timeout: float = 30.0
    inside: bool = True


@attrs.frozen(eq=False)
class Verification:
    """What was verified, and what was found."""

    id: str
    started: str
    subject: Subject
    order: Order
    hello: Hello
    counts: Counts
    verdict: Verdict
    bisection: Bisection | None = None

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        manifest, known = self.order.manifest, self.subject.conditions()
        return {
            "schema": SCHEMA,
            "id": self.id,
            "started": self.started,
            "board": self.hello.board,
            "serial": known["serial"],
            "build_id": self.hello.build,
            "network_id": self.hello.network,
            "model_sha256": manifest.model["sha256"],
            "compiler": dict(manifest.network["compiler"]),
            "cut": manifest.cut,
            "decode": self.hello.decode,
            "input_map": self.hello.input,
            "resolution": list(self.hello.input_shape),
            "tools": {**manifest.tools, "n6gen": __version__},
            "link": attrs.asdict(self.counts),
            **self.verdict.as_json(),
            "bisection": self.bisection and self.bisection.as_json(),
        }


def verifications_dir() -> Path:
    """Where they are kept."""
    return state_dir().absolute() / "verifications"


def run(
    subject: Subject,
    order: Order,
    on_frame: Callable[[FrameVerdict], None] = lambda frame: None,  # noqa: ARG005
) -> tuple[Verification, Path]:
    """Verify; what was found and the folder where it is kept with the board's raw bytes.

    `on_frame` gets each frame's verdict as it is there. Raises InputError if there is no model to compare with,
    NotComparableError if the network is not that model's, BoardError if the board fails or runs another build.
    """
    reference = HostReference(order.folder, order.manifest)
    network = Network.load(order.folder / "network")
    task = Task(network, reference, order.frames, order.every_tensor, order.timeout, order.inside)
    check_output(task.network, reference.output)
    now = datetime.now().astimezone()
    kept = new_session(subject.name, now, verifications_dir())
    try:
        with Recorder(kept) as recorder, subject.up(order.folder / "app.elf", recorder.through) as up:
            begin(up.client, subject.start, order.boot_timeout)
            hello = up.client.hello(network=order.manifest.network_id, build=order.manifest.build_id)
            keeps = subject.conditions()["inputs"] == "injected"
            frames = []
            for verdict in verify(task, up.client, hello.mask_shape, up.show, keeps=keeps):
                frames.append(verdict)
                on_frame(verdict)
            up.release()
            counts = up.client.counts
    except N6genError as error:
        error.things_to_try += (f"The raw bytes and the log are in {kept}.",)
        said = {"exit_code": int(error.exit_code), "message": error.message, "things_to_try": list(error.things_to_try)}
        write_json(kept / RESULT, {"schema": SCHEMA, "id": kept.name, "error": said})
        raise
    found = Verdict(task.network, frames, order.every_tensor)
    result = Verification(kept.name, now.isoformat(timespec="seconds"), subject, order, hello, counts, found)
    write_json(kept / RESULT, result.as_json())
    return result, kept
