"""Which programmers there are, and which board is meant."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from n6gen.board.facts import Board
from n6gen.config.settings import effective
from n6gen.errors import BoardError, MissingToolError, N6genError
from n6gen.programmer.base import Probe, Programmer

GROUP = "n6gen.programmers"
#: n6gen's own; of two that reach the same board the first one tells more about it.
_BUILT_IN = {
    "stm32cubeprogrammer": "n6gen.programmer.stm32cubeprogrammer:CubeProgrammer",
    "probe-rs": "n6gen.programmer.probe_rs:ProbeRs",
    "virtual": "n6gen.programmer.virtual:VirtualProgrammer",
}
#: The setting that says where the tool of one of n6gen's own is.
_SETTINGS = {"stm32cubeprogrammer": "cubeprogrammer", "probe-rs": "probe_rs"}

#: Where programmers' tools are, by the programmer's name.
Paths = Mapping[str, Path]


def tool_paths(cubeprogrammer: str | None, probe_rs: str | None) -> Paths:
    """What options of a command say about where tools are."""
    given = {"stm32cubeprogrammer": cubeprogrammer, "probe-rs": probe_rs}
    return {name: Path(path) for name, path in given.items() if path}


def names() -> list[str]:
    """All programmers: n6gen's own and those of installed packages."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def load(name: str, paths: Paths | None = None) -> Programmer:
    """Make the programmer called `name`; MissingToolError if none is. n6gen's own cannot be replaced.

    Where its tool is, if the user says so, is in `paths` or else in the settings.
    """
    made: Programmer
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        factory = getattr(importlib.import_module(module), attribute)
        if name not in _SETTINGS:
            made = factory()
            return made
        given = (paths or {}).get(name) or effective()[_SETTINGS[name]].value
        made = factory(Path(given) if given else None)
        return made
    for point in entry_points(group=GROUP, name=name):
        made = point.load()()
        return made
    raise MissingToolError(f"there is no programmer {name}", f"Known: {', '.join(names())}.")


def survey(paths: Paths | None = None) -> tuple[list[Probe], list[N6genError]]:
    """Every board that any programmer reaches, once, and what went wrong on the way."""
    probes: dict[str, Probe] = {}
    problems: list[N6genError] = []
    for name in [*_BUILT_IN, *(name for name in names() if name not in _BUILT_IN)]:
        programmer = load(name, paths)
        try:
            programmer.check()
        except MissingToolError:
            continue
        try:
            for probe in programmer.probes():
                probes.setdefault(probe.serial.upper(), probe)
        except N6genError as error:
            problems.append(error)
    return list(probes.values()), problems


def choose(
    board: Board, serial: str | None, *, programmer: str | None = None, paths: Paths | None = None
) -> tuple[Programmer, str]:
    """The programmer and the serial number of the board that is meant.

    The programmer is the one called `programmer`, else the first of the board's that this machine has. With a serial
    number it may also be another one that knows it, whatever board that is; without, it is the one board that is
    there. Raises BoardError if none or several fit, MissingToolError if nothing here can program `board`.
    """
    usable, lacking = _usable(board, programmer, paths)
    if serial is not None:
        return _by_serial(board, serial, usable, lacking, others=programmer is None)
    if not usable:
        raise _nothing(board, lacking)
    chosen = usable[0]
    found = chosen.probes()
    if len(found) > 1:
        raise BoardError(
            f"there are {len(found)} boards: which one? {', '.join(probe.serial for probe in found)}",
            *(f"--sn {probe.serial} is a {probe.board} ({probe.state})." for probe in found),
        )
    for probe in found:
        return chosen, probe.serial
    raise BoardError(
        f"no {board.name} found: {chosen.name} sees no probe",
        "Connect the board's debug USB port, with a cable that carries data, to this machine.",
        "Run `n6gen boards` to see what is there.",
    )


def _usable(
    board: Board, programmer: str | None, paths: Paths | None
) -> tuple[list[Programmer], list[MissingToolError]]:
    """The programmers that may be used, in order, and what keeps the others from it."""
    wanted = [programmer] if programmer else [name for name in board.programmers if name in names()]
    usable: list[Programmer] = []
    lacking: list[MissingToolError] = []
    for name in wanted:
        made = load(name, paths)
        try:
            made.check()
        except MissingToolError as error:
            lacking.append(error)
        else:
            usable.append(made)
    if programmer and lacking:
        raise lacking[0]
    return usable, lacking


def _by_serial(
    board: Board, serial: str, usable: Sequence[Programmer], lacking: Sequence[MissingToolError], *, others: bool
) -> tuple[Programmer, str]:
    for programmer in usable:
        if found := programmer.knows(serial):
            return programmer, found
    tried = {programmer.name for programmer in usable}
    for name in names() if others else []:
        if name in tried or name in board.programmers:
            continue
        try:
            stranger = load(name)
            stranger.check()
            if found := stranger.knows(serial):
                return stranger, found
        except N6genError:
            # It is not this board's programmer: what it lacks is nobody's business here.
            continue
    if not usable:
        raise _nothing(board, lacking)
    seen = ", ".join(probe.serial for programmer in usable for probe in programmer.probes()) or "none"
    raise BoardError(f"there is no board with the serial number {serial!r}", f"Connected: {seen}.")


def _nothing(board: Board, lacking: Sequence[MissingToolError]) -> MissingToolError:
    return MissingToolError(
        f"nothing here can program a {board.name}: it takes {' or '.join(board.programmers)}",
        *(f"{error.message}. {' '.join(error.things_to_try)}" for error in lacking),
        "Or build for a board that needs no tool: n6gen build --board virtual",
    )
