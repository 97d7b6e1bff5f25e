"""A board's facts. `board.toml` is the only source of addresses; everything else is rendered from it."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.resources import data_dir


@attrs.frozen
class Memory:
    """One memory of the SoC. Addresses and sizes in bytes."""

    name: str
    base: int
    size: int
    internal: bool = False

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.base + self.size


@attrs.frozen
class Region:
    """A named use of a part of one memory (app, activations, …)."""

    name: str
    memory: str
    base: int
    size: int

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.base + self.size


@attrs.frozen
class Partition:
    """A part of the NOR that holds one image. `offset` counts from the NOR's base.

    `copied_to`: (address, largest size) where the image runs, if it is copied to memory that is no region of the app's.
    """

    name: str
    address: int
    offset: int
    size: int
    image: str
    binary_type: int = 0
    copied_to: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.size


@attrs.frozen
class Lcd:
    """The panel and the square window in it that shows camera and mask, in pixels."""

    width: int
    height: int
    x: int
    y: int
    side: int


@attrs.frozen
class Board:
    """A board: facts only. `folder` holds its C layer and its linker templates. `mve`: its processor has Helium."""

    name: str
    title: str
    folder: Path
    compilers: tuple[str, ...]
    kernels: str
    programmers: tuple[str, ...]
    default_model: str
    unit: str
    cpu_flags: tuple[str, ...]
    mve: bool
    tick_hz: int
    instructions_per_tick: float | None
    memories: Mapping[str, Memory]
    regions: Mapping[str, Region]
    partitions: tuple[Partition, ...]
    erase_small: int
    erase_large: int
    lcd: Lcd
    raw: Mapping[str, Any]

    @property
    def nor(self) -> Memory:
        """The memory that images are written to."""
        return self.memories["nor"]

    def partition(self, name: str) -> Partition:
        """The partition called `name`; raises KeyError if the board has none."""
        return {p.name: p for p in self.partitions}[name]


def board_names() -> list[str]:
    """All boards that n6gen ships."""
    return sorted(path.parent.name for path in data_dir("board").glob("*/board.toml"))


def load_board(name: str) -> Board:
    """Read and check a board.

    Raises InputError if there is no such board, a key is missing, or two owners share an address.
    """
    folder = data_dir("board") / name
    file = folder / "board.toml"
    if name not in board_names():
        raise InputError(f"there is no board called {name!r}", f"Choose one of: {', '.join(board_names())}.")
    try:
        return parse_board(tomllib.loads(file.read_text(encoding="utf-8")), folder)
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: {type(error).__name__}: {error}") from error


def parse_board(raw: Mapping[str, Any], folder: Path) -> Board:
    """Make a Board of a parsed `board.toml`. Raises InputError on overlap or overflow, KeyError on a missing key."""
    memories = {name: Memory(name=name, **entry) for name, entry in raw["memory"].items()}
    regions = {
        name: Region(name, entry["memory"], memories[entry["memory"]].base + entry["offset"], entry["size"])
        for name, entry in raw["regions"].items()
    }
    nor = memories["nor"]
    partitions = tuple(
        Partition(
            name=entry["name"],
            address=nor.base + entry["offset"],
            offset=entry["offset"],
            size=entry["size"],
            image=entry["image"],
            binary_type=entry.get("binary_type", 0),
            copied_to=tuple(entry["copied_to"]) if "copied_to" in entry else None,
        )
        for entry in raw["partition"]
    )
    for region in regions.values():
        _check_inside(region, memories[region.memory])
    for partition in partitions:
        _check_inside(partition, nor)
        if partition.offset % raw["nor"]["erase_large"] or partition.size % raw["nor"]["erase_large"]:
            raise InputError(
                f"partition {partition.name} is not aligned to the NOR's {raw['nor']['erase_large']} B block"
            )
    _check_apart(regions.values())
    _check_apart(partitions)
    _check_apart(memories.values())
    window = raw["lcd"]["window"]
    return Board(
        name=raw["board"]["name"],
        title=raw["board"]["title"],
        folder=folder,
        compilers=tuple(raw["board"]["compilers"]),
        kernels=raw["board"].get("kernels", "c"),
        programmers=tuple(raw["board"]["programmers"]),
        default_model=raw["board"]["default_model"],
        unit=raw["board"]["unit"],
        cpu_flags=tuple(raw["cpu"]["flags"]),
        mve=raw["cpu"].get("mve", False),
        tick_hz=raw["cpu"]["tick_hz"],
        instructions_per_tick=raw["cpu"].get("instructions_per_tick"),
        memories=memories,
        regions=regions,
        partitions=partitions,
        erase_small=raw["nor"]["erase_small"],
        erase_large=raw["nor"]["erase_large"],
        lcd=Lcd(raw["lcd"]["width"], raw["lcd"]["height"], window["x"], window["y"], window["width"]),
        raw=raw,
    )


def _check_inside(part: Region | Partition, memory: Memory) -> None:
    base = part.base if isinstance(part, Region) else part.address
    if base < memory.base or part.end > memory.end:
        raise InputError(
            f"{part.name} ({base:#010x}..{part.end:#010x}) does not fit into "
            f"{memory.name} ({memory.base:#010x}..{memory.end:#010x})"
        )


def _check_apart(parts: Iterable[Memory | Region | Partition]) -> None:
    spans = sorted((p.address if isinstance(p, Partition) else p.base, p.end, p.name) for p in parts)
    for (_, end, low), (base, _, high) in itertools.pairwise(spans):
        if base < end:
            raise InputError(f"{low} and {high} overlap at {base:#010x}")
