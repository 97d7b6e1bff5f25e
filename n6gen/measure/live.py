"""A running board watched frame by frame, at its own pace and without a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
from PIL import Image

from n6gen.board import load_board
from n6gen.emulator.instance import Instance
from n6gen.errors import InputError
from n6gen.image.manifest import Manifest
from n6gen.measure.frames import Frame
from n6gen.measure.session import STAGES
from n6gen.measure.virtual import running


@attrs.frozen(eq=False)
class View:
    """One frame as it was seen: the LCD's picture, class indices [H, W], cost by stage."""

    index: int
    name: str
    picture: Image.Image
    mask: npt.NDArray[np.uint8]
    cost: Mapping[str, int]


def watch(
    instance: Instance, folder: Path, manifest: Manifest, frames: Iterable[Frame], *, timeout: float
) -> Iterator[View]:
    """Show `frames` to the virtual board, one after the other, and yield what it made of each.

    The board is on while the generator is; closing it powers the board off. `timeout` bounds one inference, in seconds
    of the host. Raises what a session raises.
    """
    board = load_board(manifest.board)
    if board.instructions_per_tick is None:
        raise InputError(f"board {board.name} has no camera that can be fed", "Use --board virtual.")
    with running(instance, folder / "app.elf") as (machine, client):
        hello = client.hello(network=manifest.network_id, build=manifest.build_id)
        for index, frame in enumerate(frames):
            machine.camera.post(frame.pixels)
            (sample,) = client.run(1, 1, timeout=timeout)
            mask = np.frombuffer(client.mask(), np.uint8).reshape(hello.mask_shape)
            cost = {name: round(getattr(sample, name) * board.instructions_per_tick) for name in STAGES}
            yield View(index, frame.name, machine.lcd.picture(), mask, cost)
