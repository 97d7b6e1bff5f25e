"""The app as a process of this machine, behind a port of the product; and a link that damages what passes."""

from __future__ import annotations

import os
import random
import select
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import PIPE, Popen

from n6gen.errors import BoardError
from n6gen.link import Port

#: What becomes of bytes on their way.
Damage = Callable[[bytes], bytes]


class HostPort:
    """A port to the app compiled for this machine (tests/c/host_board.c)."""

    def __init__(self, program: Path, env: Mapping[str, str]) -> None:
        self._process = Popen([program], stdin=PIPE, stdout=PIPE, env={**os.environ, **env}, bufsize=0)

    def read(self, timeout: float) -> bytes:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, timeout))
        data = os.read(self._process.stdout.fileno(), 1 << 16) if ready else None
        if data == b"":
            raise BoardError("the app is gone")
        return data or b""

    def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def close(self) -> None:
        """End the app; fails if a sanitizer found something."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(10) in {0, 1}


class HostilePort:
    """A port whose bytes are damaged now and then: `up` from the host, `down` from the board."""

    def __init__(self, port: Port, *, up: Damage = bytes, down: Damage = bytes) -> None:
        self._port, self._up, self._down = port, up, down

    def read(self, timeout: float) -> bytes:
        return self._down(self._port.read(timeout))

    def write(self, data: bytes) -> None:
        self._port.write(self._up(data))

    def close(self) -> None:
        self._port.close()


class Dice:
    """Damage by chance: with probability `rate`, one of the ways is used on what passes; `used` counts them."""

    def __init__(self, rng: random.Random, rate: float = 0.0) -> None:
        self._rng, self.rate = rng, rate
        self.used: dict[str, int] = {}
        self._last = b""

    def __call__(self, data: bytes) -> bytes:
        last, self._last = self._last, data
        if not data or self._rng.random() >= self.rate:
            return data
        way = self._rng.choice(("flip", "drop", "double", "swap", "insert", "again", "lose"))
        self.used[way] = self.used.get(way, 0) + 1
        return self._damaged(way, bytearray(data), last)

    def _damaged(self, way: str, data: bytearray, last: bytes) -> bytes:
        at, length = self._rng.randrange(len(data)), self._rng.choice((1, 4, 40))
        match way:
            case "flip":
                data[at] ^= 1 << self._rng.randrange(8)
            case "drop":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length]
            case "swap":
                data[at : at + 2 * length] = data[at + length : at + 2 * length] + data[at : at + length]
            case "insert":
                data[at:at] = self._rng.randbytes(length)
            case "again":
                return last + bytes(data)
            case _:
                return b""
        return bytes(data)
