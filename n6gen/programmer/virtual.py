"""The programmer of virtual boards: works on the file that is their flash, as a part would take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from n6gen.board.facts import Board
from n6gen.emulator.instance import PREFIX, Instance, instances, open_instance
from n6gen.emulator.nor import PAGE_SIZE, Nor
from n6gen.errors import InputError
from n6gen.programmer.base import Access, Area, Identity, Probe, Rates, Runner, Traits, differing_in

#: Seconds of a file on a common machine.
_RATES = Rates(start_s=0.0, read_s=1e-6, write_s=1e-4)


class VirtualProgrammer:
    """Reaches every virtual board of this user."""

    name = "virtual"

    def check(self) -> None:
        """There is always one."""

    def probes(self) -> list[Probe]:
        """All instances; the default one is made if there is none."""
        return [Probe(i.serial, i.board.name, i.state(), nor=str(i.nor), programmer=self.name) for i in instances()]

    def knows(self, serial: str) -> str | None:
        """Any instance, and a name that makes a new one."""
        known = serial.startswith(PREFIX) or serial in {instance.serial for instance in instances()}
        return serial if known else None

    @contextmanager
    def open(self, serial: str, board: Board, access: Access) -> Iterator[VirtualTarget]:
        """Hold the instance; it is made if its name begins with ``virtual-``."""
        instance = open_instance(serial)
        with instance.hold(access.command, patience=access.patience, say=access.say), instance.open_nor() as nor:
            yield VirtualTarget(instance, nor)


class VirtualTarget:
    """An instance that is held, its processor off."""

    def __init__(self, instance: Instance, nor: Nor) -> None:
        """Work on the open flash."""
        self._instance = instance
        self._nor = nor
        self._base = instance.board.nor.base
        self._large = instance.board.erase_large
        self.traits = Traits(instance.board.erase_small, self._large, _RATES)

    def identify(self) -> Identity:
        """See Target."""
        return Identity(self._instance.serial, self._instance.board.name)

    def read(self, address: int, size: int) -> bytes:
        """See Target."""
        return self._nor.read(address - self._base, size)

    def differing(self, address: int, data: bytes) -> list[int]:
        """See Target."""
        return differing_in(self.read(address, len(data)), data, self.traits.sector)

    def erase(self, address: int) -> None:
        """See Target."""
        self._nor.erase(address - self._base, self.traits.sector)

    def write(self, areas: Sequence[Area]) -> None:
        """See Target. Whole blocks are erased at once, as that is faster in a real part."""
        for area in areas:
            start = at = area.address - self._base
            end = start + len(area.data)
            while at < max(end, start + 1):
                size = self._large if at % self._large == 0 and at + self._large <= end else self.traits.sector
                self._nor.erase(at, size)
                at += size
            for page in range(start - start % PAGE_SIZE, end, PAGE_SIZE):
                first, behind = max(page, start), min(page + PAGE_SIZE, end)
                self._nor.program(first, area.data[first - start : behind - start])

    def reset(self) -> None:
        """Nothing to do: a virtual board is switched on when somebody measures it."""

    def runner(self) -> Runner:
        """Refused: it has no boot switches that a program in RAM would spare anybody to move."""
        raise InputError(
            f"{self._instance.serial} cannot run a program from RAM: a virtual board boots from its flash",
            "Use --strategy flash; nobody has to move a switch for it.",
        )
