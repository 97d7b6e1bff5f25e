"""What comes in from a board: counted, logged, and handed on as events until a deadline."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import IO

import attrs

from n6gen.link.port import Port
from n6gen.link.protocol import Record
from n6gen.link.stream import Bulk, Decoder, Dropped, Event, LogText

#: What a board says; an echoing link sends the host's commands back too, with the host's seq.
_BOARD_TYPES = frozenset(
    {
        *("boot", "hello", "ok", "done", "error", "beat", "sample", "window", "tested", "bulk", "chunk", "fault"),
        *("layer", "layers"),
    }
)
_LOG_LINES = 200
_MAX_SETTLE_S = 30.0


@attrs.define
class Counts:
    """How much of what came in was not used.

    dropped: records and transfers that failed a check. lost: records missing by their seq. foreign: records of
    another session, or old ones of this.
    """

    dropped: int = 0
    lost: int = 0
    foreign: int = 0


class Inbox:
    """Reads one port. `counts` and `log` (the last lines of log text) are for reports."""

    def __init__(self, port: Port, raw: IO[bytes] | None) -> None:
        """`raw`, if given, gets every byte as it came."""
        self.counts = Counts()
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self._port = port
        self._raw = raw
        self._decoder = Decoder()
        self._pending: deque[Event] = deque()
        self._next_seq: int | None = None

    def events(self, timeout: float) -> Iterator[Event]:
        """Events as they come, for `timeout` seconds; what a caller leaves unread stays for the next one."""
        deadline = time.monotonic() + timeout
        while True:
            while self._pending:
                event = self._pending.popleft()
                self._count(event)
                yield event
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._pending.extend(self._decoder.feed(self._read(left)))

    def settle(self, quiet: float) -> None:
        """Throw away what is under way, until nothing came for `quiet` seconds."""
        deadline = time.monotonic() + _MAX_SETTLE_S
        while self._read(quiet) and time.monotonic() < deadline:
            pass
        self._pending.clear()
        self._decoder.resync()
        # The gap was made here, not on the wire.
        self._next_seq = None

    def expect_seq(self, seq: int | None) -> None:
        """From here on, records count as lost if they skip numbers after `seq`; None = begin with any."""
        self._next_seq = seq

    def _read(self, timeout: float) -> bytes:
        data = self._port.read(timeout)
        if data and self._raw is not None:
            self._raw.write(data)
        return data

    def _count(self, event: Event) -> None:
        match event:
            case LogText(text):
                if text:
                    self.log.append(text)
            case Dropped():
                self.counts.dropped += 1
            case Record() | Bulk():
                record = event if isinstance(event, Record) else event.record
                if record.type not in _BOARD_TYPES:
                    return
                if self._next_seq is not None and record.seq > self._next_seq:
                    self.counts.lost += record.seq - self._next_seq
                self._next_seq = record.seq + 1
