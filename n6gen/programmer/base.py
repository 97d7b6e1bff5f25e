"""The protocol of programmers. A new one: a class of this shape and an entry point in the group `n6gen.programmers`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import attrs


@attrs.frozen
class Probe:
    """A board that can be reached. `nor` is the file that is its flash, where it is one."""

    serial: str
    board: str
    state: str
    nor: str | None = None


@attrs.frozen
class Identity:
    """What a held board says it is; `board` is None if it cannot be told."""

    serial: str
    board: str | None


class Target(Protocol):
    """A board that is held for programming. Addresses are the CPU's. Every failure is a BoardError."""

    def identify(self) -> Identity:
        """Which board this is."""

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes of its flash."""

    def erase(self, address: int, size: int) -> None:
        """Set one sector of the flash, of a size that the board's facts name, to 0xFF."""

    def write(self, address: int, data: bytes) -> None:
        """Program `data`, in the order of addresses, into flash that was erased."""

    def reset(self) -> None:
        """Let the board start what it now holds, if it is on."""


class Programmer(Protocol):
    """A way to reach boards."""

    @property
    def name(self) -> str:
        """How a board's facts and results call it."""

    def probes(self) -> list[Probe]:
        """The boards that it can reach now."""

    def knows(self, serial: str) -> bool:
        """Whether the board with this serial number is one of its own, reachable or not."""

    def open(self, serial: str) -> AbstractContextManager[Target]:
        """Hold a board; BoardError if there is none or somebody else uses it."""
