"""The STM32N6's image header, versions 2.3 and 2.1, without a key: made, read, judged (docs/images.md).

The boot ROM of a board whose fuses are untouched takes such an image. Its payload, at 0x400, begins with the vectors.
"""

from __future__ import annotations

import struct

import attrs

from n6gen.board.facts import Board, Partition
from n6gen.errors import InputError

MAGIC = b"STM2"
#: Where the payload begins, whatever the header's version.
PAYLOAD_OFFSET = 0x400
#: Binary types.
FSBL = 0x10
APP = 0x00

_PADDING_MAGIC = b"ST\xff\xff"
_PADDING_FLAG = 0x8000_0000
_NO_LOAD_ADDRESS = 0xFFFF_FFFF
_U32 = 0xFFFF_FFFF


@attrs.frozen
class Layout:
    """Byte offsets in one version of the header; every field but the signature is a little-endian uint32.

    `base_length` is where the padding extension header begins, `padding_length` its length with its own 8 bytes.
    """

    name: str
    version_word: int
    checksum: int
    version: int
    length: int
    entry: int
    load: int
    image_version: int
    flags: int
    extension_length: int
    binary_type: int
    base_length: int
    padding_length: int

    @property
    def header_length(self) -> int:
        """Where the bytes that length and checksum cover begin."""
        return self.base_length + self.padding_length


#: 2.3 is for silicon of cut 2.0 (revision B), 2.1 for cut 1.1 (revision Z).
LAYOUTS = {
    "2.3": Layout("2.3", 0x0002_0300, 0x64, 0x68, 0x6C, 0x70, 0x78, 0x80, 0x84, 0x88, 0x8C, 0xA0, 0x1A0),
    "2.1": Layout("2.1", 0x0002_0100, 0x44, 0x48, 0x4C, 0x50, 0x58, 0x60, 0x64, 0x68, 0x70, 0x80, 0x180),
}


@attrs.frozen
class Header:
    """The fields of a header as they lie in an image. Lengths in bytes."""

    layout: Layout
    checksum: int
    length: int
    entry: int
    load: int
    image_version: int
    flags: int
    extension_length: int
    binary_type: int

    @property
    def image_size(self) -> int:
        """Size of the whole image, header included, as the header has it."""
        return self.layout.header_length + self.length


@attrs.frozen
class Place:
    """Where an image runs: what its type, stack and reset vector must be for the board to boot it.

    `code` and each of `stacks` are address ranges (first, behind the last); `limit` is the largest image with header.
    """

    binary_type: int
    code: tuple[int, int]
    stacks: tuple[tuple[int, int], ...]
    limit: int

    @classmethod
    def of(cls, board: Board, partition: Partition) -> Place:
        """The place of a partition's image: the region of the board that has its name, else in place in the NOR."""
        region = board.regions.get(partition.name)
        base, room = partition.copied_to or (
            (region.base, region.size) if region else (partition.address, partition.size)
        )
        stacks = tuple((memory.base, memory.end) for memory in board.memories.values() if memory.name != "nor")
        limit = min(room, partition.size)
        return cls(partition.binary_type, (base + PAYLOAD_OFFSET, base + limit), stacks, limit)


def sign(payload: bytes, *, binary_type: int, header: str = "2.3") -> bytes:
    """The image of a payload that begins with its vector table: header, zero filler, zero alignment, payload.

    The entry point is the reset vector. Raises InputError if the payload is shorter than two vectors.
    """
    if len(payload) < 8:
        raise InputError(f"a payload of {len(payload)} B has no vector table")
    layout = LAYOUTS[header]
    body = bytes(PAYLOAD_OFFSET - layout.header_length) + payload
    head = bytearray(layout.header_length)
    head[:4] = MAGIC
    head[layout.base_length : layout.base_length + 4] = _PADDING_MAGIC
    for offset, value in (
        (layout.checksum, _checksum(body)),
        (layout.version, layout.version_word),
        (layout.length, len(body)),
        (layout.entry, _word(payload, 4)),
        (layout.load, _NO_LOAD_ADDRESS),
        (layout.flags, _PADDING_FLAG),
        (layout.extension_length, layout.padding_length),
        (layout.binary_type, binary_type),
        (layout.base_length + 4, layout.padding_length),
    ):
        struct.pack_into("<I", head, offset, value)
    return bytes(head) + body


def rebuild(data: bytes) -> bytes:
    """The image made anew of its payload, type and filler: the same bytes, if it is sound and was made without a key.

    Raises InputError if it is not: `problems` says why.
    """
    found = problems(data)
    if found:
        raise InputError(f"image {found[0]}")
    header = parse(data)
    layout = header.layout
    made = bytearray(sign(payload(data), binary_type=header.binary_type, header=layout.name))
    filler = slice(layout.base_length + 8, layout.header_length)
    made[filler] = data[filler]
    if made != data:
        at = next(i for i, (a, b) in enumerate(zip(made, data, strict=False)) if a != b)
        raise InputError(f"image header: byte {at:#x} is not as n6gen, or ST's tool, would write it")
    return bytes(made)


