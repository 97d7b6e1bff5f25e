"""The C side of the protocol, against the vectors that both implementations share and against the Python side."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core import CoreServer

from n6gen.link.protocol import ProtocolError, encode, parse

_VECTORS = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "protocol.json").read_text(encoding="utf-8"))
_LOG, _RECORD, _BAD = 0, 1, 2
_U32 = st.integers(0, 0xFFFF_FFFF)
_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
_VALUES = st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=20)


def _kind(core: CoreServer, line: bytes) -> int:
    return int(struct.unpack_from("<I", core.call("P", line))[0])


def _value(core: CoreServer, line: bytes, key: str, room: int = 512) -> bytes | None:
    answer = core.call("G", struct.pack("<I", room) + key.encode() + b"\0" + line)
    found = struct.unpack_from("<6I", answer)[0]
    return answer[24:] if found else None


@pytest.mark.parametrize("vector", _VECTORS["lines"], ids=lambda v: v["note"])
def test_lines_are_judged_as_the_vectors_say(core: CoreServer, vector: dict[str, object]) -> None:
    """Good lines give session, seq, type and every field; lines with an error are refused."""
    line = str(vector["line"]).encode("latin-1")
    if "error" in vector:
        assert _kind(core, line) == _BAD
        return
    answer = core.call("P", line)
    kind, session, seq, count = struct.unpack_from("<4I", answer)
    fields = vector["fields"]
    assert isinstance(fields, dict)
    assert (kind, f"{session:08x}", seq, count) == (_RECORD, vector["session"], vector["seq"], len(fields))
    assert answer[16:].decode() == vector["type"]
    for key, value in fields.items():
        assert _value(core, line, key) == value.encode("latin-1")


@pytest.mark.parametrize("vector", _VECTORS["log"], ids=lambda v: v["note"])
def test_log_text_is_no_record(core: CoreServer, vector: dict[str, str]) -> None:
    """Whatever does not begin with the mark is neither a record nor a bad one."""
    assert _kind(core, vector["line"].encode("latin-1")) == _LOG


def _can_be_a_c_string(vector: dict[str, dict[str, str]]) -> bool:
    return not any("\0" in value for value in vector["fields"].values())


_GOOD = [vector for vector in _VECTORS["lines"] if "error" not in vector and _can_be_a_c_string(vector)]


@pytest.mark.parametrize("vector", _GOOD, ids=lambda v: v["note"])
def test_lines_are_written_as_the_vectors_say(core: CoreServer, vector: dict[str, object]) -> None:
    """What C writes is the vector's line, byte for byte."""
    fields = vector["fields"]
    assert isinstance(fields, dict)
    request = struct.pack("<II", int(str(vector["session"]), 16), vector["seq"]) + str(vector["type"]).encode() + b"\0"
    for key, value in fields.items():
        request += b"t" + key.encode() + b"\0" + value.encode("latin-1") + b"\0"
    assert core.call("E", request) == str(vector["line"]).removesuffix("\r").encode("latin-1") + b"\n"


