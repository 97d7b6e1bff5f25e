"""The info block that an app carries in its image: which weights it wants, and who it is (docs/images.md)."""

from __future__ import annotations

import struct

import attrs

from n6gen.errors import InputError

MAGIC = b"N6AP"
VERSION = 1
#: Where the block lies, from the start of the payload, in bytes.
OFFSET = 0x400
_BLOCK = struct.Struct("<4sIII32s32s")


@attrs.frozen
class AppInfo:
    """What an app says in its image. Ids are 64 hex digits; the address is the CPU's, the size in bytes."""

    weights_address: int
    weights_size: int
    network_id: str
    build_id: str


def parse(payload: bytes) -> AppInfo:
    """The info block in an app's payload; InputError if there is none or it is of another version."""
    block = payload[OFFSET : OFFSET + _BLOCK.size]
    if len(block) < _BLOCK.size or block[:4] != MAGIC:
        raise InputError(f"app-info: there is no info block at {OFFSET:#x} of the app's payload")
    _, version, address, size, network, build = _BLOCK.unpack(block)
    if version != VERSION:
        raise InputError(f"app-info: version {version}, this n6gen knows {VERSION}")
    return AppInfo(address, size, network.hex(), build.hex())
