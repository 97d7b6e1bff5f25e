"""The host's side of a running board: what it may be asked for. Whatever goes wrong has a name."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import TypeVar

from n6gen.errors import BoardError
from n6gen.link import conversation
from n6gen.link.clocks import Clocks
from n6gen.link.conversation import Conversation
from n6gen.link.errors import WindowDamaged
from n6gen.link.hello import Hello, checked_hello
from n6gen.link.protocol import NO_SESSION, VERSION, Record, Sample, samples_crc, understood
from n6gen.link.selftest import Selftest
from n6gen.link.stream import Bulk, Dropped
from n6gen.link.upload import PASSING, asked_for, chunk

_SILENCE = "the board stopped asking for the frame"
_T = TypeVar("_T")


class Client(Conversation):
    """Speaks to one board over one port; not for use from two threads.

    Every call may raise Fault, Refused or Restarted when the board says so, and BoardError when the link is gone.
    """

    #: Both clocks of the board over this session's windows; known after a hello.
    clocks: Clocks

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
                    hello = checked_hello(event, network, build)
                    self.clocks = Clocks(hello.tick_hz, hello.tick2_hz)
                    return hello
        raise self._silent(f"no hello: the board did not answer {attempts} times within {timeout:g} s")

    def run(self, frames: int, repeat: int = 1, *, timeout: float, silence: float | None = None) -> list[Sample]:
        """Let the board run `frames` frames, each `repeat` times; the samples, only if count and CRC match.

        `timeout` bounds the work, `silence` how long the board may give no sign of life, in seconds: it gives one a
        second, but none within a pass. Raises NoAnswer for a hang, TooSlow if it still works then, WindowDamaged if
        samples did not arrive whole, ClocksDisagree, BoardError if the board refuses or gives up.
        """
        spans: list[tuple[int, int]] = []

        def problem(end: Record | None, samples: list[Sample]) -> str | None:
            wrong = _window_problem(end, samples, frames * repeat)
            if end is not None and wrong is None:
                spans.append((end.ticks("ticks"), end.ticks("ticks2")))
            return wrong

        samples = self.listed(
            "run",
            ("sample", "window"),
            Sample.of,
            problem,
            timeout=timeout,
            silence=silence,
            frames=frames,
            repeat=repeat,
        )
        self.clocks.add(*spans[-1])
        return samples

    def warm(self, frames: int, repeat: int = 1, *, timeout: float, silence: float | None = None) -> None:
        """Let the board run passes that nobody looks at; raises as `run` does."""
        self._finished("warm", ("done",), timeout, silence, frames=frames, repeat=repeat)

    def selftest(self, *, timeout: float = 60.0) -> Selftest:
        """Let the board read its weights and try its memory; raises ClocksDisagree, and NoAnswer for a hang.

        What it found may be a problem: it is for the caller to ask.
        """
        found = understood(Selftest.of, self._finished("selftest", ("tested",), timeout, None))
        self.clocks.add(found.flash_ticks, found.flash_ticks2)
        return found

    def _finished(
        self, command: str, types: tuple[str, ...], timeout: float, silence: float | None, **fields: object
    ) -> Record:
        """Send a command and wait for the first record of one of `types` that ends it."""
        self._acknowledged(command, **fields)
        began = time.monotonic()
        record = self._next(timeout, types, command, silence=silence)
        if record is None:
            raise self._unfinished(timeout, began)
        return record

    def listed(
        self,
        command: str,
        types: tuple[str, str],
        of: Callable[[Record], _T],
        problem: Callable[[Record | None, list[_T]], str | None],
        *,
        timeout: float,
        silence: float | None = None,
        **fields: object,
    ) -> list[_T]:
        """Send a command that is answered by records of `types[0]` once its work is done, and by one of `types[1]`.

        What `of` makes of the records, if `problem` finds none in the last one (None: it did not come) and them. Raises
        as `run` does.
        """
        found: list[_T] = []
        # They come one after the other once the work is done: a pause then means that the rest was lost.
        record: Record | None = self._finished(command, types, timeout, silence, **fields)
        while record is not None and record.type == types[0]:
            found.append(understood(of, record))
            record = self._next(conversation.ANSWER_S, types, command)
        wrong = problem(None, found) if record is None else understood(lambda end: problem(end, found), record)
        if wrong:
            self._inbox.settle(conversation.QUIET_S)
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
            self._inbox.settle(conversation.QUIET_S)
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
            self._inbox.settle(conversation.QUIET_S)
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
        while (record := self._next(conversation.ANSWER_S, ("ok", "chunk", "done", "error"), cmd="")) is not None:
            if record.fields.get("ref") != str(ref):
                continue
            if record.type == "error" and record.fields.get("reason") in PASSING:
                return record.fields["reason"]
            self._stop_on_error(record, "inject", ref)
            if record.type == "done":
                return ""
            if record.type == "chunk":
                at, most = understood(lambda asked: asked_for(asked, len(data)), record)
                self._port.write(chunk(data, at, most))
                self._sent_bytes = True
        return _SILENCE

    def reset(self, *, timeout: float = 30.0) -> None:
        """Start the board anew and wait until it is ready again; the session is over."""
        self._acknowledged("reset")
        self._session, self._seq = NO_SESSION, 0
        self._inbox.expect_seq(None)
        self.wait_ready(timeout)


def _window_problem(record: Record | None, samples: list[Sample], wanted: int) -> str | None:
    if record is None:
        return f"the window is damaged: its end did not arrive, {len(samples)} of {wanted} samples did"
    count, crc = record.integer("n"), record.text("crc")
    if not count == len(samples) == wanted:
        return f"the window is damaged: {wanted} samples were asked for, {count} were sent, {len(samples)} arrived"
    if [sample.i for sample in samples] != list(range(wanted)) or crc != samples_crc(samples):
        return f"the window is damaged: its samples have CRC {samples_crc(samples)}, its end says {crc}"
    return None
