"""The host's side of a running board: hello, run, mask, reset. Whatever goes wrong has a name."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, TypeVar

import attrs

from n6gen.errors import BoardError
from n6gen.link.errors import Fault, NoAnswer, Refused, Restarted, WindowDamaged
from n6gen.link.inbox import Counts, Inbox
from n6gen.link.port import Port
from n6gen.link.protocol import NO_SESSION, VERSION, ProtocolError, Record, Sample, encode, samples_crc
from n6gen.link.stream import Bulk, Dropped, Event
from n6gen.link.upload import PASSING, asked_for, chunk

#: Longest wait for an answer that takes the board no work, in seconds.
ANSWER_S = 5.0
#: A link that was silent for this long has nothing more under way, in seconds.
_QUIET_S = 0.3
_SILENCE = "the board stopped asking for the frame"
_T = TypeVar("_T")


@attrs.frozen
class Hello:
    """Who the board says it is. Shapes are (height, width) in pixels; `fields` holds all that it said."""

    nonce: str
    board: str
    network: str
    build: str
    tick_hz: int
    input_shape: tuple[int, int]
    mask_shape: tuple[int, int]
    classes: int
    decode: str
    input: str
    fields: Mapping[str, str]

    @classmethod
    def of(cls, record: Record) -> Hello:
        """From a `hello` record; raises ProtocolError if a field is missing or bad."""
        number, text = record.integer, record.text
        return cls(
            nonce=text("nonce"),
            board=text("board"),
            network=text("network"),
            build=text("build"),
            tick_hz=number("tick_hz"),
            input_shape=(number("in_h"), number("in_w")),
            mask_shape=(number("mask_h"), number("mask_w")),
            classes=number("classes"),
            decode=text("decode"),
            input=text("input"),
            fields=dict(record.fields),
        )


def random_nonce() -> str:
    """Eight lower-case hex digits, not all zero."""
    return f"{secrets.randbelow(0xFFFF_FFFF) + 1:08x}"


class Client:
    """Speaks to one board over one port; not for use from two threads.

    Every call may raise Fault, Refused or Restarted when the board says so, and BoardError when the link is gone.
    """

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

    @property
    def counts(self) -> Counts:
        """How many records were dropped, lost or foreign so far."""
        return self._inbox.counts

    @property
    def log(self) -> Sequence[str]:
        """The last lines of log text."""
        return tuple(self._inbox.log)

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Wait until a board that was just started says that its app is ready; NoAnswer after `timeout` seconds."""
        for event in self._events(timeout, booting=True):
            if isinstance(event, Record) and event.type == "boot" and event.fields.get("status") == "ready":
                return
        raise self._silent(f"no boot: the board did not get ready within {timeout:g} s")

    def hello(
        self, *, network: str | None = None, build: str | None = None, attempts: int = 5, timeout: float = 2.0
    ) -> Hello:
        """Open a session; check the ids (64 hex digits) that are given.

        Each attempt has a nonce of its own and only an answer to the latest counts. Raises NoAnswer after
        `attempts` × `timeout` seconds, BoardError for another protocol version, network or build.
        """
        for _ in range(attempts):
            nonce = self._nonces()
            self._session, self._seq = NO_SESSION, 0
            ref = self._send("hello", nonce=nonce, protocol=VERSION)
            for event in self._events(timeout, booting=True):
                if not isinstance(event, Record):
                    continue
                self._stop_on_error(event, "hello", ref)
                # An echoing link sends our own hello back: that one names no board.
                if event.type == "hello" and event.fields.get("nonce") == nonce and "board" in event.fields:
                    self._session, self._seq, self._newest = nonce, 0, event.seq
                    self._inbox.expect_seq(event.seq + 1)
                    return _checked_hello(event, network, build)
        raise self._silent(f"no hello: the board did not answer {attempts} times within {timeout:g} s")

    def run(self, frames: int, repeat: int = 1, *, timeout: float) -> list[Sample]:
        """Let the board run `frames` frames, each `repeat` times; the samples, only if count and CRC match.

        `timeout` bounds the work, in seconds. Raises NoAnswer for a hang, WindowDamaged if samples did not arrive
        whole, BoardError if the board refuses or gives up.
        """
        return self.listed(
            "run",
            ("sample", "window"),
            Sample.of,
            lambda end, samples: _window_problem(end, samples, frames * repeat),
            timeout=timeout,
            frames=frames,
            repeat=repeat,
        )

    def listed(
        self,
        command: str,
        types: tuple[str, str],
        of: Callable[[Record], _T],
        problem: Callable[[Record | None, list[_T]], str | None],
        *,
        timeout: float,
        **fields: object,
    ) -> list[_T]:
        """Send a command that is answered by records of `types[0]` once its work is done, and by one of `types[1]`.

        What `of` makes of the records, if `problem` finds none in the last one (None: it did not come) and them. Raises
        as `run` does.
        """
        self._acknowledged(command, **fields)
        found: list[_T] = []
        # They come one after the other once the work is done: a pause then means that the rest was lost.
        record = self._next(timeout, types, command)
        if record is None:
            raise self._silent(f"hang: the board did not finish within {timeout:g} s")
        while record is not None and record.type == types[0]:
            found.append(_understood(of, record))
            record = self._next(ANSWER_S, types, command)
        wrong = problem(None, found) if record is None else _understood(lambda end: problem(end, found), record)
        if wrong:
            self._inbox.settle(_QUIET_S)
            raise WindowDamaged(wrong, "Measure again.")
        return found

    def mask(self, *, attempts: int = 3, timeout: float = 30.0) -> bytes:
        """The buffer that the last decode wrote; see bulk."""
        return self.bulk("mask", "mask", attempts=attempts, timeout=timeout)

    def bulk(
        self,
        type_: str,
        name: str,
        *,
        before: Callable[[], object] = lambda: None,
        attempts: int = 3,
        timeout: float = 30.0,
        **fields: object,
    ) -> bytes:
        """Send a command that the transfer `name` answers; one that fails a check is asked for again.

        `before` is called before each attempt; `timeout` is for one, in seconds. Raises NoAnswer if none succeeds,
        BoardError if the board refuses.
        """
        reason = "nothing came"
        for _ in range(attempts):
            before()
            ref = self._send(type_, **fields)
            for event in self._events(timeout):
                if isinstance(event, Bulk) and event.record.fields["name"] == name:
                    return event.data
                if isinstance(event, Record):
                    self._stop_on_error(event, type_, ref)
                if isinstance(event, Dropped):
                    reason = event.reason
                    break
            self._inbox.settle(_QUIET_S)
        raise self._silent(f"no {name}: {attempts} transfers failed, the last one: {reason}")

    def inject(self, frame: bytes | memoryview, *, attempts: int = 3) -> None:
        """Give the board a frame, RGB bytes [H, W, 3], that it uses instead of its camera's until inject_end or hello.

        The board asks for each part. Raises NoAnswer if it stops asking, BoardError if it wants no such frame or if
        no attempt succeeds.
        """
        data = memoryview(frame).cast("B")
        reason = ""
        for _ in range(attempts):
            reason = self._inject(data)
            if not reason:
                return
            self._inbox.settle(_QUIET_S)
        if reason == _SILENCE:
            raise self._silent(f"hang: {reason}")
        raise BoardError(f"the frame did not reach the board in {attempts} attempts, the last one: {reason}")

    def inject_end(self) -> None:
        """Let the board use its camera's frames again."""
        self.inject(b"")

    def _inject(self, data: memoryview) -> str:
        """One attempt; returns the reason if another one may succeed."""
        ref = self._send("inject", size=len(data), crc=f"{zlib.crc32(data):08x}")
        # Each record of the board begins the wait anew.
        while (record := self._next(ANSWER_S, ("ok", "chunk", "done", "error"), cmd="")) is not None:
            if record.fields.get("ref") != str(ref):
                continue
            if record.type == "error" and record.fields.get("reason") in PASSING:
                return record.fields["reason"]
            self._stop_on_error(record, "inject", ref)
            if record.type == "done":
                return ""
            if record.type == "chunk":
                at, most = _understood(lambda asked: asked_for(asked, len(data)), record)
                self._port.write(chunk(data, at, most))
        return _SILENCE

    def reset(self, *, timeout: float = 30.0) -> None:
        """Start the board anew and wait until it is ready again; the session is over."""
        self._acknowledged("reset")
        self._session, self._seq = NO_SESSION, 0
        self._inbox.expect_seq(None)
        self.wait_ready(timeout)

    def _send(self, type_: str, **fields: object) -> int:
        """Send a command; returns its seq."""
        ref = self._seq
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

    def _next(self, timeout: float, types: tuple[str, ...], cmd: str = "run") -> Record | None:
        """The next record of one of `types`, or None after `timeout` seconds; an error of `cmd` is raised."""
        for event in self._events(timeout):
            if isinstance(event, Record):
                self._stop_on_error(event, cmd, None)
                if event.type in types:
                    return event
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
        return True

    def _boot(self, record: Record, *, booting: bool) -> None:
        fields = record.fields
        stage = fields.get("stage", "board")
        if fields.get("status") == "refused":
            raise Refused(stage, fields.get("check", "?"), fields.get("expected", "?"), fields.get("found", "?"))
        if not booting:
            raise Restarted(f"the board restarted by itself: its {stage} says {fields.get('status', '?')}")

    def _stop_on_error(self, record: Record, cmd: str, ref: int | None) -> None:
        if record.type != "error" or record.fields.get("cmd") != cmd:
            return
        if ref is None or record.fields.get("ref") == str(ref):
            raise BoardError(f"the board refused {cmd}: {record.fields.get('reason', 'no reason given')}")

    def _silent(self, what: str) -> NoAnswer:
        place = self._where()
        return NoAnswer(
            f"{what} ({place})" if place else what,
            "Is the board running, and is this the right port?",
            "Look at the raw log of the link.",
        )


