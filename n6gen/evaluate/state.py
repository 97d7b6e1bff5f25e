"""What an evaluation has done so far, kept so that a killed one goes on where it was.

One line of JSON a picture, appended when the picture is done. A line that a kill cut short is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import attrs
import numpy as np
from filelock import FileLock, Timeout

from n6gen.errors import InputError
from n6gen.evaluate.metric import Matrix
from n6gen.tools.files import sha256_bytes, write_atomic
from n6gen.tools.paths import state_dir


@attrs.frozen(eq=False)
class Done:
    """One picture's part: a confusion matrix a judge, and in how many of `pixels` its mask differs from the first's."""

    name: str
    matrices: Mapping[str, Matrix]
    differing: Mapping[str, int]
    pixels: int

    def line(self) -> str:
        """As one line of the state file."""
        matrices = {judge: matrix.tolist() for judge, matrix in self.matrices.items()}
        said = {"name": self.name, "matrices": matrices, "differing": dict(self.differing), "pixels": self.pixels}
        return json.dumps(said) + "\n"

    @classmethod
    def of(cls, line: str) -> Done:
        """From a line; raises ValueError, KeyError or TypeError if it is none."""
        said: dict[str, Any] = json.loads(line)
        matrices = {judge: np.array(matrix, np.int64) for judge, matrix in said["matrices"].items()}
        differing = {judge: int(count) for judge, count in said["differing"].items()}
        return cls(said["name"], matrices, differing, int(said["pixels"]))


class State:
    """The state file of one evaluation, held while it runs."""

    def __init__(self, path: Path, file: IO[str], done: Mapping[str, Done]) -> None:
        """Made by open_state."""
        self._path = path
        self._file = file
        self.done = dict(done)

    def add(self, done: Done) -> None:
        """Remember one more picture; from here on a kill does not lose it."""
        self.done[done.name] = done
        self._file.write(done.line())
        self._file.flush()

    def forget(self) -> None:
        """Remove the file: the evaluation is complete."""
        self._path.unlink(missing_ok=True)


@contextmanager
def open_state(identity: Any, *, fresh: bool) -> Iterator[State]:
    """The state of the evaluation that `identity`, JSON values, stands for; empty if `fresh` or there is none.

    Raises InputError if the same evaluation runs already.
    """
    key = sha256_bytes(json.dumps(identity, sort_keys=True).encode())[:32]
    path = state_dir() / "evaluations" / f"{key}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            done = {} if fresh else _read(path)
            write_atomic(path, "".join(entry.line() for entry in done.values()))
            with path.open("a", encoding="utf-8") as file:
                yield State(path, file, done)
    except Timeout:
        raise InputError("this evaluation is running already", "Wait for it to end.") from None


def _read(path: Path) -> dict[str, Done]:
    done: dict[str, Done] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = Done.of(line)
            except (ValueError, KeyError, TypeError):
                break
            done[entry.name] = entry
    return done
