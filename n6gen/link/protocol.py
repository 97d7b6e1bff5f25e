"""Lines of the telemetry protocol, version 1, and the CRC over samples (docs/protocol.md).

What comes out of `parse` was sent that way, but for one chance in four thousand million: every line carries a CRC-32,
and nothing else than what the grammar allows is accepted. `encode` and `parse` are each other's inverse.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs

from n6gen.errors import BoardError

#: Version of the protocol that this module speaks.
VERSION = 1
#: The session of everything that was said before a hello.
NO_SESSION = "00000000"
#: How a record begins; any other line is log text.
MARK = b"@N6 "
#: Longest line, its newline included, in bytes.
MAX_LINE = 512

_SESSION = _CRC = re.compile(rb"[0-9a-f]{8}")
_SEQ = re.compile(rb"0|[1-9][0-9]{0,9}")
_NAME = re.compile(rb"[a-z][a-z0-9_]*")
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_FIELD = re.compile(rb"[a-z][a-z0-9_]*=[^=* ]*")
_ESCAPED = re.compile(rb"(?:[^%]|%[0-9A-F]{2})*")
_ESCAPE = re.compile(rb"%([0-9A-F]{2})")
# A body without escapes that breaks no rule, but perhaps that of seq's size and that of a key used twice.
_PLAIN = re.compile(
    b"%b(?:%b) (?:%b) (?:%b)(?: [a-z][a-z0-9_]*=[^=*%% ]*)*" % (MARK, _SESSION.pattern, _SEQ.pattern, _NAME.pattern)
)
_MUST_ESCAPE = re.compile(rb"[^\x21-\x24\x26-\x29\x2b-\x3c\x3e-\x7e]")
_TICKS = re.compile(r"[0-9a-f]{16}")
_U32 = 0xFFFF_FFFF
_T = TypeVar("_T")


class ProtocolError(ValueError):
    """A line or a field that breaks a rule. `reason` is the rule's short name."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep the rule's name."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@attrs.frozen
class Record:
    """One line that passed every check. Values are text; bytes that are not UTF-8 are surrogate escapes."""

    session: str
    seq: int
    type: str
    fields: Mapping[str, str] = attrs.field(factory=dict)

    def text(self, key: str) -> str:
        """The value of `key`; raises ProtocolError if the record has none."""
        try:
            return self.fields[key]
        except KeyError:
            raise ProtocolError("missing", f"{self.type} has no {key}") from None

    def integer(self, key: str) -> int:
        """The value of `key` as a decimal uint32; raises ProtocolError if it is anything else."""
        value = self.text(key)
        if not _SEQ.fullmatch(value.encode("utf-8", "surrogateescape")) or int(value) > _U32:
            raise ProtocolError("integer", f"{self.type} {key}={value!a}")
        return int(value)

    def ticks(self, key: str) -> int:
        """The value of `key` as 16 hex digits; raises ProtocolError if it is anything else."""
        value = self.text(key)
        if not _TICKS.fullmatch(value):
            raise ProtocolError("ticks", f"{self.type} {key}={value!a}")
        return int(value, 16)


def encode(session: str, seq: int, type_: str, fields: Mapping[str, object] | None = None) -> bytes:
    """The line, with its newline, for one record; values are taken by `str`.

    Raises ProtocolError for what the grammar cannot carry: a bad session, seq, type or key, or a line that is too long.
    """
    if not _SESSION.fullmatch(session.encode()):
        raise ProtocolError("session", session)
    if not 0 <= seq <= _U32:
        raise ProtocolError("seq", str(seq))
    words = [MARK[:-1], session.encode(), str(seq).encode(), type_.encode()]
    if not _NAME.fullmatch(words[-1]):
        raise ProtocolError("type", type_)
    for key, value in (fields or {}).items():
        if not _NAME.fullmatch(key.encode()):
            raise ProtocolError("field", key)
        words.append(key.encode() + b"=" + _escape(str(value)))
    body = b" ".join(words)
    line = b"%b *%08x\n" % (body, zlib.crc32(body))
    if len(line) > MAX_LINE:
        raise ProtocolError("too-long", f"{len(line)} B")
    return line


def parse(line: bytes) -> Record:
    """The record in a line that begins with MARK; the newline is already gone, one carriage return may be left.

    Raises ProtocolError with the first rule that the line breaks.
    """
    body = _checked_body(line)
    if not _PLAIN.fullmatch(body):
        _check_words(body.split(b" "))
    _, session, seq, type_, *pairs = body.decode("ascii").split(" ")
    fields = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        fields[key] = _unescape(value) if "%" in value else value
    if len(fields) != len(pairs):
        raise ProtocolError("field")
    number = int(seq)
    if number > _U32:
        raise ProtocolError("seq")
    return Record(session, number, type_, fields)


def _checked_body(line: bytes) -> bytes:
    """What stands before the CRC, once length, characters and CRC are right."""
    if len(line) >= MAX_LINE:
        raise ProtocolError("too-long")
    line = line.removesuffix(b"\r")
    if not _PRINTABLE.fullmatch(line):
        raise ProtocolError("not-ascii")
    body, star, crc = line.rpartition(b" *")
    if not star or not _CRC.fullmatch(crc):
        raise ProtocolError("crc-form")
    if zlib.crc32(body) != int(crc, 16):
        raise ProtocolError("crc")
    return body


def _check_words(words: list[bytes]) -> None:
    """Raise ProtocolError with the first rule that the words of a body break."""
    if words[0] + b" " != MARK or len(words) < 4:
        raise ProtocolError("shape")
    for name, pattern, word in zip(("session", "seq", "type"), (_SESSION, _SEQ, _NAME), words[1:4], strict=True):
        if not pattern.fullmatch(word):
            raise ProtocolError(name)
    for pair in words[4:]:
        if not _FIELD.fullmatch(pair):
            raise ProtocolError("field")
        if not _ESCAPED.fullmatch(pair):
            raise ProtocolError("escape")


@attrs.frozen
class Sample:
    """One run of the loop: its index, the camera frame's number, and each stage's ticks."""

    i: int
    frame: int
    wait: int
    input: int
    network: int
    decode: int
    present: int
    loop: int

    @classmethod
    def of(cls, record: Record) -> Sample:
        """From a `sample` record; raises ProtocolError if a field is missing or no uint32."""
        return cls(*(record.integer(key) for key in SAMPLE_FIELDS))


#: The fields of a sample in the order in which the CRC takes them.
SAMPLE_FIELDS = tuple(field.name for field in attrs.fields(Sample))
_PACKED = struct.Struct(f"<{len(SAMPLE_FIELDS)}I")


def samples_crc(samples: Iterable[Sample]) -> str:
    """CRC-32 over packed samples, as the `window` record spells it."""
    crc = 0
    for sample in samples:
        crc = zlib.crc32(_PACKED.pack(*attrs.astuple(sample)), crc)
    return f"{crc:08x}"


def understood(make: Callable[[Record], _T], record: Record) -> _T:
    """What `make` makes of a record; a ProtocolError becomes a BoardError that says what is wrong with it."""
    try:
        return make(record)
    except ProtocolError as error:
        raise BoardError(
            f"the board's {record.type} record cannot be used: {error}", "Build and flash again."
        ) from error


def _escape(value: str) -> bytes:
    return _MUST_ESCAPE.sub(lambda match: b"%%%02X" % match[0][0], value.encode("utf-8", "surrogateescape"))


def _unescape(value: str) -> str:
    raw = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), value.encode("ascii"))
    return raw.decode("utf-8", "surrogateescape")
