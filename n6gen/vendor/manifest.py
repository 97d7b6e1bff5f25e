"""The table of pinned repositories that a board's build needs: board/<name>/vendor.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.resources import data_dir
from n6gen.vendor.versions import Quadruple, parse

FILE_NAME = "vendor.toml"


def _commit(_: Any, field: attrs.Attribute[str], value: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{40}", value):
        raise ValueError(f"{field.name} {value!r} is not a full commit id")


def _quadruple(value: str | Quadruple | None) -> Quadruple | None:
    return parse(value) if isinstance(value, str) else value


@attrs.frozen
class Package:
    """One repository at one commit, and what is needed of it.

    `role`: what it is to a build ("hal", "runtime", …); several packages may have one role.
    `paths`: files and folders of the repository that are fetched; the rest is not. `root`: the folder in it that a
    user's own copy corresponds to. `marker`: a file below `root` by which such a copy is known.
    `licence`: name in the manifest's table of licences; `licence_file`: its text, one of `paths`.
    `aton`: for a runtime, its version, and `release`: that of the compiler it belongs to.
    """

    name: str
    role: str
    title: str
    url: str
    commit: str = attrs.field(validator=_commit)
    version: str
    licence: str
    licence_file: str
    paths: tuple[str, ...] = attrs.field(converter=tuple)
    marker: str
    root: str = ""
    aton: Quadruple | None = attrs.field(default=None, converter=_quadruple)
    release: str | None = None

    @property
    def repository(self) -> str:
        """Owner and name, "STMicroelectronics/stm32n6xx-hal-driver"."""
        owner, name = self.url.removesuffix(".git").split("/")[-2:]
        return f"{owner}/{name}"

    @property
    def folder_name(self) -> str:
        """Its folder in the cache: the repository's name and the commit."""
        return f"{self.repository.split('/')[1]}-{self.commit[:8]}"


@attrs.frozen
class PinnedFile:
    """One file of a package that is used as it is, known by its hash."""

    package: str
    path: str
    sha256: str


@attrs.frozen
class Manifest:
    """All packages of a board in the order of the file, the licences' meanings, and single pinned files by name."""

    board: str
    packages: tuple[Package, ...]
    licences: Mapping[str, str]
    files: Mapping[str, PinnedFile]

    def package(self, name: str) -> Package:
        """The package called `name`. Raises InputError if there is none."""
        for package in self.packages:
            if package.name == name:
                return package
        names = ", ".join(p.name for p in self.packages)
        raise InputError(f"there is no vendor package called {name!r}", f"Choose of: {names}.")

    def of_role(self, role: str) -> tuple[Package, ...]:
        """All packages of one role, in the order of the file."""
        return tuple(p for p in self.packages if p.role == role)


def load_manifest(board: str) -> Manifest:
    """Read the manifest that ships with a board. A board without one needs no packages: raises InputError."""
    file = data_dir("board") / board / FILE_NAME
    if not file.parent.is_dir():
        raise InputError(f"there is no board called {board!r}", "Run 'n6gen boards' to see all.")
    if not file.is_file():
        raise InputError(f"the board {board} needs no vendor packages", "Add '--board stm32n6570-dk'.")
    return read_manifest(file)


def read_manifest(file: Path) -> Manifest:
    """Read and check a manifest. Raises InputError for one that is wrong."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        packages = tuple(Package(**entry) for entry in raw["package"])
        manifest = Manifest(
            file.parent.name,
            packages,
            dict(raw["licence"]),
            {name: PinnedFile(**entry) for name, entry in raw.get("file", {}).items()},
        )
    except (OSError, KeyError, TypeError, ValueError, InputError) as error:
        raise InputError(f"{file}: {type(error).__name__}: {error}") from error
    for package in packages:
        if package.licence not in manifest.licences:
            raise InputError(f"{file}: {package.name}: the licence {package.licence} is not explained")
        if not any(_covers(path, package.licence_file) for path in package.paths):
            raise InputError(f"{file}: {package.name}: its licence's text is not among what is fetched")
    if len({p.name for p in packages}) != len(packages):
        raise InputError(f"{file}: two packages have one name")
    return manifest


def _covers(path: str, file: str) -> bool:
    return file == path or file.startswith(f"{path}/")
