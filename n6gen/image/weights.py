"""The weights' image: the blob, and behind it a trailer that says what it is (docs/images.md)."""

from __future__ import annotations

import struct
import zlib

import attrs

from n6gen.errors import InputError

MAGIC = b"N6WT"
VERSION = 1
#: Size of the trailer, and what its place is aligned to, in bytes.
TRAILER_SIZE = 64
_TRAILER = struct.Struct("<4sIII32s12xI")


@attrs.frozen
class Weights:
    """A weights image that passed every check. `network_id` is 64 hex digits."""

    blob: bytes
    network_id: str


def wrap(blob: bytes, network_id: str) -> bytes:
    """The image of a blob: zeros up to the next multiple of 64, then the trailer.

    Raises InputError if `network_id` is not 64 hex digits or the blob is empty.
    """
    if not blob:
        raise InputError("the network has no weights")
    body = _TRAILER.pack(MAGIC, VERSION, len(blob), zlib.crc32(blob), id_bytes(network_id), 0)[:-4]
    return blob + bytes(-len(blob) % TRAILER_SIZE) + body + struct.pack("<I", zlib.crc32(body))


def parse(data: bytes) -> Weights:
    """Read an image, exactly; InputError names the check that fails."""
    if len(data) < 2 * TRAILER_SIZE or len(data) % TRAILER_SIZE:
        raise InputError(f"weights-trailer: {len(data)} B are not a blob and a trailer")
    trailer = data[-TRAILER_SIZE:]
    magic, version, size, crc, network, trailer_crc = _TRAILER.unpack(trailer)
    if magic != MAGIC or zlib.crc32(trailer[:-4]) != trailer_crc or any(trailer[48:60]):
        raise InputError("weights-trailer: there is no sound trailer behind the blob")
    if version != VERSION:
        raise InputError(f"weights-trailer: version {version}, this n6gen knows {VERSION}")
    end = len(data) - TRAILER_SIZE
    if not size or size + -size % TRAILER_SIZE != end:
        raise InputError(f"weights-trailer: it says {size} B, {end} B lie before it")
    blob = data[:size]
    if zlib.crc32(blob) != crc or any(data[size:end]):
        raise InputError(f"weights-crc: expected {crc:08x}, found {zlib.crc32(blob):08x}")
    return Weights(blob, network.hex())


def id_bytes(text: str) -> bytes:
    """The 32 bytes of an id of 64 lower-case hex digits; InputError otherwise."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32 or raw.hex() != text:
        raise InputError(f"not an id of 64 hex digits: {text!a}")
    return raw
