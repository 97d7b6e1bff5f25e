"""A hostile link: thousands of damaged streams, and not one wrong sample.

Each stream is a session of two windows, a mask and a self-test, damaged by one to four of the ways in `DAMAGE`, and
read by the real decoder and the real client. What a board would send after a command comes after that command, damaged;
parts of what it sent before may come late, or again. Whatever the client returns must be what the board measured; all
else must end in a named error, in the time that it may take. Upward transfers have a hostile link of their own:
tests/app/test_inject.py.
"""

from __future__ import annotations

import itertools
import os
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import attrs
import pytest

from n6gen.errors import BoardError
from n6gen.link import Client, NoAnswer, Selftest, client, conversation, inbox
from n6gen.link.protocol import NO_SESSION, SAMPLE_FIELDS, Sample, encode, parse, samples_crc
from tests.link.fake_board import BUILD, HELLO, NETWORK
from tests.link.wire import bulk_line, chunked

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


def transfer(rng: random.Random, seq: int) -> tuple[bytes, Lines]:
    """A mask, and the record and chunks that bring it. Its bytes may look like lines."""
    data = rng.choice((rng.randbytes(300), bytes(300), (b"\n" + encode(NONCE, seq + 1, "ok", {"cmd": "mask"})) * 6))
    chunks = [chunked(data[at : at + 128], 128) for at in range(0, len(data), 128)]
    return data, [bulk_line(len(data), 128, f"{zlib.crc32(data):08x}", session=NONCE, seq=seq), *chunks]


@attrs.frozen
class Truth:
    """What a board measured, made and found."""

    windows: list[list[Sample]]
    mask: bytes
    found: Selftest

    def holds(self, client: Client) -> Iterator[bool]:
        """Whether each thing that the client returns is what it should be."""
        for samples in self.windows:
            yield client.run(FRAMES, REPEAT, timeout=5) == samples
        yield client.mask(attempts=1) == self.mask
        yield client.selftest() == self.found


def whole(rng: random.Random) -> tuple[Truth, list[Lines]]:
    """A session without damage: what is true, and what the board says to hello, two runs, `mask` and a self-test."""
    count = FRAMES * REPEAT
    hello = encode(NONCE, 0, "hello", HELLO | {"nonce": NONCE})
    first, lines = window(rng, NONCE, 1, 0, count)
    second, more = window(rng, NONCE, 1 + len(lines), 1, count)
    seq = 1 + len(lines) + len(more)
    mask, pieces = transfer(rng, seq)
    found, last = selftest(rng, NONCE, seq + 1, 3)
    return Truth([first, second], mask, found), [[hello], lines, more, pieces, last]


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
    hello, *answers = ([*lines] for lines in said)
    for across in ACROSS:
        if across in chosen:
            for before, lines in itertools.pairwise(answers):
                across(lines, before, rng)
            done.add(across.__name__)
    parts = []
    for lines in answers:
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
        truth, said = whole(rng)
        parts, ways = damaged(rng, said)
        used.update(ways)
        client = Client(Script(parts, rng), nonces=lambda: NONCE)
        taken = 0
        try:
            client.hello(network=NETWORK, build=BUILD, attempts=1)
            for is_true in truth.holds(client):
                assert is_true, ways
                taken += 1
        except BoardError:
            pass
        accepted[taken] += 1
    print(dict(used), dict(accepted))
    # Every way to damage was used often, and damage was neither always harmless nor always deadly.
    assert min(used[way.__name__] for way in DAMAGE) > STREAMS // 40, used
    assert all(accepted[count] > STREAMS // 600 for count in range(5)), accepted


def test_the_streams_are_good_before_they_are_damaged() -> None:
    """Without damage all is accepted: what the test above rejects, it rejects for the damage."""
    rng = random.Random(9)
    truth, said = whole(rng)
    client = Client(Script([b"".join(lines) for lines in said], rng), nonces=lambda: NONCE)
    client.hello(network=NETWORK, build=BUILD)
    assert list(truth.holds(client)) == [True] * 4


class Clock:
    """A time that passes only while a port is read."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Endless(Script):
    """After its stream the link stays open: it is silent, or talks of other things for ever."""

    def __init__(self, parts: list[bytes], rng: random.Random, clock: Clock, chatter: bytes) -> None:
        super().__init__(parts, rng)
        self._clock, self._chatter = clock, chatter

    def read(self, timeout: float) -> bytes:
        assert timeout >= 0
        if self._ready:
            return super().read(timeout)
        if self._chatter:
            # As fast as 921600 baud brings it.
            self._clock.now += len(self._chatter) / 92_160
            return self._chatter
        self._clock.now += timeout
        return b""


#: Longest that a call may take: its own time-outs, one answer's for each record that may be missing, and settling.
_LIMITS = {
    "hello": 2.0,
    "run": conversation.ANSWER_S + 5.0 + (FRAMES * REPEAT + 1) * conversation.ANSWER_S + inbox._MAX_SETTLE_S,
    "mask": 30.0 + inbox._MAX_SETTLE_S,
    "selftest": conversation.ANSWER_S + 60.0,
}


@pytest.mark.parametrize(
    "chatter",
    [b"", b"[driver] sensor ready, frame 17\r\n" * 20, encode(OTHER, 5, "beat", {"n": 1, "up": "0" * 16}) * 20],
    ids=["silence", "log text", "another session"],
)
def test_time_outs_are_honoured(chatter: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call takes longer than it may after a damaged stream, whether nothing comes or what comes never ends."""
    clock = Clock()
    for module in (client, conversation, inbox):
        monkeypatch.setattr(module, "time", clock)
    rng = random.Random(5)
    slowest, ended = dict.fromkeys(_LIMITS, 0.0), Counter[str]()
    # To read what never ends takes its time.
    for _ in range(STREAMS // (120 if chatter else 12)):
        parts, ways = damaged(rng, whole(rng)[1])
        board = Client(Endless(parts, rng, clock, chatter), nonces=lambda: NONCE)
        calls: list[tuple[str, Callable[[], object]]] = [
            ("hello", lambda board=board: board.hello(network=NETWORK, build=BUILD, attempts=1)),
            ("run", lambda board=board: board.run(FRAMES, REPEAT, timeout=5)),
            ("run", lambda board=board: board.run(FRAMES, REPEAT, timeout=5)),
            ("mask", lambda board=board: board.mask(attempts=1)),
            ("selftest", lambda board=board: board.selftest()),
        ]
        for name, call in calls:
            began = clock.now
            try:
                call()
            except BoardError as error:
                ended[type(error).__name__] += 1
                break
            finally:
                took = clock.now - began
                slowest[name] = max(slowest[name], took)
                # A piece that is being read when the time is up is read to its end.
                assert took <= _LIMITS[name] + 0.1, (name, ways)
    assert ended[NoAnswer.__name__] > STREAMS // 1200
    assert slowest["run"] > 5
