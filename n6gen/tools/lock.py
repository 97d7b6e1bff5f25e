"""`n6gen.lock`: what exactly was taken from outside, so that a later fetch gets the same or says so.

One TOML file, meant to be committed. Each kind of thing has a table of its own, each thing an entry in it::

    [vendor.hal]
    commit = "49f9989d…"
    sha256 = "…"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from filelock import FileLock
from tomlkit.exceptions import TOMLKitError

from n6gen.errors import InputError
from n6gen.tools.files import write_atomic
from n6gen.tools.paths import state_dir

FILE_NAME = "n6gen.lock"
_HEADER = "What n6gen took from outside. Keep this file under version control."
_MEND = "Mend it, or remove it and fetch again."
_TIMEOUT_S = 30.0

Entry = Mapping[str, str]


class LockFile:
    """One project's lock file."""

    def __init__(self, project: Path | None) -> None:
        """`project` is its `n6gen.toml`; the lock file lies beside it, or in the state folder where there is none."""
        self.path = (project.parent if project else state_dir()) / FILE_NAME

    def entry(self, table: str, name: str) -> Entry | None:
        """What is recorded of one thing. Raises InputError if the file cannot be read."""
        try:
            found = self._read().get(table, {}).get(name)
            return None if found is None else {str(key): str(value) for key, value in found.items()}
        except AttributeError as error:
            raise InputError(f"{self.path}: [{table}] does not hold entries", _MEND) from error

    def record(self, table: str, entries: Mapping[str, Entry]) -> bool:
        """Put entries into one table, over those of equal name; all else stays. Returns whether the file changed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The guard is not in the project's folder: nothing there should need ignoring.
        state_dir().mkdir(parents=True, exist_ok=True)
        with FileLock(state_dir() / f"{FILE_NAME}.guard", timeout=_TIMEOUT_S):
            document = self._read()
            before = tomlkit.dumps(document)
            if not document:
                document.add(tomlkit.comment(_HEADER))
            kept = document.setdefault(table, tomlkit.table(is_super_table=True))
            for name, entry in entries.items():
                if kept.get(name) != entry:
                    kept[name] = dict(entry)
            text = tomlkit.dumps(document)
            if text == before:
                return False
            write_atomic(self.path, text)
            return True

    def _read(self) -> Any:
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            return tomlkit.parse(text)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise InputError(f"{self.path}: {error}", _MEND) from error
