"""The virtual board's panel: the host plays the display pipe and composes what a person would see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from n6gen.board.facts import Lcd as Panel
from n6gen.emulator.camera import Camera
from n6gen.emulator.memory import LAYER_SHOWN, PRESENTED_FRAME, PRESENTS, SharedMemory
from n6gen.model.picture import fit


class Lcd:
    """The camera's picture in the panel's window, the board's layer over it, black elsewhere."""

    def __init__(self, memory: SharedMemory, camera: Camera, panel: Panel) -> None:
        """Look at `memory` for the layer and at `camera` for the frame below it."""
        self._memory = memory
        self._camera = camera
        self._panel = panel

    @property
    def presents(self) -> int:
        """How often the board has shown a layer."""
        return self._memory.word(PRESENTS)

    def picture(self) -> Image.Image:
        """What the panel shows now, RGB. Under the layer lies the frame that its mask belongs to."""
        side = self._panel.side
        screen = np.zeros((self._panel.height, self._panel.width, 3), np.uint8)
        window = screen[self._panel.y : self._panel.y + side, self._panel.x : self._panel.x + side]
        if self.presents:
            layer, colours, number = self._presented()
            frame = self._camera.frame(number)
            below = np.zeros((side, side, 3), np.uint8) if frame is None else fit(frame, side)
            window[:] = blend(below, colours[layer])
        return Image.fromarray(screen)

    def _presented(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32], int]:
        """Layer (uint8 [side, side]), palette and frame number, all of one present."""
        side = self._panel.side
        while True:
            count = self.presents
            name = "lcd1" if self._memory.word(LAYER_SHOWN) else "lcd0"
            layer = np.array(self._memory.region(name)[: side * side]).reshape(side, side)
            colours, number = self._memory.palette(), self._memory.word(PRESENTED_FRAME)
            if self.presents == count:
                return layer, colours, number


def blend(below: npt.NDArray[np.uint8], over: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Blend 0xAARRGGBB pixels, uint32 [height, width], over RGB, uint8 [height, width, 3]; rounded half up."""
    alpha = (over >> 24)[..., None]
    colour = np.stack([over >> shift & 0xFF for shift in (16, 8, 0)], axis=-1)
    mixed: npt.NDArray[np.uint8] = ((below * (255 - alpha) + colour * alpha + 127) // 255).astype(np.uint8)
    return mixed
