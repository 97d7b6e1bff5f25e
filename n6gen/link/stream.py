"""From the bytes of a UART to records, log text and bulk transfers.

A UART may begin in the middle of a line, lose bytes or carry noise: nothing that comes in raises an error. Memory is
bounded, and how the bytes were cut into pieces on their way does not change what comes out.
"""

from __future__ import annotations

import struct
import zlib

import attrs

from n6gen.link.protocol import MARK, MAX_LINE, ProtocolError, Record, parse

#: Largest bulk transfer, and largest chunk of one, that is believed, in bytes.
MAX_BULK = 1 << 24
MAX_CHUNK = 1 << 20


@attrs.frozen
class LogText:
    """A line, or a piece of a very long one, that is no record."""

    text: str


@attrs.frozen
class Dropped:
    """A record or a bulk transfer that failed a check. `reason` is the rule's name, `raw` the line."""

    reason: str
    raw: bytes = b""


@attrs.frozen
class Bulk:
    """A whole bulk transfer: the record that announced it and its bytes, every CRC checked."""

    record: Record
    data: bytes


Event = Record | LogText | Dropped | Bulk


class Decoder:
    """Turns bytes into events. `feed` takes them as they come, `resync` gives up a bulk transfer that stopped."""

    def __init__(self) -> None:
        """Begin at the start of a line."""
        self._buffer = bytearray()
        self._transfer: _Transfer | None = None
        # What the rest of the present line is, once its beginning has been dealt with.
        self._tail: type[LogText | Dropped] | None = None

    def feed(self, data: bytes) -> list[Event]:
        """All events that `data` completes, in order."""
        self._buffer += data
        events: list[Event] = []
        at = 0
        while True:
            if self._transfer is not None:
                used, done = self._transfer.take(self._buffer, at)
                at += used
                if done is not None:
                    # A wrong length means that bytes were lost: what follows is payload up to who knows where.
                    if isinstance(done, Dropped) and done.reason == "bulk-length":
                        self._tail = Dropped
                    self._transfer = None
                    events.append(done)
                elif not used:
                    break
            else:
                used = self._line(at, events)
                if not used:
                    break
                at += used
        del self._buffer[:at]
        return events

    def resync(self) -> bool:
        """Leave a bulk transfer whose rest will not come, and any half line. Returns whether there was a transfer."""
        waiting = self._transfer is not None
        self._transfer = None
        self._tail = None
        self._buffer.clear()
        return waiting

    def _line(self, at: int, events: list[Event]) -> int:
        """Deal with the line at `at`, or a piece of it; returns how many bytes that took, 0 = more are needed."""
        end = self._buffer.find(b"\n", at, at + MAX_LINE)
        whole = end >= 0
        if not whole:
            if len(self._buffer) - at < MAX_LINE:
                return 0
            end = at + MAX_LINE
        piece = bytes(self._buffer[at:end])
        tail = self._tail
        if tail is Dropped:
            pass
        elif tail is None and piece.startswith(MARK):
            self._record(piece, events)
            tail = Dropped
        else:
            events.append(LogText(piece.removesuffix(b"\r").decode("utf-8", "replace")))
            tail = LogText
        self._tail = None if whole else tail
        return len(piece) + whole

    def _record(self, line: bytes, events: list[Event]) -> None:
        try:
            record = parse(line)
            if record.type == "bulk":
                self._transfer = _Transfer.of(record)
                return
        except ProtocolError as error:
            events.append(Dropped(error.reason, line))
        else:
            events.append(record)


class _Transfer:
    """A bulk transfer under way."""

    def __init__(self, record: Record, size: int, chunk: int) -> None:
        self._record = record
        self._size = size
        self._chunk = chunk
        self._data = bytearray()
        self._sound = True

    @classmethod
    def of(cls, record: Record) -> _Transfer:
        record.text("name")
        record.text("crc")
        size, chunk = record.integer("size"), record.integer("chunk")
        if size > MAX_BULK or not 1 <= chunk <= MAX_CHUNK:
            raise ProtocolError("bulk-size")
        return cls(record, size, chunk)

    def take(self, buffer: bytearray, at: int) -> tuple[int, Bulk | Dropped | None]:
        """Take one chunk at `at` if it is all there. Returns the bytes used, and the outcome once it is known."""
        if len(self._data) == self._size:
            return 0, self._outcome()
        if len(buffer) - at < 4:
            return 0, None
        (length,) = struct.unpack_from("<I", buffer, at)
        if not 1 <= length <= min(self._chunk, self._size - len(self._data)):
            return 0, Dropped("bulk-length")
        if len(buffer) - at < length + 8:
            return 0, None
        payload = bytes(buffer[at + 4 : at + 4 + length])
        (crc,) = struct.unpack_from("<I", buffer, at + 4 + length)
        # A damaged chunk of a believable length is stepped over, so that its payload is never read as lines.
        self._sound &= zlib.crc32(payload) == crc
        self._data += payload
        return length + 8, self._outcome() if len(self._data) == self._size else None

    def _outcome(self) -> Bulk | Dropped:
        if not self._sound:
            return Dropped("bulk-crc")
        if f"{zlib.crc32(self._data):08x}" != self._record.fields["crc"]:
            return Dropped("bulk-whole")
        return Bulk(self._record, bytes(self._data))
