"""The protocol of programmers. A new one: a class of this shape and an entry point in the group `n6gen.programmers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import attrs

from n6gen.board.facts import Board
from n6gen.tools.hold import PATIENCE_S, nobody


@attrs.frozen
class Probe:
    """A board that can be reached.

    `board`: its name in n6gen if it is one that n6gen knows, else what it calls itself. `nor`: the file that is its
    flash, where it is one. `vcp`: the serial port that its probe carries. `note`: what to do about its state.
    """

    serial: str
    board: str
    state: str
    nor: str | None = None
    vcp: str | None = None
    programmer: str = ""
    note: str | None = None


@attrs.frozen
class Identity:
    """What a held board says it is; what cannot be told is None.

    `header`: the version of the STM32 image header that its silicon boots. `details`: more of what it said.
    """

    serial: str
    board: str | None
    header: str | None = None
    details: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Rates:
    """What work on a board takes: seconds a call, and seconds per 1024 bytes read or written."""

    start_s: float
    read_s: float
    write_s: float


@attrs.frozen
class Traits:
    """How a board's flash is best written.

    `sector`: the smallest part that is erased at once, in bytes. `piece`: how many bytes one call should write, so that
    progress shows and Ctrl-C does not wait long. `rates`: what it takes, until it was measured. `verifies`: whether
    a write reads back by itself what it wrote, and fails if it is wrong.
    """

    sector: int
    piece: int
    rates: Rates
    verifies: bool = False


@attrs.frozen
class Area:
    """Bytes for a place in the flash, at the start of a sector. The address is the CPU's. No bytes: only erase."""

    address: int
    data: bytes


@attrs.frozen
class RamProgram:
    """A program to run from RAM: the ELF file, and the address of its vector table."""

    elf: Path
    vectors: int


Runner = Callable[[RamProgram], None]


@attrs.frozen
class Access:
    """Who wants a board, how long he waits for it, and who is told that he waits."""

    command: str = "flash"
    patience: float = PATIENCE_S
    say: Callable[[str], None] = nobody


class Target(Protocol):
    """A board that is held for programming. Addresses are the CPU's. Every failure is a N6genError."""

    @property
    def traits(self) -> Traits:
        """How its flash is best written."""

    def identify(self) -> Identity:
        """Which board this is."""

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes of its flash."""

    def differing(self, address: int, data: bytes) -> list[int]:
        """Where the flash does not hold `data`: offsets from `address`, each of a piece of at most a sector."""

    def erase(self, address: int) -> None:
        """Set the sector that begins at `address` to 0xFF."""

    def write(self, areas: Sequence[Area]) -> None:
        """Erase the sectors of each area and program its bytes. The rest of its last sector is 0xFF then.

        Nothing is programmed before the first area's sectors are erased.
        """

    def reset(self) -> None:
        """Let the board start anew, if it is on."""

    def runner(self) -> Runner:
        """What loads a program into RAM and lets the core run it, without a reset of the system.

        Raises InputError if this board cannot do that, MissingToolError if this machine lacks what it takes.
        """


class Programmer(Protocol):
    """A way to reach boards."""

    @property
    def name(self) -> str:
        """How a board's facts and results call it."""

    def check(self) -> None:
        """Do nothing if it can be used on this machine, else raise MissingToolError that says what it lacks."""

    def probes(self) -> list[Probe]:
        """The boards that it can reach now. Raises N6genError if it cannot tell."""

    def knows(self, serial: str) -> str | None:
        """The serial number as it writes it, if the board is one of its own, reachable or not; else None."""

    def open(self, serial: str, board: Board, access: Access) -> AbstractContextManager[Target]:
        """Hold a board that should be a `board`; BoardError if there is none or somebody else uses it."""


def differing_in(found: bytes, data: bytes, sector: int) -> list[int]:
    """Offsets of the pieces of `sector` bytes in which `found`, read from the flash, is not `data`."""
    return [at for at in range(0, len(data), sector) if found[at : at + sector] != data[at : at + sector]]
