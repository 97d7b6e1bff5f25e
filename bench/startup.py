"""What the commands cost on this machine, in seconds. Shown, never judged: a machine's seconds are its own."""

from __future__ import annotations

import sys

from bench.subjects import ROOT
from n6gen.tools.run import run

_RUNS = 5


def startup() -> dict[str, float]:
    """The smallest wall time of several runs, by what was run, in seconds."""
    return {
        "import rich_click": _seconds("-c", "import rich_click"),
        "n6gen --help": _seconds("-m", "n6gen", "--help"),
        "n6gen model ls": _seconds("-m", "n6gen", "model", "ls"),
    }


def _seconds(*words: str) -> float:
    return min(run([sys.executable, *words], timeout=60, cwd=ROOT).seconds for _ in range(_RUNS))
