"""The virtual board's camera: the host puts a frame into shared memory, the board takes it."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from n6gen.emulator.memory import FRAME_HEIGHT, FRAME_POSTED, FRAME_TAKEN, FRAME_WIDTH, SharedMemory
from n6gen.errors import InputError

#: So many of the last frames can still be asked for.
_KEPT = 4


class Camera:
    """Shows one frame at a time, numbered from 1."""

    def __init__(self, memory: SharedMemory) -> None:
        """No frame yet."""
        self._memory = memory
        self._number = 0
        self._kept: OrderedDict[int, npt.NDArray[np.uint8]] = OrderedDict()

    def post(self, frame: npt.NDArray[np.uint8]) -> int:
        """Show `frame`, uint8 RGB [height, width, 3]; returns its number.

        The frame before it is overwritten, taken or not: post while the board does not run. Raises InputError if the
        frame is larger than the camera's buffer.
        """
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(f"a frame must be uint8 [height, width, 3], not {frame.dtype} {frame.shape}")
        buffer = self._memory.region("camera")
        if not 0 < frame.size <= buffer.size:
            raise InputError(f"a frame of {frame.shape[1]}×{frame.shape[0]} does not fit into the camera's buffer")
        buffer[: frame.size] = frame.reshape(-1)
        self._memory.set_word(FRAME_WIDTH, frame.shape[1])
        self._memory.set_word(FRAME_HEIGHT, frame.shape[0])
        self._number += 1
        self._kept[self._number] = frame.copy()
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._memory.set_word(FRAME_POSTED, self._number)
        return self._number

    @property
    def taken(self) -> int:
        """Number of the frame that the board took last; 0 = none yet."""
        return self._memory.word(FRAME_TAKEN)

    def frame(self, number: int) -> npt.NDArray[np.uint8] | None:
        """One of the last few frames by its number, uint8 [height, width, 3], or None if it is gone."""
        return self._kept.get(number)
