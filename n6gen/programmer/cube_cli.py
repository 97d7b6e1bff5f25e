"""One call of STM32_Programmer_CLI: what is typed, what came of it, and when it is tried again.

Only what is in `_KNOWN` is ever passed. Option bytes and fuses cannot be reached with it, nor can `-e`, which was seen
to ignore the external loader and to erase the memory of the processor instead: `-w` erases what it writes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import sleep

import attrs

from n6gen.board.facts import Board
from n6gen.errors import BoardError, N6genError
from n6gen.programmer import console
from n6gen.programmer.facts import develop
from n6gen.programmer.failures import Failure
from n6gen.programmer.usb import users_of
from n6gen.tools.run import Result, run

_KNOWN = frozenset({"-q", "-l", "-c", "-el", "-hardRst", "-w", "-v", "-r"})


@attrs.frozen
class Cli:
    """The program, and where what it says is kept. `keep`: descriptors that it inherits (n6gen.tools.hold)."""

    program: Path
    log: Path | None = None
    keep: tuple[int, ...] = ()

    def call(
        self, words: Sequence[str], *, timeout: float, wants: Sequence[str] = ()
    ) -> tuple[list[str], Failure | None]:
        """Its lines, and what went wrong if anything did; `timeout` in seconds. See n6gen.programmer.console."""
        for word in words:
            if word.startswith("-") and word not in _KNOWN:
                raise ValueError(f"n6gen must not call {self.program.name} with {word}")
        result = run([self.program, "-q", *words], timeout=timeout, env=self._environment(), keep=self.keep)
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(_entry(result))
        return console.lines_of(result.output), console.judge(result, wants=wants)

    def _environment(self) -> Mapping[str, str] | None:
        """On Linux it needs its own libraries before the system's."""
        if not sys.platform.startswith("linux"):
            return None
        own = str(self.program.resolve().parent.parent / "lib")
        others = os.environ.get("LD_LIBRARY_PATH")
        return {"LD_LIBRARY_PATH": f"{own}{os.pathsep}{others}" if others else own}


class Connection:
    """Calls that connect to one board, by its serial number always, and climb the ladder of ways to connect."""

    def __init__(self, cli: Cli, serial: str, board: Board, access_port: int) -> None:
        """Begin with the gentlest way: to a running processor."""
        self._cli = cli
        self.serial = serial
        self._board = board
        self._options = {"port": "SWD", "mode": "HOTPLUG", "ap": str(access_port), "sn": serial}

    def ask(self, words: Sequence[str], *, timeout: float, wants: Sequence[str] = ()) -> list[str]:
        """Connect and do `words`; the lines of a success.

        A way to connect that worked is kept for the next call. Raises the failure's error otherwise.
        """
        options, tried = dict(self._options), dict[str, int]()
        while True:
            # A reset puts the processor, and with it the flash's interface, into a known state; "under reset" has one.
            reset = ["-hardRst"] if options["mode"] == "HOTPLUG" and words else []
            connect = ["-c", *(f"{key}={value}" for key, value in options.items())]
            lines, failure = self._cli.call([*connect, *_with_reset(words, reset)], timeout=timeout, wants=wants)
            if failure is None:
                self._must_be_ours(lines)
                self._options = options
                return lines
            attempt = tried.get(failure.name, 0)
            retry = failure.retry
            if retry is None or attempt >= len(retry.waits) or _no_change(options, retry.changes):
                raise self.error(failure, lines)
            sleep(retry.waits[attempt])
            tried[failure.name] = attempt + 1
            options |= retry.changes

    def error(self, failure: Failure, lines: Sequence[str]) -> N6genError:
        """The error for a failure of this board."""
        return error_of(failure, lines, self.serial, self._board, self._cli.log)

    def _must_be_ours(self, lines: Sequence[str]) -> None:
        """Raises BoardError if the tool says that it reached another probe than the one that was named."""
        found = console.banner(lines).get("ST-LINK SN", "")
        if _is_serial(found) and _is_serial(self.serial) and found.upper() != self.serial.upper():
            raise BoardError(f"{self._cli.program.name} was told to use {self.serial} and used {found}")


def error_of(
    failure: Failure, lines: Sequence[str], serial: str | None, board: Board | None, log: Path | None
) -> N6genError:
    """The error for a failure: which board, its cause; then the remedy, the tool's own words and where all are."""
    where = f"{serial}: " if serial else ""
    own = console.complaint(lines)
    hints = [failure.remedy.format(develop=develop(board))]
    if failure.name == "busy":
        hints = [f"{user} uses it: end it." for user in users_of(serial)] or hints
    if own:
        hints.append(f"The programmer said: {own}")
    if log is not None:
        hints.append(f"All that it said: {log}")
    return failure.error(f"{where}{failure.cause}", *hints)


def _with_reset(words: Sequence[str], reset: Sequence[str]) -> list[str]:
    """Options act in their order: the reset comes after the loader is named and before it is used."""
    if words[:1] == ["-el"]:
        return [*words[:2], *reset, *words[2:]]
    return [*words] if "-hardRst" in words else [*reset, *words]


def _no_change(options: Mapping[str, str], changes: Mapping[str, str]) -> bool:
    return bool(changes) and all(options.get(key) == value for key, value in changes.items())


def _is_serial(text: str) -> bool:
    return len(text) == 24 and all(digit in "0123456789abcdefABCDEF" for digit in text)


def _entry(result: Result) -> str:
    how = "timed out" if result.timed_out else f"exit status {result.returncode}"
    return f"$ {' '.join(result.argv)}\n{result.output}\n# {how}, {result.seconds:.2f} s\n\n"
