"""Nothing is written outside of the partitions of the board's layout, whoever programs."""

from __future__ import annotations

from collections.abc import Sequence

from n6gen.board.facts import Board
from n6gen.errors import InputError
from n6gen.programmer.base import Area, Identity, Runner, Target, Traits


class Guarded:
    """A target whose every erase and write is checked against the layout first."""

    def __init__(self, target: Target, board: Board) -> None:
        """Stand before `target`."""
        self._target = target
        self._board = board

    @property
    def traits(self) -> Traits:
        """See Target."""
        return self._target.traits

    def identify(self) -> Identity:
        """See Target."""
        return self._target.identify()

    def read(self, address: int, size: int) -> bytes:
        """See Target."""
        return self._target.read(address, size)

    def differing(self, address: int, data: bytes) -> list[int]:
        """See Target."""
        return self._target.differing(address, data)

    def erase(self, address: int) -> None:
        """See Target; InputError for a sector that is not in a partition."""
        self._must_be_inside(address, self.traits.sector)
        self._target.erase(address)

    def write(self, areas: Sequence[Area]) -> None:
        """See Target; InputError, before anything is written, for an area whose sectors are not in one partition."""
        for area in areas:
            self._must_be_inside(area.address, -(-max(1, len(area.data)) // self.traits.sector) * self.traits.sector)
        self._target.write(areas)

    def reset(self) -> None:
        """See Target."""
        self._target.reset()

    def runner(self) -> Runner:
        """See Target."""
        return self._target.runner()

    def _must_be_inside(self, address: int, size: int) -> None:
        inside = any(p.address <= address and address + size <= p.end for p in self._board.partitions)
        if not inside or address % self.traits.sector:
            raise InputError(
                f"refused to write {size:#x} B at {address:#010x}: "
                f"not whole sectors of one partition of {self._board.name}"
            )
