"""Files written whole or not at all, and their hashes."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from n6gen.errors import InputError


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader, or a kill, never sees half of it. Makes the parent folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blob = data.encode() if isinstance(data, str) else data
    # Not mkstemp: its files are for the owner only, and asking for the umask means changing it, for all threads.
    new = path.parent / f".{path.name}.{os.urandom(4).hex()}"
    try:
        with new.open("xb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, data: bytes | str) -> bool:
    """Like write_atomic, but leave an equal file (and its time stamp) alone. Returns whether it was written."""
    blob = data.encode() if isinstance(data, str) else data
    if path.is_file() and path.read_bytes() == blob:
        return False
    write_atomic(path, blob)
    return True


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with a final newline, atomically."""
    write_atomic(path, json.dumps(value, indent=2) + "\n")


def read_object(path: Path, what: str = "a JSON object") -> dict[str, Any]:
    """The JSON object in a file; InputError, which calls it `what`, if there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as {what}: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is not {what}: no object")
    return value


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data`, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
