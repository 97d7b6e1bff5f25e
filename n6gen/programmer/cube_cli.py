"""One call of STM32_Programmer_CLI: what is typed, what came of it, and when it is tried again.

Only what is in `_KNOWN` is ever passed. Option bytes and fuses cannot be reached with it, nor can `-e`, which was seen
to ignore the external loader and to erase the memory of the processor instead: `-w` erases what it writes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from n6gen.board.facts import Board
from n6gen.errors import BoardError, N6genError
from n6gen.programmer import console
from n6gen.programmer.failures import Failure
from n6gen.programmer.ladder import Answer, Options, climb
from n6gen.programmer.messages import error_of
from n6gen.tools.run import Result, run

_KNOWN = frozenset({"-q", "-l", "-c", "-el", "-hardRst", "-w", "-v", "-r"})


@attrs.frozen
class Cli:
    """The program, and where what it says is kept. `keep`: descriptors that it inherits (n6gen.tools.hold)."""

    program: Path
    log: Path | None = None
    keep: tuple[int, ...] = ()

    def call(self, words: Sequence[str], *, timeout: float, wants: Sequence[str] = ()) -> Answer:
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
        self._access_port = access_port
        self._options = {"mode": "HOTPLUG"}

    def ask(self, words: Sequence[str], *, timeout: float, wants: Sequence[str] = ()) -> list[str]:
        """Connect and do `words`; the lines of a success.

        A way to connect that worked is kept for the next call. Raises the failure's error otherwise.
        """

        def call(options: Options) -> Answer:
            connect = ["port=SWD", f"ap={self._access_port}", f"sn={self.serial}"]
            connect += [f"{key}={value}" for key, value in options.items()]
            # A reset puts the processor, and with it the flash's interface, into a known state; "under reset" has one.
            reset = ["-hardRst"] if options["mode"] == "HOTPLUG" and words else []
            return self._cli.call(["-c", *connect, *_with_reset(words, reset)], timeout=timeout, wants=wants)

        lines, self._options = climb(call, self._options, self.error)
        self._must_be_ours(lines)
        return lines

    def error(self, failure: Failure, lines: Sequence[str]) -> N6genError:
        """The error for a failure of this board."""
        return error_of(failure, lines, serial=self.serial, board=self._board, log=self._cli.log)

    def _must_be_ours(self, lines: Sequence[str]) -> None:
        """Raises BoardError if the tool says that it reached another probe than the one that was named."""
        found = console.banner(lines).get("ST-LINK SN", "")
        if _is_serial(found) and _is_serial(self.serial) and found.upper() != self.serial.upper():
            raise BoardError(f"{self._cli.program.name} was told to use {self.serial} and used {found}")


def _with_reset(words: Sequence[str], reset: Sequence[str]) -> list[str]:
    """Options act in their order: the reset comes after the loader is named and before it is used."""
    if words[:1] == ["-el"]:
        return [*words[:2], *reset, *words[2:]]
    return [*words] if "-hardRst" in words else [*reset, *words]


def _is_serial(text: str) -> bool:
    return len(text) == 24 and all(digit in "0123456789abcdefABCDEF" for digit in text)


def _entry(result: Result) -> str:
    how = "timed out" if result.timed_out else f"exit status {result.returncode}"
    return f"$ {' '.join(result.argv)}\n{result.output}\n# {how}, {result.seconds:.2f} s\n\n"
