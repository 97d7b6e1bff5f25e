"""Which board a command means, and how it is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from n6gen.board import Board
    from n6gen.measure.subject import Subject

_F = TypeVar("_F", bound=Callable[..., Any])

_COLD = "On a port: start the app anew first, so that its first inference is cold."
_OPTIONS = (
    click.option("--port", metavar="PORT", help="The board's link: a device or a URL; by default that of its probe."),
    click.option("--baud", type=click.IntRange(300), metavar="RATE", help="The link's bit rate, if it is not 921600."),
    click.option("--reset", is_flag=True, help=_COLD),
    click.option("--boot-timeout", default=30.0, show_default="30", help="Seconds that the board has to get ready."),
)


def port_options(function: _F) -> _F:
    """Give a command the options `port`, `baud`, `reset` and `boot_timeout`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def reach(board: Board, sn: str | None, port: str | None, baud: int | None, *, reset: bool) -> Subject:
    """The board that is meant: one behind a port if a port is named or the board is a real one, else a virtual one."""
    if port is None and board.instructions_per_tick is not None:
        from n6gen.emulator.instance import open_instance
        from n6gen.measure.virtual import VirtualBoard
        from n6gen.programmer.registry import choose

        return VirtualBoard(open_instance(choose(board, sn)[1]))
    from n6gen.link import BAUD
    from n6gen.measure.linked import LinkedBoard, find_link

    where, probe = find_link(board, port, sn)
    return LinkedBoard(board, where, probe, "reset" if reset else "running", baud or BAUD)
