"""Models known by name: `models/catalogue.toml`, read."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.model.download import base_name
from n6gen.model.input import InputDeclaration
from n6gen.resources import data_dir


@attrs.frozen
class Published:
    """A file on the web. `urls` are tried in order; `stated_sha256` is what the first one's publisher says it is."""

    resolution: int
    urls: tuple[str, ...]
    stated_sha256: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The base names of the urls."""
        return tuple(map(base_name, self.urls))


@attrs.frozen
class Entry:
    """A model known by name. It is either published (`files`) or ships with n6gen (`folder`)."""

    name: str
    title: str
    licence: str
    classes: tuple[str, ...]
    input: InputDeclaration
    resolutions: tuple[int, ...]
    files: Mapping[int, Published]
    folder: Path | None = None

    @property
    def shipped(self) -> Path | None:
        """The file that ships with n6gen; None if the model is not of that kind or this installation has no file."""
        return next(iter(sorted(self.folder.glob("*.onnx"))), None) if self.folder else None

    def check_resolution(self, res: int) -> None:
        """Raise InputError if the model does not exist at `res` pixels a side."""
        if res not in self.resolutions:
            known = ", ".join(map(str, self.resolutions))
            raise InputError(f"model {self.name} does not exist at {res} px", f"Choose --res from: {known}.")


@functools.cache
def entries() -> Mapping[str, Entry]:
    """All models known by name."""
    folder = data_dir("models")
    raw = tomllib.loads((folder / "catalogue.toml").read_text(encoding="utf-8"))
    return {entry["name"]: _entry(entry, folder) for entry in raw["model"]}


def find(name: str) -> Entry:
    """The model called `name`. Raises InputError if there is none."""
    known = entries()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known models: {', '.join(known)}."
    raise InputError(
        f"there is no model called {name!r}", hint, "Run 'n6gen model ls', or give a path to an ONNX file."
    )


def declaration_of(file_name: str) -> InputDeclaration | None:
    """What the catalogue says about the input of a file with this base name."""
    for entry in entries().values():
        shipped = entry.shipped
        names = {name for file in entry.files.values() for name in file.names} | ({shipped.name} if shipped else set())
        if file_name in names:
            return entry.input
    return None


def _entry(raw: Mapping[str, Any], folder: Path) -> Entry:
    files = {
        file["resolution"]: Published(file["resolution"], tuple(file["urls"]), file.get("stated_sha256"))
        for file in raw.get("file", ())
    }
    return Entry(
        name=raw["name"],
        title=raw["title"],
        licence=raw["licence"],
        classes=tuple(raw["classes"]),
        input=InputDeclaration(tuple(raw["input"]["mean"]), tuple(raw["input"]["std"]), raw["input"]["order"]),
        resolutions=tuple(raw.get("resolutions", files)),
        files=files,
        folder=folder / raw["folder"] if "folder" in raw else None,
    )
