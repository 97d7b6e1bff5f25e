"""Where fetched packages are, and whether they are still what was fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from n6gen.errors import InputError, MissingToolError
from n6gen.tools.files import sha256_file, write_json
from n6gen.tools.lock import LockFile
from n6gen.tools.paths import cache_dir
from n6gen.vendor.manifest import Package

_RECORD = ".n6gen-package.json"
_OWN = "own.json"
#: Where a runtime lies below an install or a repository of the vendor's.
_INNER = ("", "Middlewares/ST/AI", "Middlewares/stedgeai-lib", "Middlewares/AI_Runtime")

State = Literal["present", "missing", "own"]


@attrs.frozen
class Record:
    """What was fetched of a package: SHA-256 of each file by path, and one over them all."""

    commit: str
    paths: tuple[str, ...]
    files: Mapping[str, str]
    sha256: str


@attrs.frozen
class Place:
    """A package on this machine. `home` mirrors the repository, `root` is the part that a build uses.

    For a user's own copy (`own`) both are the folder in which the package's marker was found.
    """

    package: Package
    home: Path
    root: Path
    own: bool = False


def content_digest(files: Mapping[str, str]) -> str:
    """One SHA-256 for a set of files: over the lines "<sha256>  <path>", sorted by path."""
    lines = (f"{digest}  {path}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder` by its path with "/", but for the store's own record."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _RECORD)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


class Store:
    """The packages in one cache folder, and the user's own copies that stand in for some."""

    def __init__(self, folder: Path | None = None, own: Mapping[str, Path] | None = None) -> None:
        """Use `folder` (default: vendor/ in n6gen's cache); `own` adds copies for this call only."""
        self.folder = folder or cache_dir() / "vendor"
        self._own_now = dict(own or {})

    def home(self, package: Package) -> Path:
        """Where a package is, or will be, in the cache."""
        return self.folder / package.folder_name

    def record(self, package: Package) -> Record | None:
        """What was fetched of exactly this commit and these paths; None if it was not."""
        try:
            raw = json.loads((self.home(package) / _RECORD).read_text(encoding="utf-8"))
            record = Record(raw["commit"], tuple(raw["paths"]), raw["files"], raw["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if (record.commit, record.paths) == (package.commit, package.paths) else None

    def write_record(self, package: Package, folder: Path) -> Record:
        """Describe what lies in `folder`, a package that was just fetched."""
        files = hash_folder(folder)
        record = Record(package.commit, package.paths, files, content_digest(files))
        about = {"name": package.name, "url": package.url, "licence": package.licence}
        write_json(folder / _RECORD, {**about, **attrs.asdict(record)})
        return record

    def own(self) -> dict[str, Path]:
        """The user's own copies by package name."""
        file = self.folder / _OWN
        try:
            kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        except ValueError as error:
            raise InputError(f"{file}: {error}", "Delete it and name your copies again with --path.") from error
        return {name: Path(folder) for name, folder in kept.items()} | self._own_now

    def keep_own(self, entries: Mapping[str, Path | None]) -> None:
        """Remember own copies for later calls; None forgets one."""
        kept: dict[str, Any] = {**{n: str(f) for n, f in self.own().items()}, **entries}
        write_json(self.folder / _OWN, {name: str(folder) for name, folder in sorted(kept.items()) if folder})

    def find(self, package: Package) -> Place | None:
        """Where a package is on this machine; None if it has to be fetched.

        Raises InputError if the user's own copy is not such a package.
        """
        own = self.own().get(package.name)
        if own is not None:
            root = root_of(own, package.marker)
            return Place(package, root, root, own=True)
        if self.record(package) is None:
            return None
        home = self.home(package)
        return Place(package, home, home / package.root)

    def place(self, package: Package) -> Place:
        """Like find, but a package that is not here is an error: raises MissingToolError."""
        found = self.find(package)
        if found is None:
            raise missing([package])
        return found

    def state(self, package: Package) -> State:
        """In one word where a package is."""
        if package.name in self.own():
            return "own"
        return "present" if self.record(package) else "missing"

    def changes(self, package: Package) -> list[str]:
        """How the files in the cache differ from what was fetched: "changed: PATH", "gone: PATH", "new: PATH"."""
        record = self.record(package)
        if record is None:
            return []
        now = hash_folder(self.home(package))
        gone = [f"gone: {path}" for path in record.files if path not in now]
        new = [f"new: {path}" for path in now if path not in record.files]
        return gone + new + [f"changed: {p}" for p, digest in now.items() if record.files.get(p, digest) != digest]


def root_of(folder: Path, marker: str) -> Path:
    """The folder that holds `marker`, at or at a known place below a user's `folder`. Raises InputError without one."""
    roots = [folder / inner for inner in _INNER]
    for root in roots:
        if (root / marker).is_file():
            return root.resolve()
    raise InputError(
        f"{folder} holds no {marker}", "Name the folder that has it (docs/vendor.md lists what each package is)."
    )


def problems(package: Package, store: Store, lock: LockFile) -> list[str]:
    """What is wrong with a fetched package, in words; empty for one that is right, not here or the user's own."""
    record = store.record(package)
    if record is None or store.state(package) == "own":
        return []
    found = store.changes(package)
    kept = lock.entry("vendor", package.name)
    if kept and kept.get("commit") == package.commit and kept.get("sha256") != record.sha256:
        found.append(f"{lock.path} recorded other files for this commit")
    return found


def missing(packages: Iterable[Package]) -> MissingToolError:
    """The error for packages that a build needs and that are not here."""
    names = [p.name for p in packages]
    what = f"vendor package {names[0]} is" if len(names) == 1 else f"vendor packages {', '.join(names)} are"
    return MissingToolError(
        f"the {what} not on this machine",
        f"n6gen vendor fetch {' '.join(names)}",
        "Without a network: n6gen vendor fetch --mirror DIR, or --path NAME=DIR for a copy of your own.",
        "'--board virtual' needs none of it.",
    )
