"""A hostile link: thousands of damaged streams, and not one wrong sample.

Each stream is a session of two windows and a self-test, damaged by one to four of the ways in `DAMAGE`, and read by the
real decoder and the real client. What a board would send after a command comes after that command, damaged; parts of
what it sent before may come late, or again. Whatever the client returns must be what the board measured; all else must
end in a named error. Upward transfers have a hostile link of their own: tests/app/test_inject.py.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from n6gen.errors import BoardError
from n6gen.link import Client, Selftest
from n6gen.link.protocol import NO_SESSION, SAMPLE_FIELDS, Sample, encode, parse, samples_crc
from tests.link.fake_board import BUILD, HELLO, NETWORK

NONCE, OTHER = "5e55a0a1", "0ddba11e"
STREAMS = int(os.environ.get("HOSTILE_STREAMS", "12000"))
FRAMES, REPEAT = 4, 2

Lines = list[bytes]


class Script:
    """A port that gives the next part of a stream for each command, in pieces; then the link is gone."""

    def __init__(self, parts: list[bytes], rng: random.Random) -> None:
        self._parts = parts
        self._rng = rng
        self._ready = b""

    def read(self, timeout: float) -> bytes:
        if not self._ready:
            raise BoardError("the stream ends")
        size = self._rng.choice((1, 7, 100, 4096))
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def write(self, data: bytes) -> None:
        self._ready += self._parts.pop(0) if self._parts else b""

    def close(self) -> None:
        pass


def window(rng: random.Random, session: str, seq: int, ref: int, count: int) -> tuple[list[Sample], Lines]:
    """An `ok`, the samples of one run and its end, as a board sends them from `seq` on."""
    made = [Sample(i, 1 + i // REPEAT, *(rng.randrange(1 << 32) for _ in SAMPLE_FIELDS[2:])) for i in range(count)]
    said: list[tuple[str, dict[str, object]]] = [("ok", {"cmd": "run", "ref": ref})]
    said += [("beat", {"n": n, "up": f"{rng.randrange(1 << 40):016x}"}) for n in range(rng.randrange(3))]
    said += [("sample", {name: getattr(sample, name) for name in SAMPLE_FIELDS}) for sample in made]
    end = {"n": count, "crc": samples_crc(made), "ticks": f"{32_000:016x}", "ticks2": f"{20_000:016x}"}
    said.append(("window", end))
    return made, [encode(session, seq + i, type_, fields) for i, (type_, fields) in enumerate(said)]


def selftest(rng: random.Random, session: str, seq: int, ref: int) -> tuple[Selftest, Lines]:
    """An `ok` and what a self-test finds."""
    first = rng.randrange(10_000, 1 << 40)
    fields = {
        "flash_size": rng.randrange(1 << 32),
        "flash_ticks": f"{first:016x}",
        "flash_ticks2": f"{first * 5 // 8:016x}",
        "crc": f"{rng.randrange(1 << 32):08x}",
        "crc_wanted": f"{rng.randrange(1 << 32):08x}",
        "ram_size": rng.randrange(1 << 32),
        "ram_wrong": rng.randrange(1 << 32),
    }
    said = [encode(session, seq, "ok", {"cmd": "selftest", "ref": ref})]
    said.append(encode(session, seq + 1, "tested", {"ref": ref} | fields))
    return Selftest.of(parse(said[1][:-1])), said


def whole(rng: random.Random) -> tuple[list[list[Sample]], Selftest, list[Lines]]:
    """A session without damage: what is measured and found, and what the board says to hello, two runs and a test."""
    count = FRAMES * REPEAT
    hello = encode(NONCE, 0, "hello", HELLO | {"nonce": NONCE})
    first, lines = window(rng, NONCE, 1, 0, count)
    second, more = window(rng, NONCE, 1 + len(lines), 1, count)
    found, last = selftest(rng, NONCE, 1 + len(lines) + len(more), 2)
    return [first, second], found, [[hello], lines, more, last]


# Ways to damage what a board says: its lines, or its bytes.


def flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def drop(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 16, 120, 600))]


def double(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    piece = data[at : at + rng.choice((1, 16, 120, 600))]
    data[at:at] = piece


def swap(data: bytearray, rng: random.Random) -> None:
    at, length = rng.randrange(len(data)), rng.choice((1, 16, 120))
    data[at : at + 2 * length] = data[at + length : at + 2 * length] + data[at : at + length]


def insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice((1, 5, 64, 700)))


def text(data: bytearray, rng: random.Random) -> None:
    words = (
        b"[driver] @N6 sensor ready\r\n",
        b"@N6\n",
        b"\x1b[31mERR\x1b[0m",
        b"::error::no\n",
        b"*deadbeef\n",
        b"@N6 " * 40,
    )
    at = rng.randrange(len(data))
    data[at:at] = rng.choice(words)


def lose_line(lines: Lines, rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def double_line(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines.insert(rng.randint(at, len(lines)), lines[at])


def reorder_lines(lines: Lines, rng: random.Random) -> None:
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]


def stale_session(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    session = rng.choice((OTHER, NO_SESSION))
    lines[at:at] = window(rng, session, rng.randrange(30), rng.randrange(2), FRAMES * REPEAT)[1]


def reset(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    boot = [
        encode(NO_SESSION, i, "boot", {"stage": stage, "status": "ready"}) for i, stage in enumerate(("loader", "app"))
    ]
    lines[at:] = [lines[at][: rng.randrange(len(lines[at]))], *boot, *(lines[at:] if rng.random() < 0.5 else [])]


ON_LINES: tuple[Callable[[Lines, random.Random], None], ...] = (
    lose_line,
    double_line,
    reorder_lines,
    stale_session,
    reset,
)
ON_BYTES: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, drop, double, swap, insert, text)


def again(lines: Lines, before: Lines, rng: random.Random) -> None:
    """All, or most, of what was said before comes once more."""
    at = rng.randrange(len(lines) + 1)
    lines[at:at] = before[rng.randrange(3) :]


def late(lines: Lines, before: Lines, rng: random.Random) -> None:
    """The end of what was said before comes only now."""
    kept = rng.randrange(len(before))
    at = rng.randrange(len(lines) + 1)
    lines[at:at] = before[kept:]
    del before[kept:]


ACROSS: tuple[Callable[[Lines, Lines, random.Random], None], ...] = (again, late)
DAMAGE = (*ACROSS, *ON_LINES, *ON_BYTES)


def damaged(rng: random.Random, said: list[Lines]) -> tuple[list[bytes], set[str]]:
    """What comes after each command, damaged by one way at least; and by which ways."""
    chosen, done = rng.sample(DAMAGE, rng.randint(1, 4)), set()
    hello, first, second, last = ([*lines] for lines in said)
    for across in ACROSS:
        if across in chosen:
            across(second, first, rng)
            across(last, second, rng)
            done.add(across.__name__)
    parts = []
    for lines in (first, second, last):
        for on_lines in ON_LINES:
            if on_lines in chosen and lines and rng.random() < 0.7:
                on_lines(lines, rng)
                done.add(on_lines.__name__)
        data = bytearray(b"".join(lines))
        for on_bytes in ON_BYTES:
            if on_bytes in chosen and data and rng.random() < 0.7:
                on_bytes(data, rng)
                done.add(on_bytes.__name__)
        parts.append(bytes(data))
    return ([b"".join(hello), *parts], done) if done else damaged(rng, said)


@pytest.mark.parametrize("part", range(4))
def test_no_wrong_sample_is_ever_accepted(part: int) -> None:
    """12,000 damaged sessions in four parts: every sample that is accepted was measured."""
    rng = random.Random(part)
    used: Counter[str] = Counter()
    accepted: Counter[int] = Counter()
    for _ in range(STREAMS // 4):
        truth, found, said = whole(rng)
        parts, ways = damaged(rng, said)
        used.update(ways)
        client = Client(Script(parts, rng), nonces=lambda: NONCE)
        taken = 0
        try:
            client.hello(network=NETWORK, build=BUILD, attempts=1)
            for samples in truth:
                assert client.run(FRAMES, REPEAT, timeout=5) == samples, ways
                taken += 1
            assert client.selftest() == found, ways
            taken += 1
        except BoardError:
            pass
        accepted[taken] += 1
    # Every way to damage was used often, and damage was neither always harmless nor always deadly.
    assert min(used[way.__name__] for way in DAMAGE) > STREAMS // 40, used
    assert all(accepted[count] > STREAMS // 600 for count in (0, 1, 2, 3)), accepted


def test_the_streams_are_good_before_they_are_damaged() -> None:
    """Without damage both windows are accepted: what the test above rejects, it rejects for the damage."""
    rng = random.Random(9)
    truth, found, said = whole(rng)
    client = Client(Script([b"".join(lines) for lines in said], rng), nonces=lambda: NONCE)
    client.hello(network=NETWORK, build=BUILD)
    assert [client.run(FRAMES, REPEAT, timeout=5) for _ in truth] == truth
    assert client.selftest() == found
