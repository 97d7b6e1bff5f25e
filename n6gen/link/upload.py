"""Chunks of an upward transfer (docs/protocol.md): what the host answers when the board asks for one."""

from __future__ import annotations

import struct
import zlib

from n6gen.link.protocol import ProtocolError, Record

_HEAD = struct.Struct("<II")
_CRC = struct.Struct("<I")
#: A transfer that failed for one of these reasons may be tried again; any other is the board's last word.
PASSING = frozenset({"timeout", "chunk", "crc", "given-up"})


def chunk(data: bytes | memoryview, at: int, most: int) -> bytes:
    """The chunk at offset `at` of `data`, of at most `most` bytes, as it travels."""
    piece = bytes(data[at : at + most])
    head = _HEAD.pack(at, len(piece))
    return head + piece + _CRC.pack(zlib.crc32(piece, zlib.crc32(head)))


def asked_for(record: Record, size: int) -> tuple[int, int]:
    """Offset and largest length of the chunk that a `chunk` record asks for.

    Raises ProtocolError if a transfer of `size` bytes has no such chunk.
    """
    at, most = record.integer("at"), record.integer("most")
    if at >= size or not 1 <= most <= size:
        raise ProtocolError("chunk", f"at={at} most={most} of {size} B")
    return at, most
