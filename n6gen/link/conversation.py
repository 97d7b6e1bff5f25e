"""What every exchange with a board needs: a session, numbers, answers, and names for what goes wrong."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from n6gen.errors import BoardError
from n6gen.link.errors import Fault, NoAnswer, Refused, Restarted, TooSlow
from n6gen.link.hello import other_version
from n6gen.link.inbox import Counts, Inbox
from n6gen.link.port import Port
from n6gen.link.protocol import NO_SESSION, Record, encode
from n6gen.link.stream import Bulk, Event

#: Longest wait for an answer that takes the board no work, in seconds.
ANSWER_S = 5.0
#: A link that was silent for this long has nothing more under way, in seconds.
QUIET_S = 0.3
#: A board sends a sign of life once a second between two passes; after this long without one nobody can say.
_ALIVE_S = 5.0


def random_nonce() -> str:
    """Eight lower-case hex digits, not all zero."""
    return f"{secrets.randbelow(0xFFFF_FFFF) + 1:08x}"


class Conversation:
    """One board over one port. See Client, which has the commands."""

    def __init__(
        self,
        port: Port,
        *,
        raw: IO[bytes] | None = None,
        nonces: Callable[[], str] = random_nonce,
        where: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Nothing is sent yet.

        `raw` gets every byte that comes in. `where` tells where the CPU is, if anybody knows: it ends up in the
        message of a hang.
        """
        self._port = port
        self._inbox = Inbox(port, raw)
        self._nonces = nonces
        self._where = where
        self._session = NO_SESSION
        self._seq = 0
        # The newest record of this session. A link that repeats itself brings old ones, each with a good CRC.
        self._newest = -1
        self._last_beat: float | None = None
        # Whether bytes that are no line were sent since the last command.
        self._sent_bytes = False

    @property
    def counts(self) -> Counts:
        """How many records were dropped, lost or foreign so far."""
        return self._inbox.counts

    @property
    def log(self) -> Sequence[str]:
        """The last lines of log text."""
        return tuple(self._inbox.log)

    def _send(self, type_: str, **fields: object) -> int:
        """Send a command; returns its seq."""
        ref = self._seq
        if self._sent_bytes:
            # Some of them may still lie before this command: it must be a line of its own.
            self._port.write(b"\n")
            self._sent_bytes = False
        self._port.write(encode(self._session, ref, type_, fields))
        self._seq += 1
        return ref

    def _acknowledged(self, type_: str, **fields: object) -> None:
        """Send a command and wait for its `ok`. It is not sent twice: nobody knows whether it was executed."""
        ref = self._send(type_, **fields)
        for event in self._events(ANSWER_S):
            if isinstance(event, Record):
                self._stop_on_error(event, type_, ref)
                if event.type == "ok" and event.fields.get("ref") == str(ref):
                    return
        raise self._silent(f"hang: no answer to {type_} within {ANSWER_S:g} s")

    def _next(
        self, timeout: float, types: tuple[str, ...], cmd: str = "run", *, silence: float | None = None
    ) -> Record | None:
        """The next record of one of `types`; an error of `cmd` is raised.

        None after `timeout` seconds, or once the board gave no sign of life for `silence` seconds.
        """
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            alive = False
            for event in self._events(left if silence is None else min(left, silence)):
                if isinstance(event, Record):
                    self._stop_on_error(event, cmd, None)
                    if event.type in types:
                        return event
                    alive = event.type == "beat"
                    if alive:
                        break
            if silence is not None and not alive:
                return None
        return None

    def _events(self, timeout: float, *, booting: bool = False) -> Iterator[Event]:
        """Events of this session for `timeout` seconds; faults, refusals and restarts are raised."""
        for event in self._inbox.events(timeout):
            record = event.record if isinstance(event, Bulk) else event
            if isinstance(record, Record):
                if record.type == "fault":
                    fields = dict(record.fields)
                    raise Fault(fields.pop("kind", "unknown"), fields)
                if record.type == "boot":
                    self._boot(record, booting=booting)
                elif not booting and not self._is_news(record):
                    self.counts.foreign += 1
                    continue
            yield event

    def _is_news(self, record: Record) -> bool:
        """Whether a record is of this session and not an old one."""
        if record.session != self._session or record.seq <= self._newest:
            return False
        self._newest = record.seq
        if record.type == "beat":
            self._last_beat = time.monotonic()
        return True

    def _boot(self, record: Record, *, booting: bool) -> None:
        fields = record.fields
        stage = fields.get("stage", "board")
        if fields.get("status") == "refused":
            raise Refused(stage, fields.get("check", "?"), fields.get("expected", "?"), fields.get("found", "?"))
        if not booting:
            raise Restarted(
                f"the board restarted by itself: its {stage} says {fields.get('status', '?')}",
                "Something reset it: the app itself, a watchdog, the button, or its power.",
            )

    def _stop_on_error(self, record: Record, cmd: str, ref: int | None) -> None:
        if record.type != "error" or record.fields.get("cmd") != cmd:
            return
        if ref is None or record.fields.get("ref") == str(ref):
            if record.fields.get("reason") == "protocol":
                raise other_version(record.fields.get("protocol"))
            raise BoardError(f"the board refused {cmd}: {record.fields.get('reason', 'no reason given')}")

    def _unfinished(self, timeout: float, began: float) -> NoAnswer:
        """A command that did not end: the board is dead, or slow, as its signs of life tell."""
        now = time.monotonic()
        beaten = self._last_beat is not None and self._last_beat > began
        if beaten and self._last_beat is not None and now - began >= timeout and now - self._last_beat < _ALIVE_S:
            return TooSlow(
                f"slow: the board works, it gave a sign of life {now - self._last_beat:.1f} s ago, but did not finish "
                f"within {timeout:g} s",
                "Give it more time: --timeout.",
            )
        if now - began < timeout:
            return self._silent(f"hang: the board did not finish, and gave no sign of life within {now - began:.3g} s")
        return self._silent(f"hang: the board did not finish within {timeout:g} s")

    def _silent(self, what: str) -> NoAnswer:
        place = self._where()
        if place:
            return NoAnswer(f"{what} ({place})", "Look at that line: it may wait for what does not come.")
        return NoAnswer(what, "Is the board running, and is this the right port?", "Look at the raw log of the link.")
