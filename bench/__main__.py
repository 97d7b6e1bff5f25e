"""Print what the commands cost on this machine, and what the demo network costs on the virtual board.

    python -m bench [--kernels mve] [--res 320]

Seconds are this machine's, the smallest of several runs; instructions are the emulated core's and repeat exactly.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def seconds(words: Sequence[str], runs: int = 5) -> float:
    """The smallest wall time of `runs` runs of a Python program, in seconds."""

    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        return time.perf_counter() - started

    return min(once() for _ in range(runs))


def n6gen(*words: str) -> Any:
    """One command's JSON."""
    argv = [sys.executable, "-m", "n6gen", *words, "--json"]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def instructions(kernels: str, res: str, folder: Path) -> dict[str, int]:
    """Median instructions a frame by stage, for the demo network."""
    out = str(folder / f"{kernels}-{res}")
    n6gen("build", "--board", "virtual", "--res", res, "--kernels", kernels, "--out", out)
    n6gen("flash", "--build", out)
    session = n6gen("measure", "--build", out, "--scene", "2")
    return {name: int(stage["p50"]) for name, stage in session["stages"].items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", nargs="*", default=["c", "mve"])
    parser.add_argument("--res", nargs="*", default=["256", "320", "416"])
    args = parser.parse_args()
    base = seconds(["-c", "import rich_click"])
    print(f"import rich_click        {base:6.3f} s")
    print(f"n6gen --help             {seconds(['-m', 'n6gen', '--help']):6.3f} s")
    with tempfile.TemporaryDirectory(prefix="n6gen-bench-") as name:
        os.environ["N6GEN_STATE_DIR"] = str(Path(name) / "state")
        for res in args.res:
            for kernels in args.kernels:
                stages = instructions(kernels, res, Path(name))
                shown = "  ".join(f"{stage} {count:,}" for stage, count in stages.items())
                print(f"{res} {kernels:4} {shown}")
        out = str(Path(name) / f"{args.kernels[-1]}-{args.res[-1]}")
        words = ["-m", "n6gen", "build", "--board", "virtual", "--res", args.res[-1], "--kernels", args.kernels[-1]]
        print(f"build, nothing changed   {seconds([*words, '--out', out]):6.3f} s")


if __name__ == "__main__":
    main()
