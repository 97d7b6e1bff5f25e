"""`manifest.json`: what a build is, what it was made of, and what must be written where.

It is written last. A folder without one holds no build, whatever else lies there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.tools.files import write_json

SCHEMA = 1
FILE_NAME = "manifest.json"
_REMEDY = "Run 'n6gen build' first, or point --build at a folder that it made."


@attrs.frozen
class PartitionImage:
    """One image of a build: `file` (in the build folder) belongs at `address`, `offset` bytes behind the NOR's base."""

    name: str
    address: int
    offset: int
    size: int
    file: str
    sha256: str


@attrs.frozen
class Manifest:
    """The content of a manifest. All hashes are SHA-256 in hex; all sizes are bytes."""

    board: str
    network_id: str
    build_id: str
    fingerprint: str
    partitions: tuple[PartitionImage, ...]
    files: Mapping[str, str]
    model: Mapping[str, Any]
    network: Mapping[str, Any]
    options: Mapping[str, Any]
    sources: Mapping[str, str]
    tools: Mapping[str, str]
    flags: tuple[str, ...]
    memory: Mapping[str, Any]
    schema: int = SCHEMA

    @property
    def cut(self) -> str | None:
        """The tensor that the network ends with; None if it is a whole one."""
        name = self.options.get("cut")
        return None if name is None else str(name)

    def check_mask(self, folder: Path) -> None:
        """Raise InputError if this build, which is in `folder`, makes no mask."""
        if self.cut is not None:
            raise InputError(
                f"{folder} is a network that is cut at {self.cut}: it makes no mask",
                "`n6gen verify` compares what it makes.",
                "Build again without --cut for a network that segments.",
            )

    def write(self, folder: Path) -> None:
        """Write it into a build folder, atomically."""
        write_json(folder / FILE_NAME, self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The manifest as JSON values."""
        return {"schema": self.schema, **{k: v for k, v in attrs.asdict(self).items() if k != "schema"}}


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a build folder.

    Raises InputError if the folder or the manifest is missing, broken, or of another n6gen's schema.
    """
    file = folder / FILE_NAME
    if not folder.is_dir():
        raise InputError(f"there is no build folder {folder}", _REMEDY)
    if not file.is_file():
        raise InputError(f"{folder} holds no finished build (no {FILE_NAME})", _REMEDY)
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        if raw["schema"] != SCHEMA:
            raise InputError(f"{file} has schema {raw['schema']}, this n6gen knows {SCHEMA}", "Build again.")
        images = tuple(PartitionImage(**entry) for entry in raw.pop("partitions"))
        return Manifest(partitions=images, flags=tuple(raw.pop("flags")), **raw)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is not a manifest: {error}", "Build again.") from error


def read_if_there(folder: Path) -> Manifest | None:
    """The manifest of a folder that may hold a build, or None."""
    try:
        return read_manifest(folder)
    except InputError:
        return None
