"""What a build takes of each region and partition of its board, and who takes it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from n6gen.app.elf import VECTORS_OFFSET, Elf, read_elf
from n6gen.board import Board, load_board
from n6gen.compiler.network import Network
from n6gen.errors import InputError
from n6gen.image.manifest import Manifest, read_manifest

#: Owners in the order of a legend. What is drawn in a colour of its own has one.
CODE, DATA, STACK, NETWORK, FRAMES = "app's code", "app's data", "stack", "network", "camera and display"
LOADER, IMAGE, WEIGHTS = "loader", "app's image", "weights"
OWNERS = (CODE, DATA, STACK, NETWORK, FRAMES, LOADER, IMAGE, WEIGHTS)

_PARTITION_OWNERS = {"fsbl": LOADER, "app": IMAGE, "weights": WEIGHTS}
_SECTION_OWNERS = {".data": DATA, ".bss": DATA, ".psram": FRAMES, ".network_arena": NETWORK}
#: Regions that the board's devices share with a host, or that hold pictures.
_FRAME_REGIONS = ("camera", "lcd", "mailbox")


@attrs.frozen
class Use:
    """One owner's part of a memory, in bytes."""

    owner: str
    base: int
    size: int

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.base + self.size


@attrs.frozen
class Room:
    """A region, or a partition of the NOR, and its uses in order of address."""

    name: str
    memory: str
    base: int
    size: int
    uses: tuple[Use, ...]

    @property
    def used(self) -> int:
        """Bytes in use."""
        return sum(use.size for use in self.uses)

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.base + self.size


@attrs.frozen
class Sizes:
    """All rooms of a board in order of address, as one build uses them."""

    board: Board
    build_id: str
    rooms: tuple[Room, ...]

    def of_memory(self, memory: str) -> tuple[Room, ...]:
        """The rooms of one memory."""
        return tuple(room for room in self.rooms if room.memory == memory)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "board": self.board.name,
            "build_id": self.build_id,
            "rooms": [{**attrs.asdict(room), "used": room.used} for room in self.rooms],
        }


def sizes_of(folder: Path) -> Sizes:
    """What the build in `folder` uses.

    Raises InputError if there is no build, or two owners claim one address, or one leaves its room: both are named.
    """
    manifest = read_manifest(folder)
    board = load_board(manifest.board)
    elf = read_elf(folder / "app.elf")
    claims = sorted(_claims(folder, board, elf, manifest), key=lambda use: (use.base, use.end))
    for low, high in itertools.pairwise(claims):
        if low.end > high.base:
            raise InputError(f"{_place(low)} and {_place(high)} overlap")
    rooms = [
        *(Room(region.name, region.memory, region.base, region.size, ()) for region in board.regions.values()),
        *(Room(part.name, "nor", part.address, part.size, ()) for part in board.partitions),
    ]
    filled = tuple(_fill(room, claims) for room in sorted(rooms, key=lambda room: room.base))
    placed = {use for room in filled for use in room.uses}
    for use in claims:
        if use not in placed:
            raise InputError(f"{_place(use)} leaves its region of {board.name}")
    return Sizes(board, manifest.build_id, filled)


def _place(use: Use) -> str:
    return f"{use.owner} ({use.base:#010x}..{use.end:#010x})"


def _fill(room: Room, claims: Iterable[Use]) -> Room:
    return attrs.evolve(room, uses=tuple(use for use in claims if room.base <= use.base and use.end <= room.end))


def _claims(folder: Path, board: Board, elf: Elf, manifest: Manifest) -> Iterator[Use]:
    app = board.regions["app"]
    # The image's header is copied in front of the vectors.
    yield Use(CODE, app.base, VECTORS_OFFSET)
    for section in elf.sections:
        yield Use(_SECTION_OWNERS.get(section.name, CODE), section.address, section.size)
    stack = board.regions["stack"]
    yield Use(STACK, stack.base, stack.size)
    for region in board.regions.values():
        if region.name.startswith(_FRAME_REGIONS):
            yield Use(FRAMES, region.base, region.size)
    for image in manifest.partitions:
        yield Use(_PARTITION_OWNERS[image.name], image.address, image.size)
    yield from _pools(folder / "network")


def _pools(folder: Path) -> Iterator[Use]:
    """The activations of a network for the NPU; those of the CPU's are a section of the app."""
    if Network.load(folder).npu is None:
        return
    from n6gen.compiler.stedgeai.describe import files_of

    for pool in files_of(folder).report.pools:
        if pool.place != "flash" and pool.address is not None and pool.used:
            yield Use(NETWORK, pool.address, pool.used)


def differences(old: Sizes, new: Sizes) -> list[tuple[str, str, int, int]]:
    """What changed: (room, owner, bytes before, bytes now), in the order of the new build's rooms."""
    before, now = _by_owner(old), _by_owner(new)
    keys = [*now, *(key for key in before if key not in now)]
    return [(*key, before.get(key, 0), now.get(key, 0)) for key in keys if before.get(key, 0) != now.get(key, 0)]


def _by_owner(sizes: Sizes) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for room in sizes.rooms:
        for use in room.uses:
            found[room.name, use.owner] = found.get((room.name, use.owner), 0) + use.size
    return found
