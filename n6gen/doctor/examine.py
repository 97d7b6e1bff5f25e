"""All that is looked at, in the order of a user's work."""

from __future__ import annotations

from n6gen.board.facts import load_board
from n6gen.doctor import machine, packages, software
from n6gen.doctor.finding import Finding


def examine(board: str) -> list[Finding]:
    """Look at this machine for work with `board`; raises InputError if there is no such board.

    Everything is looked at for every board; the board decides what is needed and what is optional.
    """
    facts = load_board(board)
    emulated = "virtual" in facts.programmers
    npu = "stedgeai" in facts.compilers
    vendor = packages.packages(needed=npu)
    compiler, located = software.stedgeai(needed=npu)
    return [
        software.python(),
        software.gcc(),
        software.build_tool("cmake"),
        software.build_tool("ninja"),
        software.qemu(needed=emulated),
        # Only what is not here yet needs fetching.
        software.git(needed=vendor.bad),
        vendor,
        compiler,
        packages.runtime(located, needed=npu),
        *software.programmers(needed=not emulated),
        machine.udev_rules(needed=not emulated),
        machine.serial_ports(needed=not emulated),
        machine.disk(),
    ]
