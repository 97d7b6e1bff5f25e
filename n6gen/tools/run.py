"""The one way n6gen starts another program.

List-form argv, no shell, stdin closed, a time-out that always ends the whole process group, output streamed line by
line to a caller and kept in full in a log file. Nothing else in n6gen may import `subprocess`, except the emulator,
whose process outlives a call.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from n6gen.errors import MissingToolError

#: A killed group gets this long to end before it is given up on, in seconds.
_GRACE_S = 5.0


@attrs.frozen
class Result:
    """What a finished process said. `output` is stdout and stderr in the order they came."""

    argv: tuple[str, ...]
    returncode: int
    output: str
    seconds: float
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.returncode == 0 and not self.timed_out

    def tail(self, lines: int = 12) -> str:
        """The last lines of the output, for an error message."""
        return "\n".join(self.output.rstrip().splitlines()[-lines:])


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    keep: Sequence[int] = (),
) -> Result:
    """Run `argv` to its end and return what it said; a non-zero exit code is the caller's to judge.

    `timeout` is in seconds and bounds the whole call. `env` is added to the caller's environment.
    `on_line` gets each line of output as it comes, without its newline. `keep`: file descriptors that it inherits, so
    that a lock on them lasts as long as the process does (n6gen.tools.hold); POSIX only.

    Raises MissingToolError if the program cannot be started. On any exception (Ctrl-C included) the whole process
    group is killed before it propagates.
    """
    words = tuple(os.fspath(word) for word in argv)
    started = time.monotonic()
    process = _start(words, cwd, env, keep)
    lines: list[str] = []
    reader = threading.Thread(target=_pump, args=(process, lines, on_line), daemon=True)
    reader.start()
    timed_out = False
    try:
        try:
            process.wait(timeout)
            # A grandchild may hold the pipe open; the deadline covers it too.
            reader.join(max(0.1, timeout - (time.monotonic() - started)))
            timed_out = reader.is_alive()
        except subprocess.TimeoutExpired:
            timed_out = True
    finally:
        if timed_out or process.poll() is None:
            kill_group(process)
            reader.join(_GRACE_S)
    result = Result(words, process.wait(), "".join(lines), time.monotonic() - started, timed_out)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("$ " + " ".join(words) + "\n" + result.output, encoding="utf-8")
    return result


class Background:
    """A program that serves while something else is done; what it said so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Read what it says until it ends."""
        self._process = process
        self._lines: list[str] = []
        self._reader = threading.Thread(target=_pump, args=(process, self._lines, None), daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """stdout and stderr so far, in the order they came."""
        return "".join(self._lines)

    def ended(self, wait: float = 0.0) -> int | None:
        """Its exit code, or None if it still runs after `wait` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(wait)
            self._reader.join(_GRACE_S)
            return code
        return None

    def close(self) -> None:
        """End it and all that it started."""
        kill_group(self._process)
        self._reader.join(_GRACE_S)


@contextlib.contextmanager
def background(
    argv: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
    only_env: bool = False,
) -> Iterator[Background]:
    """Have `argv` run while the context lasts; then its whole process group is killed. See `run`.

    `only_env`: it gets `env` and nothing else of the caller's environment.
    """
    server = Background(_start(tuple(os.fspath(word) for word in argv), cwd, env, keep, only_env=only_env))
    try:
        yield server
    finally:
        server.close()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started; returns when the process itself is gone."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait(_GRACE_S)


def _start(
    words: tuple[str, ...],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    keep: Sequence[int],
    *,
    only_env: bool = False,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**({} if only_env else os.environ), **(env or {})},
            start_new_session=os.name == "posix",
            pass_fds=tuple(keep),
        )
    except OSError as error:
        raise MissingToolError(f"cannot start {words[0]}: {error.strerror or error}") from error


def _pump(process: subprocess.Popen[bytes], lines: list[str], on_line: Callable[[str], None] | None) -> None:
    assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
    with process.stdout as stream:
        for raw in stream:
            line = raw.decode("utf-8", "replace")
            lines.append(line)
            if on_line is not None:
                on_line(line.rstrip("\r\n"))
