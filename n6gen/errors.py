"""Errors that a user can act upon, and the exit codes they end in.

::

    N6genError
    ├── MissingToolError   3   something missing on this machine
    ├── BoardError         4   probe, link, boot
    ├── InputError         5   model, config, image, build, a path that does not exist
    └── NotComparableError 6   figures taken under unlike conditions

Each carries one line saying what and where, and a list of things to try. The command line prints both, never a
traceback; anything else that escapes is a bug and exits with 70.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. `docs/exit-codes.md` is made from this table."""

    OK = 0
    NEGATIVE = 1
    USAGE = 2
    MISSING = 3
    BOARD = 4
    INPUT = 5
    NOT_COMPARABLE = 6
    BUG = 70

    @property
    def meaning(self) -> str:
        """What the code says, in the words of the documentation."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.NEGATIVE: "a measured verdict is negative",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.MISSING: "something is missing on this machine (a tool, a package, a permission)",
    ExitCode.BOARD: "the board: probe, link or boot",
    ExitCode.INPUT: "bad input: model, configuration, image, build, or a path that does not exist",
    ExitCode.NOT_COMPARABLE: "the figures were taken under unlike conditions",
    ExitCode.BUG: "a bug in n6gen",
}


class N6genError(Exception):
    """Base of all errors meant for a user's eyes.

    `message` is one line; `things_to_try` are complete sentences or commands, most likely first.
    """

    exit_code = ExitCode.BUG

    def __init__(self, message: str, *things_to_try: str) -> None:
        """Keep the line and its remedies."""
        super().__init__(message)
        self.message = message
        self.things_to_try = things_to_try


class MissingToolError(N6genError):
    """A tool, package or permission is missing on this machine."""

    exit_code = ExitCode.MISSING


class BoardError(N6genError):
    """The board did not do what it should: probe, link, boot, fault, hang."""

    exit_code = ExitCode.BOARD


class InputError(N6genError):
    """What the user gave cannot be used: model, configuration, image, build, path."""

    exit_code = ExitCode.INPUT


class NotComparableError(N6genError):
    """Two figures were taken under conditions that differ."""

    exit_code = ExitCode.NOT_COMPARABLE
