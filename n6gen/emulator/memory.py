"""The memory that the virtual board shares with the host: a sparse file that both map (docs/virtual-board.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from n6gen.board.facts import Board

MAGIC = 0x4256_364E
VERSION = 1

#: Words of the mailbox, by byte offset.
FRAME_POSTED = 0x08
FRAME_TAKEN = 0x0C
FRAME_WIDTH = 0x10
FRAME_HEIGHT = 0x14
LAYER_SHOWN = 0x18
PRESENTS = 0x1C
PRESENTED_FRAME = 0x20
PALETTE = 0x100


class SharedMemory:
    """The mapped file. Words are read and written whole, as the other side's processor does."""

    def __init__(self, file: Path, board: Board) -> None:
        """Make the file, as large as the emulator wants it, and put the mailbox's magic and version into it."""
        with file.open("wb") as made:
            made.truncate(board.raw["emulator"]["ram"])
        self._board = board
        self._base = board.memories["ddr"].base
        self._bytes = np.memmap(file, np.uint8, "r+", shape=(board.memories["ddr"].size,))
        self._words = self._bytes.view("<u4")
        self.set_word(0x00, MAGIC)
        self.set_word(0x04, VERSION)

    def region(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of one of the board's regions: a view, uint8 [size], that changes as the board writes."""
        region = self._board.regions[name]
        return self._bytes[region.base - self._base : region.end - self._base]

    def word(self, offset: int) -> int:
        """A word of the mailbox."""
        return int(self._words[self._at(offset)])

    def set_word(self, offset: int, value: int) -> None:
        """Write a word of the mailbox."""
        self._words[self._at(offset)] = value

    def palette(self) -> npt.NDArray[np.uint32]:
        """A copy of the panel's palette, uint32 [256], 0xAARRGGBB."""
        start = self._at(PALETTE)
        return np.array(self._words[start : start + 256], np.uint32)

    def _at(self, offset: int) -> int:
        return (self._board.regions["mailbox"].base - self._base + offset) // 4
