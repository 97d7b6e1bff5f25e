"""n6gen on the machine that a board is connected to: started here, or there through labgrid's ssh."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labgrid.util.managedfile import ManagedFile

from n6gen.errors import BoardError, ExitCode, InputError, MissingToolError, N6genError
from n6gen.farm.board import FarmBoard
from n6gen.tools.run import Result, run

#: What a machine that is not ours may take to copy or remove a build, in seconds.
_COPY_S = 120.0
#: How a command's exit code comes back as an error; any other is the board's.
_CLASSES = {ExitCode.MISSING: MissingToolError, ExitCode.INPUT: InputError}


def where(board: Any) -> FarmBoard:
    """A labgrid resource as n6gen.farm knows boards."""
    return FarmBoard("", board.host, board.serial, board.state_dir or None, getattr(board, "link", "") or None)


@contextmanager
def state_of(board: Any) -> Iterator[None]:
    """Have this process use the board's state folder while the context lasts. Not for use from two threads."""
    before = os.environ.get("N6GEN_STATE_DIR")
    os.environ |= where(board).env
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("N6GEN_STATE_DIR", None)
        else:
            os.environ["N6GEN_STATE_DIR"] = before


class Host:
    """Where a board's commands run."""

    def __init__(self, board: Any) -> None:
        """`board` is one of n6gen.labgrid.resources."""
        self._board = board
        self._where = where(board)

    def n6gen(self, *words: str, timeout: float, negative: bool = False) -> dict[str, Any]:
        """Run ``n6gen WORDS --json --quiet`` there, and what it printed.

        `negative`: a negative verdict is a result too. Raises the error that the command ended in.
        """
        program = [sys.executable, "-m", "n6gen"] if self._where.here else shlex.split(self._board.n6gen)
        env = [f"{name}={value}" for name, value in self._where.env.items()]
        result = self._run([*(["env", *env] if env else []), *program, *words, "--json", "--quiet"], timeout)
        if result.timed_out:
            raise BoardError(f"n6gen {words[0]} did not end within {timeout:g} s on {self._where.host}")
        said = _json(result.output)
        if result.returncode == 0 or (negative and result.returncode == ExitCode.NEGATIVE and said):
            return said
        raise _error(result, said, self._where.host)

    @contextmanager
    def folder(self, local: Path) -> Iterator[str]:
        """The path of a local folder there: itself, or a copy that lasts as long as the context."""
        if self._where.here:
            yield str(local.absolute())
            return
        there = f"/tmp/n6gen-{secrets.token_hex(8)}"  # noqa: S108 - mkdir fails if it is there
        with tempfile.TemporaryDirectory() as scratch:
            packed = Path(scratch) / "build.tar"
            with tarfile.open(packed, "w") as tar:
                tar.add(local, arcname=".")
            file = ManagedFile(str(packed), self._board, detect_nfs=False)
            file.sync_to_resource()
        copied = shlex.quote(file.get_remote_path())
        try:
            self._shell(f"mkdir -m 700 {there} && tar -C {there} -xf {copied} && rm {copied}")
            yield there
        finally:
            self._shell(f"rm -rf {there}")

    def _shell(self, script: str) -> None:
        result = self._run(["sh", "-c", script], _COPY_S)
        if not result.ok:
            raise BoardError(f"{self._where.host}: {result.tail(1) or 'a copy failed'}")

    def _run(self, words: Sequence[str], timeout: float) -> Result:
        return run(list(words) if self._where.here else self._board.wrap_command(list(words)), timeout=timeout)


def _json(output: str) -> dict[str, Any]:
    """The object in an output that may have messages in front of it; {} if there is none."""
    start = output.find("\n{") + 1 if not output.startswith("{") else 0
    try:
        said = json.loads(output[start:])
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _error(result: Result, said: dict[str, Any], host: str) -> N6genError:
    error = said.get("error", {})
    message = error.get("message") or result.tail(1) or f"exit code {result.returncode}"
    made: type[N6genError] = BoardError
    if result.returncode in set(_CLASSES):
        made = _CLASSES[ExitCode(result.returncode)]
    return made(f"{host}: {message}", *error.get("things_to_try", ()))
