"""The programmer of virtual boards: works on the file that is their flash, as a part would take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from n6gen.emulator.instance import PREFIX, Instance, instances, open_instance
from n6gen.emulator.nor import PAGE_SIZE, Nor
from n6gen.programmer.base import Identity, Probe


class VirtualProgrammer:
    """Reaches every virtual board of this user."""

    name = "virtual"

    def probes(self) -> list[Probe]:
        """All instances; the default one is made if there is none."""
        return [Probe(i.serial, i.board.name, i.state(), str(i.nor)) for i in instances()]

    def knows(self, serial: str) -> bool:
        """Whether there is such an instance, or the name is one that makes a new one."""
        return serial.startswith(PREFIX) or serial in {instance.serial for instance in instances()}

    @contextmanager
    def open(self, serial: str) -> Iterator[VirtualTarget]:
        """Hold the instance; it is made if its name begins with ``virtual-``."""
        instance = open_instance(serial)
        with instance.hold("flash"), instance.open_nor() as nor:
            yield VirtualTarget(instance, nor)


class VirtualTarget:
    """An instance that is held, its processor off."""

    def __init__(self, instance: Instance, nor: Nor) -> None:
        """Work on the open flash."""
        self._instance = instance
        self._nor = nor
        self._base = instance.board.nor.base

    def identify(self) -> Identity:
        """See Target."""
        return Identity(self._instance.serial, self._instance.board.name)

    def read(self, address: int, size: int) -> bytes:
        """See Target."""
        return self._nor.read(address - self._base, size)

    def erase(self, address: int, size: int) -> None:
        """See Target."""
        self._nor.erase(address - self._base, size)

    def write(self, address: int, data: bytes) -> None:
        """See Target."""
        offset, at = address - self._base, 0
        while at < len(data):
            room = PAGE_SIZE - (offset + at) % PAGE_SIZE
            self._nor.program(offset + at, data[at : at + room])
            at += room

    def reset(self) -> None:
        """Nothing to do: a virtual board is switched on when somebody measures it."""
