"""A board behind a port as something to measure: a serial device, a terminal server, or a bridge to an emulator."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs

from n6gen.board import Board
from n6gen.errors import BoardError
from n6gen.link import BAUD, Client, Port, open_at_its_baud, open_port
from n6gen.measure.conduct import DidNotRun
from n6gen.measure.places import faults_named
from n6gen.measure.subject import Pixels, Up
from n6gen.programmer.base import Access
from n6gen.programmer.probe_lock import hold_probe
from n6gen.programmer.usb import ProbePort, probe_ports


@attrs.frozen
class LinkedBoard:
    """A board whose app runs, or boots while it is asked. See Subject.

    `where` is what open_port takes; `probe` the probe that carries that port, if one does. `start` is "reset" if the
    app is told to start anew first.
    """

    board: Board
    where: str
    probe: ProbePort | None
    start: Literal["reset", "running"] = "running"
    baud: int = BAUD
    sees_lcd: bool = False

    @property
    def name(self) -> str:
        """See Subject."""
        return self.probe.serial if self.probe else self.board.name

    def conditions(self) -> Mapping[str, Any]:
        """See Subject."""
        probe = None if self.probe is None else {"serial": self.probe.serial, "name": self.probe.name}
        return {"serial": self.probe.serial if self.probe else None, "probe": probe, "inputs": "injected"}

    @contextmanager
    def up(self, elf: Path, through: Callable[[Port], Port]) -> Iterator[Up]:
        """See Subject. Raises what open_port raises."""
        heard = _Heard()
        with contextlib.ExitStack() as stack:
            if self.probe:
                # A flash in the middle would end the session.
                stack.enter_context(hold_probe(self.probe.serial, Access("measure")))
            stack.enter_context(faults_named(elf))
            port = stack.enter_context(contextlib.closing(self._open()))
            client = Client(through(port), raw=heard)
            try:
                yield Up(client, lambda pixels: inject(client, pixels), client.inject_end)
            except DidNotRun as error:
                error.things_to_try = self._silence(heard.bytes)
                raise

    def _open(self) -> Port:
        """At the rate that was asked for, or, if that is the usual one, at another at which the board answers."""
        return open_at_its_baud(self.where)[0] if self.baud == BAUD else open_port(self.where, baud=self.baud)

    def _silence(self, heard: int) -> tuple[str, ...]:
        """What to try with a board that does not say who it is."""
        boot = self.board.raw.get("boot", {}).get("start")
        if heard:
            what = f"{heard} bytes came, none of them an answer: another program on the board, or another bit rate?"
            tries = [
                what,
                "The app's bit rate is 921600; 460800, 230400 and 115200 did not help either. --baud sets another.",
            ]
        else:
            tries = ["Not a byte came: is the board powered, and is this its port? See `n6gen boards`."]
        return (
            *tries,
            *([boot] if boot else []),
            "Press the board's reset button while n6gen waits; --boot-timeout says for how long.",
            "Run `n6gen flash`: it reads the board and writes what it lacks.",
        )


def find_link(board: Board, port: str | None, serial: str | None) -> tuple[str, ProbePort | None]:
    """The port that leads to a board, and the probe that carries it, if one does.

    `port` is believed; else it is that of the probe with the number `serial`, or of the only one there is. Raises
    BoardError if none or several fit.
    """
    there = probe_ports()
    if port is not None:
        return port, next((one for one in there if one.device == port), None)
    found = [one for one in there if serial is None or one.serial.upper() == serial.upper()]
    if len(found) == 1:
        return found[0].device, found[0]
    seen = [f"--sn {one.serial} is at {one.device}." for one in there]
    if found:
        raise BoardError(f"there are {len(found)} probes with a serial port: which one?", *seen)
    raise BoardError(
        f"no serial port of a {board.name} found" if serial is None else f"the probe {serial} has no serial port here",
        "Connect the board's debug USB port, with a cable that carries data, to this machine.",
        "Or name its port: --port /dev/ttyACM0, --port socket://host:port, --port rfc2217://host:port.",
        *seen,
    )


def inject(client: Client, pixels: Pixels) -> None:
    """Send a picture, uint8 RGB [H, W, 3], up the link: the board uses it until it is released."""
    client.inject(pixels.tobytes())


class _Heard(io.BytesIO):
    """Counts what comes in."""

    bytes = 0

    def write(self, data: Any) -> int:
        self.bytes += len(data)
        return len(data)
