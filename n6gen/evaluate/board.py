"""A board's masks: it is shown one picture after the other, and the very buffer that its decode wrote is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from n6gen.errors import BoardError
from n6gen.evaluate.metric import Mask
from n6gen.evaluate.subject import Subject
from n6gen.measure.conduct import begin, greet
from n6gen.measure.frames import Frame
from n6gen.measure.subject import Subject as Board


def masks(
    board: Board, subject: Subject, frames: Iterable[Frame], *, timeout: float, boot_timeout: float
) -> Iterator[Mask]:
    """The mask of each frame, uint8 class indices [H, W]. The board is held while the generator is.

    `timeout` bounds one inference, `boot_timeout` getting ready, in seconds of the host. Raises BoardError if the
    board runs another build, or whatever it fails of.
    """
    with board.up(subject.folder / "app.elf", lambda port: port) as up:
        begin(up.client, board.start, boot_timeout)
        manifest = subject.manifest
        hello = greet(up.client, board.start, boot_timeout, network=manifest.network_id, build=manifest.build_id)
        for frame in frames:
            up.show(frame.pixels)
            up.client.run(1, timeout=timeout)
            data = up.client.mask()
            if len(data) != hello.mask_shape[0] * hello.mask_shape[1]:
                raise BoardError(f"{frame.name}: the board sent a mask of {len(data)} bytes for {hello.mask_shape}")
            yield np.frombuffer(data, np.uint8).reshape(hello.mask_shape)
        up.release()
