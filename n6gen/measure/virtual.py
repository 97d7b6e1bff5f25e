"""The virtual board as something to measure: power on, show frames, look at the LCD."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from n6gen.emulator.instance import Instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError
from n6gen.link import Client, Port, SocketPort
from n6gen.measure.conduct import begin
from n6gen.measure.facts import BOOT_S, Start
from n6gen.measure.places import faults_named, place
from n6gen.measure.subject import Up


@attrs.frozen
class VirtualBoard:
    """An instance, switched on for a session. See Subject."""

    instance: Instance
    start: Start = "boot"
    sees_lcd: bool = True

    @property
    def name(self) -> str:
        """See Subject."""
        return self.instance.serial

    def conditions(self) -> Mapping[str, Any]:
        """See Subject."""
        return {"serial": self.instance.serial, "probe": None, "inputs": "shown"}

    @contextmanager
    def up(self, elf: Path, through: Callable[[Port], Port]) -> Iterator[Up]:
        """See Subject."""
        with _switched_on(self.instance, elf, through) as (machine, client):
            # Its camera sees nothing else, so there is nothing to go back to.
            yield Up(client, machine.camera.post, lambda: None, machine.lcd.picture)


@contextmanager
def running(instance: Instance, elf: Path) -> Iterator[tuple[Machine, Client]]:
    """Power the board on and wait until its app is ready; power it off at the end.

    A fault or a hang inside the context is raised anew with the function and the line of `elf` where it happened.
    Raises DidNotRun if the board does not get ready.
    """
    with _switched_on(instance, elf, lambda port: port) as (machine, client):
        begin(client, "boot", BOOT_S)
        yield machine, client


@contextmanager
def _switched_on(instance: Instance, elf: Path, through: Callable[[Port], Port]) -> Iterator[tuple[Machine, Client]]:
    with faults_named(elf) as symbols, Machine.start(instance) as machine:

        def where() -> str | None:
            with contextlib.suppress(BoardError):
                return f"at {place(symbols, machine.pc())}"
            return None

        yield machine, Client(through(SocketPort(machine.uart, gone=machine.death)), where=where)
