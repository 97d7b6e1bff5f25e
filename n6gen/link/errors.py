"""What can go wrong on a link, by name. All are BoardError (exit code 4)."""

from __future__ import annotations

from collections.abc import Mapping

from n6gen.errors import BoardError


class NoAnswer(BoardError):  # noqa: N818 - the names say what happened, as the messages do
    """The board was silent where it should have spoken: no boot, no hello, a hang."""


class TooSlow(NoAnswer):
    """The board works, as its signs of life tell, but did not finish in time."""


class ClocksDisagree(BoardError):  # noqa: N818
    """The board's two clocks do not tell the same time: none of its figures can be believed."""


class Refused(BoardError):  # noqa: N818
    """The loader or the app refused to start. `check` is the failed check's name."""

    def __init__(self, stage: str, check: str, expected: str, found: str) -> None:
        """Say which check failed."""
        super().__init__(
            f"the {stage} refused to start: {check}: expected {expected}, found {found}",
            "Run `n6gen flash`: it reads the board and rewrites what differs.",
        )
        self.stage = stage
        self.check = check


class Fault(BoardError):  # noqa: N818
    """The CPU faulted. `registers` are the record's, 8 hex digits each, by name."""

    def __init__(self, kind: str, registers: Mapping[str, str]) -> None:
        """Show the registers that say most."""
        shown = " ".join(f"{name}={registers[name]}" for name in _SHOWN if name in registers)
        super().__init__(
            f"the board faulted: {kind}: {shown}",
            "Look up pc and lr: arm-none-eabi-addr2line -e app.elf 0x…",
        )
        self.kind = kind
        self.registers = dict(registers)


_SHOWN = ("pc", "lr", "sp", "psr", "cfsr", "hfsr", "bfar", "mmfar")


class Restarted(BoardError):  # noqa: N818
    """The board started anew in the middle of a session."""


class WindowDamaged(BoardError):  # noqa: N818
    """Samples did not arrive whole: the window may be measured again, its numbers are not used."""
