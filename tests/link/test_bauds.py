"""The bit rate is found: a pseudo terminal knows which rate it was set to, and a board there hears no other."""

from __future__ import annotations

import os
import pty
import select
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from n6gen.link import Client, open_at_its_baud
from n6gen.link.bauds import BAUDS
from n6gen.link.protocol import Record, encode
from n6gen.link.stream import Decoder
from tests.link.fake_board import HELLO

_SPEEDS = {921600: termios.B921600, 460800: termios.B460800, 230400: termios.B230400, 115200: termios.B115200}


class SlowBoard:
    """Answers hellos on a pseudo terminal that is set to `baud`, and hears noise at any other rate."""

    def __init__(self, baud: int | None, answer: Callable[[Record], dict[str, object]]) -> None:
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.name = os.ttyname(self._theirs)
        self.heard: set[int] = set()
        self._baud, self._answer = baud, answer
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        decoder = Decoder()
        while self._stop not in (ready := select.select([self._ours, self._stop], [], [])[0]):
            data = os.read(ready[0], 4096)
            speed = termios.tcgetattr(self._ours)[5]
            self.heard.add(next(baud for baud, code in _SPEEDS.items() if code == speed))
            if self._baud is None or speed != _SPEEDS[self._baud]:
                os.write(self._ours, b"\xf0\x80\xfe\x00")
                continue
            for event in decoder.feed(data):
                if isinstance(event, Record) and event.type == "hello":
                    os.write(self._ours, encode(event.fields["nonce"], 0, **self._answer(event)))  # type: ignore[arg-type]

    def close(self) -> None:
        os.write(self._stopper, b"x")
        self._thread.join(10)
        for end in (self._ours, self._theirs, self._stop, self._stopper):
            os.close(end)


def welcome(hello: Record) -> dict[str, object]:
    return {"type_": "hello", "fields": HELLO | {"nonce": hello.fields["nonce"]}}


def refuse(hello: Record) -> dict[str, object]:
    fields = {"cmd": "hello", "ref": hello.seq, "reason": "protocol", "protocol": 2}
    return {"type_": "error", "fields": fields}


@pytest.fixture
def start() -> Iterator[Callable[..., SlowBoard]]:
    boards: list[SlowBoard] = []

    def make(baud: int | None, answer: Callable[[Record], dict[str, object]] = welcome) -> SlowBoard:
        boards.append(SlowBoard(baud, answer))
        return boards[-1]

    yield make
    for board in boards:
        board.close()


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("answer", [welcome, refuse])
def test_the_rate_at_which_a_board_answers_is_found(
    start: Callable[..., SlowBoard], baud: int, answer: Callable[[Record], dict[str, object]]
) -> None:
    """No rate below it is tried; a refusal is an answer, too."""
    board = start(baud, answer)
    port, found = open_at_its_baud(board.name)
    with closing(port):
        assert found == baud
        assert board.heard == {rate for rate in BAUDS if rate >= baud}
        if answer is welcome:
            assert Client(port).hello().board == "virtual"


def test_a_board_that_does_not_answer_is_waited_for_at_the_usual_rate(start: Callable[..., SlowBoard]) -> None:
    """After all rates were tried: it may still be starting."""
    board = start(None)
    port, found = open_at_its_baud(board.name)
    with closing(port):
        assert found == BAUDS[0]
        assert board.heard == set(BAUDS)


def test_a_socket_has_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened once, and nothing is said."""
    opened = []
    monkeypatch.setattr("n6gen.link.bauds.open_port", lambda where, baud: opened.append((where, baud)))
    open_at_its_baud("socket://here:1")
    assert opened == [("socket://here:1", 921600)]
