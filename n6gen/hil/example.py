"""The example of a plan that `n6gen ci init` writes."""

from __future__ import annotations

from pathlib import Path

from n6gen.tools.files import write_atomic

_EXAMPLE = Path(__file__).with_name("example.toml")


def write_example(file: Path) -> None:
    """Write it to `file`."""
    write_atomic(file, _EXAMPLE.read_bytes())
