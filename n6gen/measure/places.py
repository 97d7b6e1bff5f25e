"""Where in the app a board is, or was when it faulted: functions and lines instead of addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from n6gen.app.elf import Symbols
from n6gen.errors import BoardError
from n6gen.link import Fault


@contextmanager
def faults_named(elf: Path) -> Iterator[Symbols]:
    """Raise a Fault inside the context anew, with the function and the line of `elf`; yields its symbols."""
    symbols = Symbols(elf)
    try:
        yield symbols
    except Fault as fault:
        raise _named(fault, symbols) from fault


def place(symbols: Symbols, address: int) -> str:
    """An address of the app, with function and line if they are known."""
    found = symbols.locate(address)
    return f"{found}, pc={address:08x}" if found else f"pc={address:08x}"


def _named(fault: Fault, symbols: Symbols) -> BoardError:
    pc, lr = (int(fault.registers.get(name, "0"), 16) for name in ("pc", "lr"))
    # A return address points behind the call.
    at, caller = symbols.locate(pc), symbols.locate(lr - 2)
    where = f" in {at}" if at else ""
    where += f", called from {caller}" if caller else ""
    return BoardError(f"{fault.message}{where}", "Look at that line; registers are as at the fault.")
