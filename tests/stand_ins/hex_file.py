"""Reads Intel HEX for the stand-ins, without a library: they start faster that way."""

from __future__ import annotations


class BadLineError(Exception):
    """A line that is no record; the argument is its number."""


def segments_of(text: str) -> list[tuple[int, bytes]]:
    """The segments of a file, as (address, bytes); raises BadLineError."""
    segments: list[tuple[int, bytearray]] = []
    upper = 0
    for number, line in enumerate(text.splitlines(), 1):
        try:
            record = bytes.fromhex(line.removeprefix(":"))
        except ValueError:
            record = b""
        if not line.startswith(":") or len(record) < 5 or sum(record) % 256 or len(record) != record[0] + 5:
            raise BadLineError(number)
        kind, data = record[3], record[4:-1]
        if kind == 4:
            upper = int.from_bytes(data, "big") << 16
        elif kind == 0:
            address = upper + int.from_bytes(record[1:3], "big")
            if not segments or segments[-1][0] + len(segments[-1][1]) != address:
                segments.append((address, bytearray()))
            segments[-1][1].extend(data)
    return [(address, bytes(data)) for address, data in segments]
