"""`n6gen.lock`: the hashes that a user has accepted, enforced from then on.

It lies beside the project's `n6gen.toml` if there is one, else in the state folder. Other parts of n6gen keep tables of
their own in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import tomlkit
from filelock import FileLock
from tomlkit.exceptions import TOMLKitError

from n6gen.config.settings import find_file
from n6gen.errors import InputError
from n6gen.tools.files import write_atomic
from n6gen.tools.paths import state_dir

FILE_NAME = "n6gen.lock"
_TABLE = "models"
_HEADER = "Hashes accepted with 'n6gen model pull … --accept-hash'. Keep this file under version control."
_TIMEOUT_S = 30.0


@attrs.frozen
class Accepted:
    """A file that was accepted: its SHA-256, its base name and the url that it is known by."""

    sha256: str
    file: str
    url: str


def lock_path() -> Path:
    """Where this project's lock file is, or would be."""
    project = find_file()
    return project.parent / FILE_NAME if project is not None else state_dir() / FILE_NAME


def accepted(name: str, res: int) -> Accepted | None:
    """What was accepted as model `name` at `res`. Raises InputError if the lock file cannot be read."""
    try:
        entry = _read().get(_TABLE, {}).get(_key(name, res))
        return None if entry is None else Accepted(str(entry["sha256"]), str(entry["file"]), str(entry["url"]))
    except (KeyError, TypeError, AttributeError, TOMLKitError) as error:
        raise InputError(
            f"{lock_path()}: the entry {_key(name, res)!r} is incomplete", "Remove it and pull."
        ) from error


def accept(name: str, res: int, entry: Accepted) -> None:
    """Write `entry` as what model `name` at `res` is."""
    path = lock_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    # The guard is not in the project folder: nothing there should need ignoring.
    state_dir().mkdir(parents=True, exist_ok=True)
    with FileLock(state_dir() / f"{FILE_NAME}.guard", timeout=_TIMEOUT_S):
        document = _read()
        if not document:
            document.add(tomlkit.comment(_HEADER))
        document.setdefault(_TABLE, tomlkit.table())[_key(name, res)] = attrs.asdict(entry)
        write_atomic(path, tomlkit.dumps(document))


def _read() -> Any:
    path = lock_path()
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InputError(f"{path}: {error}", "Mend it, or remove it and accept the models again.") from error


def _key(name: str, res: int) -> str:
    return f"{name}@{res}"
