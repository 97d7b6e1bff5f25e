"""Failures of programmers as errors for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from n6gen.board.facts import Board, board_names
from n6gen.errors import InputError, N6genError
from n6gen.programmer import console
from n6gen.programmer.facts import develop
from n6gen.programmer.failures import Failure
from n6gen.programmer.usb import users_of


def error_of(
    failure: Failure,
    lines: Sequence[str],
    *,
    serial: str | None = None,
    board: Board | None = None,
    log: Path | None = None,
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


def other_board(board: Board, serial: str, found: str) -> InputError:
    """The error for a build that is for another board than the one that is there."""
    known = found in board_names()
    return InputError(
        f"the build is for {board.name}, {serial} is a {found}",
        f"Build for it: n6gen build --board {found}" if known else "Choose another board: --sn SERIAL.",
    )
