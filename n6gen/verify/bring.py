"""Bring one build after the other onto a board, as `n6gen flash` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import attrs

from n6gen.board import Board
from n6gen.errors import BoardError
from n6gen.flash.boot import wait_for_app
from n6gen.flash.ram import run_from_ram
from n6gen.flash.session import Selection, flash
from n6gen.image.manifest import read_manifest
from n6gen.programmer.facts import start
from n6gen.programmer.usb import port_of

Strategy = Literal["flash", "ram"]
#: How long somebody may take to move a board's switches, in seconds.
_BY_HAND_S = 120.0


@attrs.frozen
class Bringer:
    """Writes builds to the board `serial`. `say` gets what a person has to do, if a board has switches."""

    board: Board
    serial: str
    strategy: Strategy
    selection: Selection
    say: Callable[[str], None]

    def __call__(self, folder: Path) -> None:
        """Write the build in `folder` and let it run. Raises what `n6gen flash` does."""
        if self.strategy == "ram":
            run_from_ram(folder, self.serial, selection=self.selection)
            return
        flash(folder, self.serial, selection=self.selection)
        step = start(self.board)
        if step is None:
            return
        self.say(f"Next: {step}")
        if wait_for_app(read_manifest(folder), lambda: port_of(self.serial), timeout=_BY_HAND_S) is None:
            raise BoardError(
                f"{self.serial}: no hello within {_BY_HAND_S:g} s after it was written",
                f"Next: {step}",
                "With --strategy ram nobody moves a switch.",
            )


def usual_strategy(board: Board) -> Strategy:
    """From RAM where a board's switches would have to be moved for each build."""
    return "flash" if start(board) is None else "ram"
