"""The stream decoder: records in the midst of noise, bulk transfers, bounded memory, speed."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from n6gen.link.protocol import MAX_LINE, Record, encode
from n6gen.link.stream import Bulk, Decoder, Dropped, Event, LogText
from tests.link.wire import VECTORS, bulk, bulk_line, chunked, line_of, records


def only(events: Iterable[Event], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("vector", VECTORS["log"], ids=lambda vector: vector["note"])
def test_log_vectors(vector: dict[str, Any]) -> None:
    """What does not begin with the mark is log text, whatever it holds."""
    assert Decoder().feed(vector["line"].encode("latin-1") + b"\n") == [
        LogText(vector["line"].encode("latin-1").decode("utf-8", "replace"))
    ]


@pytest.mark.parametrize("vector", VECTORS["lines"], ids=lambda vector: vector["note"])
def test_line_vectors_in_a_stream(vector: dict[str, Any]) -> None:
    """A bad line is dropped and counted, once; the line behind it is read."""
    after = encode("1badb002", 1, "ok", {"cmd": "run", "ref": 1})
    first, second = Decoder().feed(vector["line"].encode("latin-1") + b"\n" + after)
    assert second == Record("1badb002", 1, "ok", {"cmd": "run", "ref": "1"})
    if "error" in vector:
        assert isinstance(first, Dropped)
        assert first.reason == vector["error"]
    else:
        assert isinstance(first, Record)


@pytest.mark.parametrize("vector", VECTORS["bulk"], ids=lambda vector: vector["note"])
def test_bulk_vectors(vector: dict[str, Any]) -> None:
    """A transfer comes out whole, or fails for the reason given."""
    line = bulk_line(vector["size"], vector["chunk"], vector["crc"])
    events = Decoder().feed(line + b"".join(map(bytes.fromhex, vector["chunks"])))
    if "error" in vector:
        assert isinstance(events[0], Dropped)
        assert events[0].reason == f"bulk-{vector['error']}"
        assert not only(events, Bulk)
    else:
        (event,) = events
        assert isinstance(event, Bulk)
        assert event.data == bytes.fromhex(vector["data"])


@given(st.lists(st.one_of(records.map(line_of), st.binary(max_size=700), st.binary(max_size=90).map(bulk))), st.data())
def test_cuts_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    """However the bytes arrive in pieces, the same events come out."""
    stream = b"".join(parts)
    whole = Decoder().feed(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Decoder()
    pieces = [decoder.feed(stream[a:b]) for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event for events in pieces for event in events] == whole


@given(st.binary(max_size=4000))
@example(b"\n" * 100)
@example(b"@N6 " * 1000)
def test_garbage_never_raises_and_memory_is_bounded(garbage: bytes) -> None:
    """Noise is log text or dropped; no more than one line's bytes are kept."""
    decoder = Decoder()
    for event in decoder.feed(garbage):
        assert isinstance(event, LogText | Dropped)
    assert len(decoder._buffer) < MAX_LINE


@given(st.lists(records, min_size=1, max_size=4), st.data())
def test_damage_never_makes_a_wrong_record(sent: list[Record], data: st.DataObject) -> None:
    """With any one byte flipped, lost or added, every record that comes out is one that was sent, in order."""
    stream = bytearray(b"".join(map(line_of, sent)))
    at = data.draw(st.integers(0, len(stream) - 1))
    match data.draw(st.sampled_from(["flip", "drop", "insert"])):
        case "flip":
            stream[at] ^= data.draw(st.integers(1, 255))
        case "drop":
            del stream[at]
        case "insert":
            stream.insert(at, data.draw(st.integers(0, 255)))
    got = only(Decoder().feed(bytes(stream) + b"\n"), Record)
    rest = iter(sent)
    assert all(any(record == candidate for candidate in rest) for record in got)
    assert len(got) >= len(sent) - 2


@given(st.binary(min_size=1, max_size=300), st.integers(1, 64), st.data())
def test_damaged_bulk_is_never_accepted(payload: bytes, chunk: int, data: st.DataObject) -> None:
    """A transfer with a flipped, lost or added byte does not come out, or comes out right."""
    line = bulk_line(len(payload), chunk, f"{zlib.crc32(payload):08x}")
    body = bytearray(chunked(payload, chunk))
    at = data.draw(st.integers(0, len(body) - 1))
    match data.draw(st.sampled_from(["flip", "drop", "insert"])):
        case "flip":
            body[at] ^= data.draw(st.integers(1, 255))
        case "drop":
            del body[at]
        case "insert":
            body.insert(at, data.draw(st.integers(0, 255)))
    events = Decoder().feed(line + bytes(body) + bytes(1000))
    assert all(event.data == payload for event in only(events, Bulk))


def test_payload_is_never_read_as_lines() -> None:
    """A record inside of a damaged transfer's payload is payload."""
    inner = encode("1badb002", 9, "window", {"n": 0, "crc": "00000000"})
    good = bulk(b"\n" + inner * 3, chunk=len(inner) * 3 + 1)
    damaged = bytearray(good)
    damaged[-1] ^= 1
    after = encode("1badb002", 6, "ok", {"cmd": "run", "ref": 1})
    events = Decoder().feed(bytes(damaged) + after)
    assert [type(event) for event in events] == [Dropped, Record]
    assert only(events, Record)[0].seq == 6


@pytest.mark.parametrize(("size", "chunk"), [(1 << 25, 256), (5, 0), (5, (1 << 20) + 1)])
def test_unbelievable_transfer_is_dropped(size: int, chunk: int) -> None:
    """A size that no board of ours sends does not make the decoder wait for it."""
    after = encode("1badb002", 6, "ok")
    events = Decoder().feed(bulk_line(size, chunk, "00000000") + after)
    assert [type(event) for event in events] == [Dropped, Record]


def test_empty_transfer() -> None:
    """Nothing is sent whole at once."""
    (event,) = Decoder().feed(bulk(b""))
    assert isinstance(event, Bulk)
    assert event.data == b""


def test_resync_leaves_a_transfer_that_stopped() -> None:
    """After a time-out, lines are read again."""
    decoder = Decoder()
    assert decoder.feed(bulk(bytes(1000))[:600]) == []
    assert decoder.resync()
    assert not decoder.resync()
    assert len(only(decoder.feed(encode("1badb002", 6, "ok")), Record)) == 1


def test_long_log_line_comes_in_pieces() -> None:
    """A line without an end is not kept for ever, and its rest is never taken for a record."""
    record = encode("1badb002", 6, "ok")
    events = Decoder().feed(b"x" * MAX_LINE + record + record)
    assert [type(event) for event in events] == [LogText, LogText, Record]


def test_speed() -> None:
    """At least twenty times as fast as 921600 baud delivers, in processor time: records, log text and bulk mixed."""
    sample = encode("1badb002", 7, "sample", dict.fromkeys(("i", "frame", "wait", "input", "network"), 123456))
    stream = (sample * 20 + b"some log text of a driver\r\n" * 20 + bulk(bytes(3000))) * 100
    best = 0.0
    for _ in range(3):
        decoder, started = Decoder(), time.process_time()
        for at in range(0, len(stream), 4096):
            decoder.feed(stream[at : at + 4096])
        best = max(best, len(stream) / (time.process_time() - started))
    assert best > 20 * 92_000
