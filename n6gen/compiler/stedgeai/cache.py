"""Networks that were compiled before: same model, options and tool, same network.

An entry is a folder named by the hash of all that it depends on. It appears whole, by one rename, or not at all; it is
believed only if every file in it is as it was written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.tools.files import sha256_bytes, sha256_file, write_json
from n6gen.tools.paths import cache_dir

_RECORD = "entry.json"
_DIGITS = 32
#: Changes when n6gen keeps other files or asks the tool for other things in ways the key does not see.
_FORM = 1


@attrs.frozen
class Entry:
    """The place of one network. `key` is what it depends on, as JSON values."""

    key: Mapping[str, Any]

    @property
    def name(self) -> str:
        """32 hex digits of the key's hash."""
        text = json.dumps({"form": _FORM, **self.key}, sort_keys=True, separators=(",", ":"))
        return sha256_bytes(text.encode())[:_DIGITS]

    @property
    def folder(self) -> Path:
        """The entry itself."""
        return _root() / self.name

    @property
    def work(self) -> Path:
        """Where it is made; left there after a failure, for its log."""
        return _root() / f"{self.name}.work"

    def is_there(self) -> bool:
        """Whether the entry exists and every file in it is as it was written."""
        try:
            files: dict[str, str] = json.loads((self.folder / _RECORD).read_text(encoding="utf-8"))["files"]
            return all(sha256_file(self.folder / name) == digest for name, digest in files.items())
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return False

    def keep(self, files: Mapping[str, Path]) -> None:
        """Make the entry of `files` (name in it → file now) and take it into the cache by one rename."""
        made = self.work / "entry"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for name, path in files.items():
            shutil.copyfile(path, made / name)
        digests = {name: sha256_file(made / name) for name in files}
        write_json(made / _RECORD, {"key": self.key, "files": digests})
        shutil.rmtree(self.folder, ignore_errors=True)
        made.replace(self.folder)
        shutil.rmtree(self.work, ignore_errors=True)

    @contextmanager
    def lock(self, patience: float) -> Iterator[None]:
        """Hold the entry for this process. Raises InputError if another one holds it for `patience` seconds."""
        from filelock import FileLock, Timeout

        _root().mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(_root() / f"{self.name}.lock", timeout=patience):
                yield
        except Timeout:
            raise InputError(
                f"another n6gen has been compiling this very model for {patience:.0f} s", "Wait for it, or end it."
            ) from None


def _root() -> Path:
    return cache_dir() / "stedgeai"
