"""The app's portable C, compiled for this machine with sanitizers."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from n6gen.link.protocol import Record, encode, parse

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "templates" / "app" / "core"
DECODE = ROOT / "templates" / "decode"
C_TESTS = ROOT / "tests" / "c"

#: What all our C must compile with, without a warning.
STRICT = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wstrict-prototypes")
_SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off")
_RENAMED = ("memcpy", "memmove", "memset", "memcmp", "strlen")
_INCLUDES = (C_TESTS / "host", CORE, DECODE)


def compile_host(target: Path, sources: Sequence[Path], includes: Sequence[Path] = ()) -> Path:
    """Compile `sources` and the core (without main) into the program `target`."""
    flags = [*STRICT, *_SANITIZE, *(f"-I{folder}" for folder in (*_INCLUDES, *includes))]
    memory = target.with_suffix(".memory.o")
    renamed = [f"-D{name}=own_{name}" for name in _RENAMED]
    _gcc(*flags, *renamed, "-c", CORE / "memory.c", "-o", memory)
    core = sorted(path for path in CORE.glob("*.c") if path.name not in {"app.c", "memory.c"})
    _gcc(*flags, *core, *sorted(DECODE.glob("*.c")), *sources, memory, "-lm", "-o", target)
    return target


def _gcc(*words: str | Path) -> None:
    done = subprocess.run(["gcc", *map(str, words)], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr


@attrs.frozen
class Refusal:
    """A boot check that failed, as the loader or the app would report it."""

    name: str
    expected: str
    found: str


class CoreServer:
    """Calls single functions of the core; see tests/c/core_server.c."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, letter: str, data: bytes = b"") -> bytes:
        """One request, one answer. Fails if a sanitizer ended the program."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(letter.encode() + struct.pack("<I", len(data)) + data)
        self._process.stdin.flush()
        head = self._process.stdout.read(4)
        assert len(head) == 4, "the C code was stopped by a sanitizer"
        return self._process.stdout.read(int.from_bytes(head, "little"))

    def refusal(self, letter: str, data: bytes) -> Refusal | None:
        """A boot check: what it refuses, or None."""
        answer = self.call(letter, data)
        if not answer:
            return None
        size = answer[0]
        return Refusal(
            answer[1 + 2 * size :].decode(), answer[1 : 1 + size].hex(), answer[1 + size : 1 + 2 * size].hex()
        )

    def close(self) -> None:
        """End it; fails if it did not end well (a leak, say)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(10) == 0


class HostApp:
    """The whole app as a process of this machine; see tests/c/host_board.c."""

    def __init__(self, program: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(env))
        self.session, self.seq = "00000000", 0

    def write(self, data: bytes) -> None:
        """Bytes to the board."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def send(self, type_: str, **fields: object) -> int:
        """A command in the current session; returns its seq."""
        self.write(encode(self.session, self.seq, type_, fields))
        self.seq += 1
        return self.seq - 1

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes from the board."""
        assert self._process.stdout is not None
        return self._process.stdout.read(size)

    def read_line(self) -> bytes:
        """The next line from the board, without its end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().removesuffix(b"\n")

    def record(self) -> Record:
        """The next record from the board that is no sign of life."""
        assert self._process.stdout is not None
        while True:
            record = parse(self._process.stdout.readline().removesuffix(b"\n"))
            if record.type != "beat":
                return record

    def hello(self, nonce: str = "1badb002") -> Record:
        """Open a session."""
        self.session, self.seq = "00000000", 0
        self.send("hello", nonce=nonce, protocol=1)
        self.session, self.seq = nonce, 0
        return self.record()

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait(10)

    def close(self) -> int:
        """Close the link and wait for the end; the exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        code = self._process.wait(10)
        self._process.stdout.close()
        return code
