"""Lines of the protocol: the shared vectors, round trips, and that damage never yields a wrong record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.link.protocol import MAX_LINE, ProtocolError, Record, Sample, encode, parse, samples_crc
from tests.link.wire import VECTORS, line_of, records


@pytest.mark.parametrize("vector", VECTORS["lines"], ids=lambda vector: vector["note"])
def test_vectors(vector: dict[str, Any]) -> None:
    """Each shared line is understood, or dropped for the reason given."""
    raw = vector["line"].encode("latin-1")
    if "error" in vector:
        with pytest.raises(ProtocolError) as caught:
            parse(raw)
        assert caught.value.reason == vector["error"]
        return
    record = parse(raw)
    assert (record.session, record.seq, record.type) == (vector["session"], vector["seq"], vector["type"])
    as_bytes = {key: value.encode("utf-8", "surrogateescape") for key, value in record.fields.items()}
    assert as_bytes == {key: value.encode("latin-1") for key, value in vector["fields"].items()}
    assert line_of(record) == raw.removesuffix(b"\r") + b"\n"


@pytest.mark.parametrize("vector", VECTORS["samples"], ids=lambda vector: f"n={vector['n']}")
def test_sample_crc_vectors(vector: dict[str, Any]) -> None:
    """The CRC over samples is the one that all implementations agree on."""
    assert samples_crc(Sample(*values) for values in vector["samples"]) == vector["crc"]


@given(records)
def test_round_trip(record: Record) -> None:
    """What is encoded is parsed as it was, and is a legal line."""
    line = line_of(record)
    assert line.endswith(b"\n")
    assert len(line) <= MAX_LINE
    assert parse(line[:-1]) == record
    assert parse(line[:-1] + b"\r") == record


@given(records, st.data())
def test_flipped_byte_is_found(record: Record, data: st.DataObject) -> None:
    """A line with one wrong byte is never a record."""
    line = bytearray(line_of(record)[:-1])
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProtocolError):
        parse(bytes(line))


@given(records, st.data())
def test_dropped_or_inserted_byte_is_found(record: Record, data: st.DataObject) -> None:
    """A line that lost a byte, or got one more, is never another record."""
    line = line_of(record)[:-1]
    at = data.draw(st.integers(0, len(line) - 1))
    extra = data.draw(st.binary(max_size=1))
    damaged = line[:at] + extra + line[at + (not extra) :]
    try:
        assert parse(damaged) == record
    except ProtocolError:
        return
    assert damaged == line


@given(st.binary(max_size=600))
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    """Whatever follows the mark ends in a record or in a ProtocolError, in nothing else."""
    for line in (garbage, b"@N6 " + garbage):
        try:
            record = parse(line)
        except ProtocolError:
            continue
        assert line_of(record) == line + b"\n"


@pytest.mark.parametrize(
    ("session", "seq", "type_", "fields", "reason"),
    [
        ("1BADB002", 0, "run", {}, "session"),
        ("1badb002", -1, "run", {}, "seq"),
        ("1badb002", 1 << 32, "run", {}, "seq"),
        ("1badb002", 0, "Run", {}, "type"),
        ("1badb002", 0, "run", {"9": 1}, "field"),
        ("1badb002", 0, "run", {"reason": "x" * 500}, "too-long"),
        ("1badb002", 0, "run", {"reason": " " * 160}, "too-long"),
    ],
)
def test_what_cannot_be_said_is_not_sent(
    session: str, seq: int, type_: str, fields: dict[str, object], reason: str
) -> None:
    """A caller's mistake is an error, never a line that the other side drops."""
    with pytest.raises(ProtocolError) as caught:
        encode(session, seq, type_, fields)
    assert caught.value.reason == reason


@pytest.mark.parametrize("value", ["", "-1", "+1", "01", "1.0", "0x1", "4294967296", "٣", " 1", "1_0"])
def test_numbers_are_plain_decimals(value: str) -> None:
    """Nothing but a decimal uint32 is a number, whatever Python's int() would take."""
    with pytest.raises(ProtocolError):
        Record("1badb002", 0, "window", {"n": value}).integer("n")


def test_missing_field_is_named() -> None:
    """The error says which record lacks what."""
    with pytest.raises(ProtocolError, match="window has no n"):
        Record("1badb002", 0, "window").integer("n")
