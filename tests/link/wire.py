"""Bytes as they travel: the shared vectors, records for property tests, bulk transfers."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from n6gen.link.protocol import Record, encode

_FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS: dict[str, Any] = json.loads((_FOLDER / "protocol.json").read_text("utf-8"))
UPWARD: dict[str, Any] = json.loads((_FOLDER / "upward.json").read_text("utf-8"))

_names = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
_sessions = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
# Any bytes at all travel as a value; text that is not UTF-8 comes back as surrogate escapes.
_values = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
records = st.builds(
    Record, _sessions, st.integers(0, 0xFFFF_FFFF), _names, st.dictionaries(_names, _values, max_size=5)
)


def line_of(record: Record) -> bytes:
    return encode(record.session, record.seq, record.type, record.fields)


def bulk_line(size: int, chunk: int, crc: str, *, session: str = "1badb002", seq: int = 5) -> bytes:
    return encode(session, seq, "bulk", {"name": "mask", "size": size, "chunk": chunk, "crc": crc})


def chunked(data: bytes, chunk: int) -> bytes:
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return b"".join(struct.pack("<I", len(p)) + p + struct.pack("<I", zlib.crc32(p)) for p in pieces)


def bulk(data: bytes, chunk: int = 256, *, session: str = "1badb002", seq: int = 5) -> bytes:
    return bulk_line(len(data), chunk, f"{zlib.crc32(data):08x}", session=session, seq=seq) + chunked(data, chunk)


def upward_frame() -> bytes:
    """The frame of the vectors of upward transfers."""
    return bytes((31 * i + i // 256) % 256 for i in range(48 * 64 * 3))


def upward_sent(step: dict[str, Any]) -> bytes:
    """The chunk that a host sends in a step of one."""
    head = bytes.fromhex(step["sends"]["head"])
    at, length = struct.unpack("<II", head)
    return head + upward_frame()[at : at + length] + bytes.fromhex(step["sends"]["crc"])


def upward_arrives(step: dict[str, Any]) -> bytes:
    """What reaches the board of it."""
    sent = upward_sent(step)

    def piece(what: Any) -> bytes:
        if what == "sent":
            return sent
        if isinstance(what, str):
            return bytes.fromhex(what)
        if "cut" in what:
            return sent[: what["cut"]]
        flipped = bytearray(sent)
        flipped[what["flip"]] ^= 1
        return bytes(flipped)

    return b"".join(map(piece, step.get("arrives", ["sent"])))
