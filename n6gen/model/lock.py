"""The hashes of models that a user has accepted, kept in the project's `n6gen.lock` and enforced from then on."""

from __future__ import annotations

from pathlib import Path

import attrs

from n6gen.config.settings import find_file
from n6gen.errors import InputError
from n6gen.tools.lock import LockFile

_TABLE = "models"


@attrs.frozen
class Accepted:
    """A file that was accepted: its SHA-256, its base name and the url that it is known by."""

    sha256: str
    file: str
    url: str


def lock_path() -> Path:
    """Where this project's lock file is, or would be."""
    return _lock_file().path


def accepted(name: str, res: int) -> Accepted | None:
    """What was accepted as model `name` at `res`. Raises InputError if the lock file cannot be read."""
    lock = _lock_file()
    entry = lock.entry(_TABLE, _key(name, res))
    try:
        return None if entry is None else Accepted(entry["sha256"], entry["file"], entry["url"])
    except KeyError as error:
        raise InputError(f"{lock.path}: the entry {_key(name, res)!r} is incomplete", "Remove it and pull.") from error


def accept(name: str, res: int, entry: Accepted) -> None:
    """Write `entry` as what model `name` at `res` is."""
    _lock_file().record(_TABLE, {_key(name, res): attrs.asdict(entry)})


def _lock_file() -> LockFile:
    return LockFile(find_file())


def _key(name: str, res: int) -> str:
    return f"{name}@{res}"
