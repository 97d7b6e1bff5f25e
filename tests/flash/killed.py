"""A flash that is killed by SIGKILL, run as ``python killed.py <build folder> <writes before the kill>``.

The kill falls between two of the small steps in which the flash's file is written, as it would at any instant. A flash
that gets to its end prints how many steps are left.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from n6gen.emulator import nor
from n6gen.flash.session import flash


class Fuse:
    """A file that ends the process after so many writes."""

    def __init__(self, file: Any, left: int) -> None:
        self._file = file
        self.left = left

    def write(self, data: bytes) -> int:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def main(build: Path, writes: int) -> None:
    plain = nor.Nor.__init__
    fuses = []

    def fused(self: nor.Nor, *arguments: Any) -> None:
        plain(self, *arguments)
        fuses.append(Fuse(self._file, writes))
        self._file = fuses[-1]  # type: ignore[assignment]

    nor.Nor.__init__ = fused  # type: ignore[method-assign]
    flash(build, "virtual-0")
    print(fuses[-1].left)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
