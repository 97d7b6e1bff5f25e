"""Which programmers there are, and which board is meant."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import entry_points

from n6gen.board.facts import Board
from n6gen.errors import BoardError, MissingToolError
from n6gen.programmer.base import Probe, Programmer

GROUP = "n6gen.programmers"
_BUILT_IN = {"virtual": "n6gen.programmer.virtual:VirtualProgrammer"}


def names() -> list[str]:
    """All programmers: n6gen's own and those of installed packages."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def load(name: str) -> Programmer:
    """Make the programmer called `name`; MissingToolError if none is. n6gen's own cannot be replaced."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        made: Programmer = getattr(importlib.import_module(module), attribute)()
        return made
    for point in entry_points(group=GROUP, name=name):
        programmer: Programmer = point.load()()
        return programmer
    raise MissingToolError(f"there is no programmer {name}", f"Known: {', '.join(names())}.")


def all_probes() -> list[Probe]:
    """Every board that any programmer reaches."""
    return [probe for name in names() for probe in load(name).probes()]


def choose(board: Board, serial: str | None) -> tuple[Programmer, str]:
    """The programmer and the serial number of the board that is meant.

    With a serial number: whoever knows it, whatever board that is. Without: the one board that the programmers of
    `board` reach. Raises BoardError if none or several fit, MissingToolError if nothing here can program `board`.
    """
    if serial is not None:
        for programmer in map(load, names()):
            if programmer.knows(serial):
                return programmer, serial
        raise BoardError(f"there is no board with the serial number {serial!r}", _seen(all_probes()))
    usable = [load(name) for name in board.programmers if name in names()]
    if not usable:
        raise MissingToolError(
            f"nothing here can program a {board.name}: it takes {' or '.join(board.programmers)}",
            "Build for another board (--board virtual), or install a package that brings such a programmer.",
        )
    found = [(programmer, probe) for programmer in usable for probe in programmer.probes()]
    if len(found) > 1:
        raise BoardError(
            f"there are {len(found)} boards: which one? {', '.join(probe.serial for _, probe in found)}",
            "Choose one: --sn SERIAL.",
        )
    for programmer, probe in found:
        return programmer, probe.serial
    raise BoardError(f"no {board.name} found", "Check cable and power.")


def _seen(probes: Sequence[Probe]) -> str:
    return "Connected: " + (", ".join(probe.serial for probe in probes) or "none") + "."
