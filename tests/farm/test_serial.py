"""labgrid brings a package that installs `serial` too: the link works with either, in one environment or in two."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.farm.loopback import ROOT, farm_python

PYTHON = farm_python()
#: Speaks through a serial device; prints which `serial` it is, and what came back.
TALK = """
import sys, serial
from n6gen.link import Client, open_port
port = open_port(sys.argv[1])
port.write(b"hello\\n")
said = b""
while not said.endswith(b"\\n"):
    said += port.read(5.0)
port.close()
print(serial.__version__, said.decode().strip())
"""


@contextmanager
def echo() -> Iterator[str]:
    """A serial device that answers each line in capitals."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def answer() -> None:
        try:
            while data := os.read(ours, 64):
                os.write(ours, data.upper())
        except OSError:
            return

    threading.Thread(target=answer, daemon=True).start()
    yield os.ttyname(theirs)
    os.close(theirs)
    os.close(ours)


def talk(python: Path | str) -> list[str]:
    """The version of `serial` of a Python, and the answer that it got."""
    with echo() as device:
        done = subprocess.run(
            [python, "-c", TALK, device],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_link_works_with_pyserial() -> None:
    """As n6gen is installed."""
    assert talk(sys.executable) == ["3.5", "HELLO"]


@pytest.mark.skipif(PYTHON is None, reason="no farm environment: `make farm`, or set N6GEN_FARM_PYTHON")
def test_the_link_works_with_labgrids_fork() -> None:
    """As the farm's environment has it: the fork's version has four numbers."""
    assert PYTHON is not None
    version, answer = talk(PYTHON)
    assert answer == "HELLO"
    assert version.startswith("3.5.0."), "the farm's environment has pyserial over labgrid's fork (docs/farm.md)"
