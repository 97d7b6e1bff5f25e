"""Which processes have a file open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

PROCESSES = Path("/proc")


def openers(files: Collection[str]) -> list[str]:
    """The processes that have one of `files` (absolute, no links) open, as "name, process N".

    Only those that this user may look into; none on systems other than Linux.
    """
    return sorted(_openers(files)) if files else []


def _openers(files: Collection[str]) -> Iterator[str]:
    for process in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.fspath(link.readlink()) in files for link in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8").strip()
                yield f"{name}, process {process.name}"
