"""The client against a board that behaves, and against one that does not: everything that goes wrong has a name."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.errors import BoardError
from n6gen.link import Client, Fault, NoAnswer, Refused, Restarted, TooSlow, WindowDamaged, conversation
from n6gen.link.protocol import Record, encode
from tests.link.fake_board import BUILD, MASK, NETWORK, Damage, FakeBoard


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the silence of a board that is silent on purpose."""
    monkeypatch.setattr(conversation, "ANSWER_S", 0.3)
    monkeypatch.setattr(conversation, "QUIET_S", 0.05)


def connected(board: FakeBoard, **options: Any) -> Client:
    client = Client(board.port, **options)
    client.hello()
    return client


def once(type_: str, change: Callable[[bytes], bytes]) -> Damage:
    """Damage the first record of a type only."""
    left = [True]

    def damage(found: str, line: bytes) -> bytes:
        if found == type_ and left:
            left.clear()
            return change(line)
        return line

    return damage


def always(type_: str, change: Callable[[bytes], bytes]) -> Damage:
    return lambda found, line: change(line) if found == type_ else line


def lose(line: bytes) -> bytes:
    return b""


def flip(line: bytes) -> bytes:
    at = len(line) // 2
    return line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]


def test_a_whole_session() -> None:
    """Boot, hello, run, mask, reset; the raw log has every byte, and nothing was dropped."""
    raw = io.BytesIO()
    with FakeBoard() as board:
        client = Client(board.port, raw=raw)
        board.boot()
        client.wait_ready(5)
        hello = client.hello(network=NETWORK, build=BUILD)
        assert (hello.board, hello.input_shape, hello.mask_shape, hello.classes) == ("virtual", (64, 64), (64, 64), 2)
        samples = client.run(3, 2, timeout=5)
        assert [(s.i, s.frame, s.network) for s in samples] == [(i, 1 + i // 2, 20 + i) for i in range(6)]
        assert client.mask() == MASK
        client.reset()
        assert client.hello().nonce != hello.nonce
    assert (client.counts.dropped, client.counts.lost, client.counts.foreign) == (0, 0, 0)
    assert "some text of a driver" in client.log
    assert raw.getvalue().startswith(b"@N6 00000000 0 boot stage=loader")


def test_an_echoing_link_does_no_harm() -> None:
    """Our own commands come back, and are not taken for answers."""
    with FakeBoard(echo=True) as board:
        client = connected(board)
        assert len(client.run(1, 2, timeout=5)) == 2
        assert client.mask() == MASK
    assert client.counts.lost == 0


def test_commands_carry_session_and_seq() -> None:
    """The nonce is the session; seq counts from 0 again."""
    with FakeBoard() as board:
        client = connected(board, nonces=lambda: "1badb002")
        client.run(1, timeout=5)
        client.mask()
    sent = [(command.session, command.seq, command.type) for command in board.commands]
    assert sent == [("00000000", 0, "hello"), ("1badb002", 0, "run"), ("1badb002", 1, "mask")]


class TestHello:
    """Finding out who is there."""

    def test_lost_hello_is_sent_again_with_another_nonce(self) -> None:
        with FakeBoard(damage=once("hello", flip)) as board:
            client = Client(board.port)
            hello = client.hello(timeout=0.3)
        assert [c.fields["nonce"] for c in board.commands][-1] == hello.nonce
        assert len({c.fields["nonce"] for c in board.commands}) == 2
        assert client.counts.dropped == 1

    def test_an_answer_to_an_older_hello_does_not_count(self) -> None:
        nonces = itertools.cycle(["22222222", "33333333"])
        with FakeBoard(silent=("hello",)) as board:
            client = Client(board.port, nonces=lambda: next(nonces))
            board.say("hello", **(board.hello | {"nonce": "11111111"}))
            with pytest.raises(NoAnswer, match=r"no hello: .* 2 times"):
                client.hello(attempts=2, timeout=0.15)

    def test_silence(self) -> None:
        with FakeBoard(silent=("hello",)) as board, pytest.raises(NoAnswer, match="no hello"):
            Client(board.port).hello(attempts=2, timeout=0.1)

    def test_silence_says_where_the_board_is(self) -> None:
        with FakeBoard(silent=("hello",)) as board, pytest.raises(NoAnswer, match=r"\(pc=28000400\)$"):
            Client(board.port, where=lambda: "pc=28000400").hello(attempts=1, timeout=0.1)

    @pytest.mark.parametrize(
        ("hello", "says"),
        [
            ({"protocol": 2}, "speaks protocol 2, this n6gen speaks 1"),
            ({"network": "c" * 64}, "runs network cccccccccccc…, not aaaaaaaaaaaa…"),
            ({"build": "c" * 64}, "runs build cccccccccccc…, not bbbbbbbbbbbb…"),
            ({"tick_hz": "fast"}, "hello record cannot be used: integer: hello tick_hz="),
            ({"caches": "i,,d"}, "hello record cannot be used: caches: hello caches="),
        ],
    )
    def test_another_board_than_expected(self, hello: dict[str, object], says: str) -> None:
        with FakeBoard(**hello) as board, pytest.raises(BoardError, match=says):
            Client(board.port).hello(network=NETWORK, build=BUILD)

    @pytest.mark.parametrize(
        ("hello", "caches"),
        [({}, None), ({"caches": "none"}, ()), ({"caches": "i,d,npu"}, ("i", "d", "npu")), ({"caches": "l2"}, ("l2",))],
    )
    def test_caches_as_far_as_it_tells_them(self, hello: dict[str, object], caches: tuple[str, ...] | None) -> None:
        """Boards of before do not; later ones may have others."""
        with FakeBoard(**hello) as board:
            assert Client(board.port).hello().caches == caches

    def test_protocol_refused_by_the_board(self) -> None:
        class Old(FakeBoard):
            def answer(self, command: Record) -> None:
                self.say("error", cmd="hello", ref=command.seq, reason="protocol", **self.hello)

        with Old() as board:
            board.hello = {"protocol": 7}
            with pytest.raises(BoardError, match="the board speaks protocol 7, this n6gen speaks 1"):
                Client(board.port).hello()
            board.hello = {}
            with pytest.raises(BoardError, match="the board speaks another protocol, this n6gen speaks 1"):
                Client(board.port).hello()


class TestBoot:
    """A board that was just switched on."""

    def test_never_ready(self) -> None:
        with FakeBoard() as board:
            board.say("boot", stage="loader", status="ok")
            with pytest.raises(NoAnswer, match="no boot: the board did not get ready within"):
                Client(board.port).wait_ready(0.2)

    def test_refused(self) -> None:
        with FakeBoard() as board:
            board.say("boot", stage="loader", status="refused", check="weights-crc", expected="1234", found="5678")
            with pytest.raises(
                Refused, match="loader refused to start: weights-crc: expected 1234, found 5678"
            ) as caught:
                Client(board.port).wait_ready(5)
        assert (caught.value.stage, caught.value.check) == ("loader", "weights-crc")

    def test_fault(self) -> None:
        with FakeBoard() as board:
            board.say("fault", kind="bus", pc="01000400", lr="01000401", bfar="e0000000")
            with pytest.raises(Fault, match="faulted: bus: pc=01000400 lr=01000401 bfar=e0000000") as caught:
                Client(board.port).wait_ready(5)
        assert (caught.value.kind, caught.value.registers["pc"]) == ("bus", "01000400")

    def test_link_closes(self) -> None:
        with FakeBoard() as board:
            board.die()
            with pytest.raises(BoardError, match="the link closed"):
                Client(board.port).wait_ready(5)


class TestRun:
    """Windows: whole or not used."""

    @pytest.mark.parametrize("damage", [lose, flip])
    def test_a_sample_that_did_not_arrive(self, damage: Callable[[bytes], bytes]) -> None:
        with FakeBoard(damage=once("sample", damage)) as board:
            client = connected(board)
            with pytest.raises(WindowDamaged, match="4 samples were asked for, 4 were sent, 3 arrived"):
                client.run(2, 2, timeout=5)
            assert client.counts.lost == 1
            assert len(client.run(2, 2, timeout=5)) == 4

    @pytest.mark.parametrize("damage", [lose, flip])
    def test_an_end_that_did_not_arrive(self, damage: Callable[[bytes], bytes]) -> None:
        with FakeBoard(damage=once("window", damage)) as board:
            client = connected(board)
            with pytest.raises(WindowDamaged, match="its end did not arrive, 2 of 2 samples did"):
                client.run(1, 2, timeout=5)
            assert len(client.run(2, 2, timeout=5)) == 4

    def test_a_wrong_number_in_a_sound_line(self) -> None:
        """The window's CRC is over the numbers, not over the lines."""

        class Lying(FakeBoard):
            def say(self, type_: str, **fields: object) -> None:
                super().say(type_, **(fields | {"network": 999} if fields.get("i") == 1 else fields))

        with Lying() as board:
            client = connected(board)
            with pytest.raises(WindowDamaged, match="its samples have CRC"):
                client.run(1, 2, timeout=5)

    def test_fewer_samples_than_asked_for(self) -> None:
        class Lazy(FakeBoard):
            def samples(self, frames: int, repeat: int) -> None:
                super().samples(1, 1)

        with Lazy() as board:
            client = connected(board)
            with pytest.raises(WindowDamaged, match="4 samples were asked for, 1 were sent, 1 arrived"):
                client.run(2, 2, timeout=5)

    def test_no_answer(self) -> None:
        with FakeBoard(silent=("run",)) as board:
            client = connected(board)
            with pytest.raises(NoAnswer, match=r"hang: no answer to run within 0\.3 s"):
                client.run(1, timeout=5)

    def test_hang(self) -> None:
        class Hanging(FakeBoard):
            def samples(self, frames: int, repeat: int) -> None:
                pass

        with Hanging() as board:
            client = connected(board, where=lambda: "pc=01000500")
            with pytest.raises(NoAnswer, match=r"hang: the board did not finish within 0\.2 s \(pc=01000500\)"):
                client.run(1, timeout=0.2)

    @pytest.mark.parametrize(
        ("say", "error", "says"),
        [
            ({"type_": "fault", "kind": "usage", "pc": "01000400"}, Fault, "usage: pc=01000400"),
            (
                {"type_": "boot", "stage": "loader", "status": "ok"},
                Restarted,
                "restarted by itself: its loader says ok",
            ),
            ({"type_": "error", "cmd": "run", "ref": 0, "reason": "no camera"}, BoardError, "refused run: no camera"),
        ],
    )
    def test_trouble_in_the_midst(self, say: dict[str, Any], error: type[BoardError], says: str) -> None:
        class Troubled(FakeBoard):
            def samples(self, frames: int, repeat: int) -> None:
                self.say(**say)

        with Troubled() as board:
            client = connected(board)
            with pytest.raises(error, match=says):
                client.run(1, timeout=5)

    def test_refused_by_the_board(self) -> None:
        class Refusing(FakeBoard):
            def answer(self, command: Record) -> None:
                if command.type == "run":
                    self.say("error", cmd="run", ref=command.seq, reason="frames = 0 is not allowed")
                else:
                    super().answer(command)

        with Refusing() as board:
            client = connected(board)
            with pytest.raises(BoardError, match="the board refused run: frames = 0 is not allowed"):
                client.run(0, timeout=5)

    def test_records_of_another_session_are_ignored(self) -> None:
        class Confused(FakeBoard):
            def samples(self, frames: int, repeat: int) -> None:
                self.raw(encode("0000beef", 9, "window", {"n": 0, "crc": "00000000"}))
                super().samples(frames, repeat)

        with Confused() as board:
            client = connected(board)
            assert len(client.run(1, 2, timeout=5)) == 2
            assert client.counts.foreign == 1


class TestMask:
    """Transfers: whole or again."""

    @pytest.mark.parametrize("what", ["bulk", "chunks"])
    @pytest.mark.parametrize("damage", [flip, lambda data: data[:-9], lambda data: data[:50] + data[51:]])
    def test_asked_for_again(self, what: str, damage: Callable[[bytes], bytes]) -> None:
        with FakeBoard(damage=once(what, damage)) as board:
            client = connected(board)
            assert client.mask(timeout=0.5) == MASK
            assert [c.type for c in board.commands].count("mask") == 2
            assert len(client.run(1, 2, timeout=5)) == 2

    def test_never_whole(self) -> None:
        with FakeBoard(damage=always("chunks", flip)) as board:
            client = connected(board)
            with pytest.raises(NoAnswer, match="no mask: 2 transfers failed, the last one: bulk-crc"):
                client.mask(attempts=2)

    def test_silence(self) -> None:
        with FakeBoard(silent=("mask",)) as board:
            client = connected(board)
            with pytest.raises(NoAnswer, match="the last one: nothing came"):
                client.mask(attempts=2, timeout=0.1)

    def test_nothing_to_show(self) -> None:
        class Empty(FakeBoard):
            def mask(self) -> None:
                self.say("error", cmd="mask", ref=self.commands[-1].seq, reason="nothing was decoded yet")

        with Empty() as board:
            client = connected(board)
            with pytest.raises(BoardError, match="the board refused mask: nothing was decoded yet"):
                client.mask()


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_noise_never_yields_a_wrong_number(data: st.DataObject) -> None:
    """Whatever one byte of a session's answers is turned into: the right samples, or an error with a name."""
    at = data.draw(st.integers(0, 600))
    mask = data.draw(st.integers(1, 255))
    count = [0]

    def damage(type_: str, line: bytes) -> bytes:
        start, count[0] = count[0], count[0] + len(line)
        if start <= at < count[0]:
            line = line[: at - start] + bytes([line[at - start] ^ mask]) + line[at - start + 1 :]
        return line

    with FakeBoard(damage=damage) as board:
        client = Client(board.port)
        try:
            client.hello(timeout=0.2)
            samples = client.run(1, 2, timeout=1)
        except BoardError:
            return
    assert [(s.network, s.loop) for s in samples] == [(20, 105), (21, 106)]


def test_a_slow_board_is_waited_for() -> None:
    """Hellos that pile up while a board boots are answered one by one; the last one counts."""

    class Slow(FakeBoard):
        def answer(self, command: Record) -> None:
            if command.type == "hello" and len(self.commands) == 1:
                time.sleep(0.5)
            super().answer(command)

    with Slow() as board:
        client = Client(board.port)
        client.hello(attempts=10, timeout=0.2)
        assert len(client.run(1, 2, timeout=5)) == 2


class Working(FakeBoard):
    """Works on a window for `beats` tenths of a second with a sign of life in each, then ends it, or is silent."""

    beats, ends = 5, True

    def samples(self, frames: int, repeat: int) -> None:
        for n in range(self.beats):
            time.sleep(0.1)
            self.say("beat", n=n, up=f"{n:016x}")
        if self.ends:
            super().samples(frames, repeat)


class TestSignsOfLife:
    """A board that is slow is not dead."""

    def test_a_slow_board_that_gives_signs_is_waited_for(self) -> None:
        """Longer than it may be silent."""
        with Working() as board:
            client = connected(board)
            assert len(client.run(1, 2, timeout=5, silence=0.3)) == 2
        assert (client.counts.lost, client.counts.foreign) == (0, 0)

    def test_a_board_that_gives_none_is_dead_at_once(self) -> None:
        """Whatever time the whole may take."""
        with Working() as board:
            board.beats, board.ends = 2, False
            client = connected(board, where=lambda: "pc=01000500")
            started = time.monotonic()
            with pytest.raises(NoAnswer, match=r"hang: .* no sign of life within 0\.\d+ s \(pc=01000500\)$"):
                client.run(1, timeout=60, silence=0.3)
            assert time.monotonic() - started < 10

    def test_a_board_that_only_gives_signs_is_too_slow(self) -> None:
        """That is said, and is not called a hang."""
        with Working() as board:
            board.beats = 20
            client = connected(board)
            with pytest.raises(TooSlow, match=r"slow: the board works, .* but did not finish within 0\.5 s"):
                client.run(1, timeout=0.5, silence=0.3)

    def test_signs_from_another_session_do_not_count(self) -> None:
        """Old bytes that come again do not make a dead board live."""

        class Haunted(FakeBoard):
            def samples(self, frames: int, repeat: int) -> None:
                for n in range(20):
                    time.sleep(0.05)
                    self.raw(encode("0000beef", n, "beat", {"n": n, "up": f"{n:016x}"}))

        with Haunted() as board:
            client = connected(board)
            with pytest.raises(NoAnswer, match="no sign of life"):
                client.run(1, timeout=60, silence=0.3)
        assert client.counts.foreign > 0


class TestWarmAndSelftest:
    """Commands that are answered by one record."""

    def test_warm(self) -> None:
        with FakeBoard() as board:
            connected(board).warm(1, 10, timeout=5)
        assert dict(board.commands[-1].fields) == {"frames": "1", "repeat": "10"}

    def test_selftest(self) -> None:
        with FakeBoard() as board:
            client = connected(board)
            found = client.selftest()
        assert (found.flash_size, found.flash_ticks, found.problem) == (1 << 20, 320_000, None)
        assert client.clocks.ratio == 1.0

    @pytest.mark.parametrize(
        ("tested", "says"),
        [({"crc": "00000000"}, "its flash does not read back"), ({"ram_wrong": 3}, "3 words of its RAM do not keep")],
    )
    def test_what_is_wrong_has_words(self, tested: dict[str, object], says: str) -> None:
        with FakeBoard() as board:
            board.tested |= tested
            problem = connected(board).selftest().problem
        assert problem is not None
        assert says in problem

    @pytest.mark.parametrize("value", ["", "1", "00000000000000g0", "0" * 17])
    def test_bad_ticks(self, value: str) -> None:
        with FakeBoard() as board:
            board.tested |= {"flash_ticks": value}
            with pytest.raises(BoardError, match="tested record cannot be used: ticks"):
                connected(board).selftest()
