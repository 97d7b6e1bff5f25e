"""A NOR flash in a file: programs by AND only, erases whole sectors to 0xFF, and tears when its writer is killed.

Every operation reaches the file in small steps, in order. A process that is killed in the midst of one therefore leaves
what a part leaves that loses its power: a page half programmed, a sector half erased.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from n6gen.errors import BoardError

#: Largest piece that one program operation may write; it may not cross a multiple of it. In bytes.
PAGE_SIZE = 256
_PROGRAM_STEP = 64
_ERASE_STEP = 256
BLANK = b"\xff"
_REMEDY = "Remove the folder that it is in: a blank board takes its place."


class Nor:
    """One flash, opened for as long as the object is used as a context. Offsets count from its first byte."""

    def __init__(self, file: Path, size: int, sectors: tuple[int, ...]) -> None:
        """`size` in bytes; `sectors`: the sizes that can be erased at once, each at a multiple of itself.

        Raises BoardError if the file is missing or has another size.
        """
        try:
            self._file = file.open("r+b", buffering=0)
        except OSError as error:
            raise BoardError(f"cannot open the flash {file}: {error.strerror}", _REMEDY) from error
        found = self._file.seek(0, 2)
        if found != size:
            self._file.close()
            raise BoardError(
                f"the flash {file} has {found} B, the part has {size} B",
                _REMEDY,
            )
        self._size = size
        self._sectors = sectors

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        self._file.close()

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes; raises BoardError outside of the part."""
        self._must_be_inside("read", offset, size)
        self._file.seek(offset)
        return self._file.read(size)

    def program(self, offset: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`; bits that are 1 stay what they are.

        Raises BoardError outside of the part, and where the part would wrap around: at the end of a page.
        """
        self._must_be_inside("program", offset, len(data))
        if not data or offset // PAGE_SIZE != (offset + len(data) - 1) // PAGE_SIZE:
            raise BoardError(f"flash: program of {len(data)} B at {offset:#x} is not within one page of {PAGE_SIZE} B")
        for at in range(0, len(data), _PROGRAM_STEP):
            piece = data[at : at + _PROGRAM_STEP]
            self._file.seek(offset + at)
            old = int.from_bytes(self._file.read(len(piece)), "little")
            self._file.seek(offset + at)
            self._file.write((old & int.from_bytes(piece, "little")).to_bytes(len(piece), "little"))

    def erase(self, offset: int, size: int) -> None:
        """Set one sector to 0xFF; raises BoardError if that is no sector of the part."""
        self._must_be_inside("erase", offset, size)
        if size not in self._sectors or offset % size:
            raise BoardError(f"flash: {size:#x} B at {offset:#x} are no sector that can be erased")
        self._file.seek(offset)
        for _ in range(0, size, _ERASE_STEP):
            self._file.write(BLANK * _ERASE_STEP)

    def _must_be_inside(self, what: str, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self._size:
            raise BoardError(f"flash: {what} of {size} B at {offset:#x} is outside of its {self._size:#x} B")
