"""Sessions on disk: `$N6GEN_STATE_DIR/sessions/<id>/`, the newest few of them.

::

    uart.bin      every byte that the board sent, as it came
    link.jsonl    in order: when how many of them came ("in"), and the commands that the host sent ("out")
    host.json     what the host knew before: the build, the method, the pictures' hashes
    host.npz      what the host says the masks must be, and the first pictures
    log.txt       what the board said besides records, with times
    session.json  the result, or the error that ended it; written last
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from n6gen.errors import InputError, MissingToolError, N6genError
from n6gen.measure.facts import Facts
from n6gen.tools.files import read_object, write_json
from n6gen.tools.paths import state_dir

RESULT = "session.json"
#: Of the form of that file; docs/session.schema.json describes it.
SCHEMA = 1
#: How many bytes all kept sessions may take together.
_MOST_BYTES = 1 << 30
#: A session without a result that is this old, in seconds, was killed: it is no longer under way.
_DEAD_S = 86_400.0


def sessions_dir() -> Path:
    """Where sessions are kept: `$N6GEN_SESSIONS_DIR`, or in the state folder."""
    given = os.environ.get("N6GEN_SESSIONS_DIR")
    return (Path(given) if given else state_dir() / "sessions").absolute()


def new_session(serial: str, now: datetime, root: Path | None = None) -> Path:
    """An empty folder for a session on the board `serial`; MissingToolError if it cannot be made.

    `root` is where others than measured sessions are kept.
    """
    name = re.sub(r"[^A-Za-z0-9._-]", "_", serial)[:40]
    folder = (root or sessions_dir()) / f"{now:%Y%m%d-%H%M%S}-{name}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise MissingToolError(
            f"cannot make the session's folder {folder}: {error.strerror or error}",
            "Set N6GEN_STATE_DIR to a folder that you may write to.",
        ) from error
    return folder


def find_session(where: str | None) -> Path:
    """The folder of a session: a path, an id, or None for the newest. InputError if there is none."""
    if where is None:
        found = _by_age()
        if not found:
            raise InputError("there is no session yet", "Run `n6gen measure` first.")
        return found[-1]
    for folder in (Path(where), sessions_dir() / where):
        if folder.is_dir():
            return folder
    raise InputError(f"there is no session {where}", "Give a session's folder or id; without one, the newest is taken.")


def prune(keep: int, root: Path | None = None) -> None:
    """Remove the oldest sessions in `root` until at most `keep` are left, in bounded space; those under way stay."""
    finished = [folder for folder in _by_age(root) if _is_over(folder)]
    space = 0
    for rank, folder in enumerate(reversed(finished)):
        space += sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        if rank and (rank >= keep or space > _MOST_BYTES):
            shutil.rmtree(folder, ignore_errors=True)


def write_error(folder: Path, facts: Facts, error: N6genError) -> None:
    """Record what ended a session that gave no result."""
    what = {"exit_code": int(error.exit_code), "message": error.message, "things_to_try": list(error.things_to_try)}
    write_json(folder / RESULT, {"schema": SCHEMA, "id": facts.id, "started": facts.started, "error": what})


def read_result(folder: Path) -> dict[str, Any] | None:
    """What a session's result says, None if there is none; InputError if it is no JSON object."""
    file = folder / RESULT
    return load_result(file) if file.is_file() else None


def load_result(file: Path) -> dict[str, Any]:
    """A session's JSON from a file or a session's folder; InputError if it is not one."""
    return read_object(file / RESULT if file.is_dir() else file, "a session's JSON")


def _by_age(root: Path | None = None) -> list[Path]:
    """All sessions, the oldest first: their ids begin with the time."""
    root = root or sessions_dir()
    return sorted(folder for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []


def _is_over(folder: Path) -> bool:
    return (folder / RESULT).is_file() or time.time() - folder.stat().st_mtime > _DEAD_S
