"""Where the stand-in's NPU compiler puts things: a profile and its pools, read as the real one reads them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*')
_MAGNITUDES = {"BYTES": 1, "KBYTES": 1024, "MBYTES": 1 << 20}
_LINE = 64


class RefusedError(Exception):
    """The NPU compiler does not take it; the text is what it prints."""


class ArgumentError(Exception):
    """The tool's own refusal of an argument."""


@dataclass
class Pool:
    """One pool and how much of it is used, in bytes."""

    name: str
    file: str
    base: int
    size: int
    read_only: bool
    cached: bool
    used: int = 0


def read_profile(text: str) -> tuple[Path, str, list[str]]:
    """`NAME@FILE` → pools file, options, keys that are ignored."""
    name, _, file = text.partition("@")
    path = Path(file)
    if not path.is_file():
        raise ArgumentError(f"no such file: {file}")
    profiles = json.loads(_COMMENT.sub(lambda match: match[1] or "", path.read_text()))["Profiles"]
    if name not in profiles:
        raise ArgumentError(f"no profile {name} in {file}")
    entry = profiles[name]
    # A relative pool is looked for beside the file of profiles.
    ignored = [key for key in entry if key not in ("memory_pool", "machine_desc", "options")]
    return path.parent / entry["memory_pool"], entry.get("options", ""), ignored


def read_pools(path: Path) -> list[Pool]:
    """The pools of a strict JSON file."""
    try:
        raw = json.loads(path.read_bytes().decode("ascii"))
    except ValueError as error:
        raise RefusedError("Error: memory pool JSON ERROR:\nINVALID_ARGUMENT:Expected a value.") from error
    return [
        Pool(
            name=entry["name"],
            file=entry["fname"],
            base=_amount(entry["offset"]),
            size=_amount(entry["size"]),
            read_only=entry["prop"]["rights"] == "ACC_READ",
            cached=entry["prop"].get("cacheable") == "CACHEABLE_ON",
        )
        for entry in raw["memory"]["mempools"]
    ]


def allocate(pools: list[Pool], activations: int, weights: int) -> None:
    """Fill fast pools first, external RAM last. Raises RefusedError with what is left over."""
    rows = sorted(
        (pool for pool in pools if not pool.read_only), key=lambda pool: (pool.base >= 0x9000_0000, -pool.base)
    )
    left = activations
    for pool in rows:
        pool.used = min(left, pool.size)
        left -= pool.used
    flash = next(pool for pool in pools if pool.read_only)
    flash.used = min(weights, flash.size)
    left += weights - flash.used
    if left:
        block = "".join(
            f"Configuration {at}: alt-scheduler({value}):\ntotal bytes left unallocated={left}\n"
            for at, value in enumerate(("false", "true"))
        )
        raise RefusedError(f"Warning: Oauto did not find valid compile options: aborting\n{block}")


def rounded(size: int) -> int:
    """`size` as buffers are allocated."""
    return -(-size // _LINE) * _LINE


def _amount(entry: dict[str, str]) -> int:
    return int(entry["value"], 0) * _MAGNITUDES[entry["magnitude"]]