@given(session=_U32, seq=_U32, type_=_NAMES, fields=st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_python_reads_what_c_writes(
    core: CoreServer, session: int, seq: int, type_: str, fields: dict[str, str]
) -> None:
    """Any record that fits arrives whole."""
    request = struct.pack("<II", session, seq) + type_.encode() + b"\0"
    for key, value in fields.items():
        request += b"t" + key.encode() + b"\0" + value.encode("latin-1") + b"\0"
    line = core.call("E", request)
    if not line:
        assert len(str(fields)) > 100
        return
    record = parse(line.removesuffix(b"\n"))
    assert (record.session, record.seq, record.type) == (f"{session:08x}", seq, type_)
    arrived = {key: value.encode("utf-8", "surrogateescape") for key, value in record.fields.items()}
    assert arrived == {key: value.encode("latin-1") for key, value in fields.items()}


@given(session=_U32, seq=_U32, type_=_NAMES, fields=st.dictionaries(_NAMES, st.text(max_size=12), max_size=6))
def test_c_reads_what_python_writes(
    core: CoreServer, session: int, seq: int, type_: str, fields: dict[str, str]
) -> None:
    """Any record that Python can write is read whole by C."""
    try:
        line = encode(f"{session:08x}", seq, type_, fields)[:-1]
    except (ProtocolError, UnicodeEncodeError):
        return
    answer = core.call("P", line)
    assert struct.unpack_from("<4I", answer) == (_RECORD, session, seq, len(fields))
    for key, value in fields.items():
        assert _value(core, line, key) == value.encode()


@given(line=st.binary(max_size=80), at=st.integers(0, 200), flip=st.integers(1, 255))
def test_c_and_python_judge_any_bytes_alike(core: CoreServer, line: bytes, at: int, flip: int) -> None:
    """Noise behind the mark, with and without a right CRC, and records with one byte changed."""
    good = bytearray(encode("1badb002", 7, "run", {"frames": 4, "repeat": 2})[:-1])
    good[at % len(good)] ^= flip
    body = b"@N6 " + line.replace(b"\n", b"")
    for candidate in (bytes(good), body, body + b" *%08x" % zlib.crc32(body)):
        if b"\n" in candidate:
            continue
        if not candidate.startswith(b"@N6 "):
            assert _kind(core, candidate) == _LOG
            continue
        try:
            parse(candidate)
        except ProtocolError:
            assert _kind(core, candidate) == _BAD
        else:
            assert _kind(core, candidate) == _RECORD


@pytest.mark.parametrize(
    ("value", "number", "word"),
    [
        ("0", 0, None),
        ("4294967295", 0xFFFF_FFFF, None),
        ("4294967296", None, None),
        ("00", None, None),
        ("-1", None, None),
        ("", None, None),
        ("1badb002", None, 0x1BADB002),
        ("12345678", 12345678, 0x12345678),
        ("1BADB002", None, None),
        ("1badb0020", None, None),
    ],
)
def test_numbers_in_values(core: CoreServer, value: str, number: int | None, word: int | None) -> None:
    """Decimal and hexadecimal values are read only in the one form that the protocol has."""
    line = encode("00000000", 0, "x", {"k": value})[:-1]
    _, is_number, found_number, is_word, found_word, _ = struct.unpack_from(
        "<6I", core.call("G", struct.pack("<I", 512) + b"k\0" + line)
    )
    assert (found_number if is_number else None, found_word if is_word else None) == (number, word)


def test_a_value_that_does_not_fit_is_not_given(core: CoreServer) -> None:
    """The caller's buffer bounds what is decoded, in decoded bytes."""
    line = encode("00000000", 0, "x", {"k": "a b c"})[:-1]
    assert _value(core, line, "k", 5) == b"a b c"
    assert _value(core, line, "k", 4) is None
    assert _value(core, line, "other") is None


def test_numbers_words_and_bytes_are_written(core: CoreServer) -> None:
    """Each kind of field has its form."""
    request = struct.pack("<II", 1, 2) + b"x\0"
    request += b"ua\0" + struct.pack("<I", 4294967295) + b"ub\0" + struct.pack("<I", 0)
    request += b"wc\0" + struct.pack("<I", 0xBEEF) + b"hd\0\x03\x00\x10\xff"
    assert core.call("E", request).startswith(b"@N6 00000001 2 x a=4294967295 b=0 c=0000beef d=0010ff *")


def test_a_record_that_is_too_long_is_not_sent(core: CoreServer) -> None:
    """511 bytes and the newline fit, one more does not."""

    def request(length: int) -> bytes:
        return struct.pack("<II", 0, 0) + b"x\0tk\0" + b"y" * length + b"\0"

    fits = 511 - len(b"@N6 00000000 0 x k= *00000000")
    assert len(core.call("E", request(fits))) == 512
    assert core.call("E", request(fits + 1)) == b""


@given(first=st.binary(max_size=64), second=st.binary(max_size=64))
def test_crc_is_zlibs(core: CoreServer, first: bytes, second: bytes) -> None:
    """Also when it is computed piece by piece."""
    so_far = int.from_bytes(core.call("C", bytes(4) + first), "little")
    assert so_far == zlib.crc32(first)
    whole = core.call("C", struct.pack("<I", so_far) + second)
    assert int.from_bytes(whole, "little") == zlib.crc32(first + second)
