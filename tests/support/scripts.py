"""Stand-ins for programs, written in Python on the spot."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def python_program(path: Path, code: str) -> Path:
    """Make `path` a program that runs `code` with this interpreter.

    A `#!` line cannot name an interpreter whose path has a space; a shell can.
    """
    script = path.with_name(f"{path.name}.py")
    script.write_text(code)
    path.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(script)])} "$@"\n')
    path.chmod(0o755)
    return path
