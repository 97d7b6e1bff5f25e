"""Intel HEX files: written as ST's tools write them, byte for byte; read in any form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
import bincopy

from n6gen.errors import InputError

_RECORD = 16
_BLOCK = 0x1_0000


@attrs.frozen
class Segment:
    """Bytes that belong together, and their address."""

    address: int
    data: bytes


def write(segments: Iterable[Segment]) -> bytes:
    """The text of a file: CRLF, 16 bytes a record, a type 04 record for each 64 KiB, type 05 with the first address.

    Segments must be in order and apart. Records begin at each segment's address and at each 64 KiB.
    """
    parts = list(segments)
    lines = [line for part in parts for line in _segment(part)]
    if parts:
        lines.append(_record(0, 5, parts[0].address.to_bytes(4, "big")))
    return "\r\n".join([*lines, _record(0, 1, b""), ""]).encode()


def read(file: Path) -> list[Segment]:
    """The segments of a file in order of their addresses; touching ones are one.

    Raises InputError if the file is missing, broken, or says two things about one address.
    """
    try:
        text = file.read_text(encoding="ascii")
        parsed = bincopy.BinFile()
        parsed.add_ihex(text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error
    except bincopy.Error as error:
        raise InputError(f"{file} is no Intel HEX file: {error}") from error
    return [Segment(segment.address, bytes(segment.data)) for segment in parsed.segments]


def _segment(part: Segment) -> Iterator[str]:
    at = 0
    while at < len(part.data):
        address = part.address + at
        if at == 0 or address % _BLOCK == 0:
            yield _record(0, 4, (address >> 16).to_bytes(2, "big"))
        size = min(_RECORD, _BLOCK - address % _BLOCK, len(part.data) - at)
        yield _record(address % _BLOCK, 0, part.data[at : at + size])
        at += size


def _record(offset: int, kind: int, data: bytes) -> str:
    body = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return f":{(body + bytes([-sum(body) & 0xFF])).hex().upper()}"