def parse(data: bytes) -> Header:
    """The header at the start of `data`, which may go on behind the image.

    Raises InputError if there is none: too short, another magic, an unknown version. Everything else is for `problems`.
    """
    if data[:4] != MAGIC:
        raise InputError(f"no image header: expected {MAGIC.hex()} (STM2), found {data[:4].hex() or 'nothing'}")
    if len(data) < PAYLOAD_OFFSET + 8:
        raise InputError(f"the image ends within its header ({len(data)} B)")
    for layout in LAYOUTS.values():
        if _word(data, layout.version) == layout.version_word:
            return Header(
                layout=layout,
                checksum=_word(data, layout.checksum),
                length=_word(data, layout.length),
                entry=_word(data, layout.entry),
                load=_word(data, layout.load),
                image_version=_word(data, layout.image_version),
                flags=_word(data, layout.flags),
                extension_length=_word(data, layout.extension_length),
                binary_type=_word(data, layout.binary_type),
            )
    raise InputError(f"unknown header version: n6gen knows {' and '.join(LAYOUTS)}")


def payload(data: bytes) -> bytes:
    """The payload of an image; InputError if there is no header or the image is longer than `data`."""
    header = parse(data)
    if not PAYLOAD_OFFSET + 8 <= header.image_size <= len(data):
        raise InputError(f"the header's length says {header.image_size} B, the image has {len(data)} B")
    return data[PAYLOAD_OFFSET : header.image_size]


def vectors(data: bytes) -> tuple[int, int]:
    """Initial stack pointer and reset vector of an image that has at least 0x408 bytes."""
    return _word(data, PAYLOAD_OFFSET), _word(data, PAYLOAD_OFFSET + 4)


def problems(data: bytes, place: Place | None = None) -> list[str]:
    """Why a board would not boot this image, or not run what was meant; empty if nothing is wrong.

    `data` is exactly one image. Without `place`, what depends on addresses is not judged.
    """
    try:
        header = parse(data)
    except InputError as error:
        return [error.message]
    layout = header.layout
    body = data[layout.header_length :]
    found: list[str] = []
    if header.length != len(body):
        found.append(f"length: the header says {header.length} B, {len(body)} B follow it")
    if header.checksum != _checksum(body):
        found.append(f"checksum: the header says {header.checksum:#010x}, the bytes sum up to {_checksum(body):#010x}")
    if header.entry != vectors(data)[1]:
        found.append(f"entry: the header says {header.entry:#010x}, the reset vector is {vectors(data)[1]:#010x}")
    found += _padding_problems(data, header)
    if place is not None:
        found += _place_problems(data, header, place)
    return found


def _padding_problems(data: bytes, header: Header) -> list[str]:
    layout = header.layout
    found = []
    if data[layout.base_length : layout.base_length + 4] != _PADDING_MAGIC:
        found.append("the padding extension header is missing")
    if not header.extension_length == _word(data, layout.base_length + 4) == layout.padding_length:
        found.append(f"the padding extension header's length is not {layout.padding_length:#x}")
    if header.flags != _PADDING_FLAG:
        found.append(f"extension flags {header.flags:#010x} instead of {_PADDING_FLAG:#010x}")
    if any(data[4 : layout.checksum]):
        found.append("it carries a signature: not an image without keys")
    if any(_unused(data, layout)):
        found.append("reserved bytes of the header are not zero")
    return found


def _place_problems(data: bytes, header: Header, place: Place) -> list[str]:
    found = []
    if header.binary_type != place.binary_type:
        found.append(f"binary type {header.binary_type:#x} instead of {place.binary_type:#x}")
    if len(data) > place.limit:
        found.append(f"{len(data)} B do not fit into {place.limit} B")
    if _bootable(vectors(data), place):
        return found
    early = header.layout.header_length
    if _bootable((_word(data, early), _word(data, early + 4)), place):
        found.append(f"the vector table is at {early:#x}, not at 0x400: signed without -align, will not boot")
        return found
    stack, reset = vectors(data)
    found.append(f"no vector table at 0x400: stack pointer {stack:#010x}, reset vector {reset:#010x}")
    return found


def _bootable(table: tuple[int, int], place: Place) -> bool:
    stack, reset = table
    return (
        stack % 8 == 0
        and any(first < stack <= end for first, end in place.stacks)
        and reset % 2 == 1
        and place.code[0] <= reset < place.code[1]
    )


def _unused(data: bytes, layout: Layout) -> bytes:
    """The bytes of the base header that no field uses."""
    fields = attrs.asdict(layout, filter=lambda attribute, _: attribute.name in _FIELDS).values()
    used = {offset + byte for offset in fields for byte in range(4)}
    return bytes(data[at] for at in range(layout.checksum, layout.base_length) if at not in used)


_FIELDS = frozenset(
    {"checksum", "version", "length", "entry", "load", "image_version", "flags", "extension_length", "binary_type"}
)


def _checksum(body: bytes) -> int:
    return sum(body) & _U32


def _word(data: bytes, offset: int) -> int:
    value: int = struct.unpack_from("<I", data, offset)[0]
    return value