def _checked_hello(record: Record, network: str | None, build: str | None) -> Hello:
    protocol = record.fields.get("protocol")
    if protocol != str(VERSION):
        raise BoardError(f"the board speaks protocol {protocol}, this n6gen speaks {VERSION}", "Build and flash again.")
    hello = _understood(Hello.of, record)
    for what, mine, its in (("network", network, hello.network), ("build", build, hello.build)):
        if mine is not None and mine != its:
            raise BoardError(f"the board runs {what} {its[:12]}…, not {mine[:12]}…", "Run `n6gen flash`.")
    return hello


def _window_problem(record: Record | None, samples: list[Sample], wanted: int) -> str | None:
    if record is None:
        return f"the window is damaged: its end did not arrive, {len(samples)} of {wanted} samples did"
    count, crc = record.integer("n"), record.text("crc")
    if not count == len(samples) == wanted:
        return f"the window is damaged: {wanted} samples were asked for, {count} were sent, {len(samples)} arrived"
    if [sample.i for sample in samples] != list(range(wanted)) or crc != samples_crc(samples):
        return f"the window is damaged: its samples have CRC {samples_crc(samples)}, its end says {crc}"
    return None


def _understood(make: Callable[[Record], _T], record: Record) -> _T:
    try:
        return make(record)
    except ProtocolError as error:
        raise BoardError(
            f"the board's {record.type} record cannot be used: {error}", "Build and flash again."
        ) from error
