"""The boot ROM: what runs before the first instruction of ours. It judges the loader's header and starts it in place.

Like the part's ROM it knows nothing of n6gen's own image code, which it thereby checks.
"""

from __future__ import annotations

import struct

from n6gen.board.facts import Board
from n6gen.errors import BoardError

_HEADER_SIZE = 0x240
_PAYLOAD = 0x400
_FSBL = 0x10
_VERSION = 0x0002_0300


def boot(board: Board, flash: bytes) -> bytes:
    """The two vectors (8 bytes) that the ROM leaves at address 0: the loader's stack pointer and entry.

    `flash` is what lies in the loader's partition. Raises BoardError ("boot ROM: …") for an image that the ROM refuses.
    """
    partition = board.partition("fsbl")

    def word(offset: int) -> int:
        value: int = struct.unpack_from("<I", flash, offset)[0]
        return value

    def refuse(check: str) -> BoardError:
        return BoardError(f"boot ROM: no start from {partition.address:#010x}: {check}", "Run `n6gen flash`.")

    if flash[:4] != b"STM2":
        blank = " (the flash is blank)" if flash[:4] == b"\xff" * 4 else ""
        raise refuse(f"the header's magic is {flash[:4].hex()}{blank}")
    if word(0x68) != _VERSION:
        raise refuse(f"header version {word(0x68):#010x}")
    if word(0x8C) != _FSBL:
        raise refuse(f"binary type {word(0x8C):#x} is not a first-stage loader's ({_FSBL:#x})")
    end = _HEADER_SIZE + word(0x6C)
    if not _PAYLOAD + 8 <= end <= len(flash):
        raise refuse(f"image length {word(0x6C):#x}")
    total = sum(flash[_HEADER_SIZE:end]) & 0xFFFF_FFFF
    if total != word(0x64):
        raise refuse(f"checksum {word(0x64):#010x} expected, {total:#010x} found")
    stack, reset = word(_PAYLOAD), word(_PAYLOAD + 4)
    inside = partition.address + _PAYLOAD <= reset < partition.address + end
    if word(0x70) != reset or not reset & 1 or not inside:
        raise refuse(f"entry point {word(0x70):#010x}, reset vector {reset:#010x}")
    return struct.pack("<II", stack, reset)
