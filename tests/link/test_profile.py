"""What layers took: accepted only if every record of it arrived as it was sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from n6gen.errors import BoardError
from n6gen.link import NoAnswer, WindowDamaged, conversation
from n6gen.link.profile import LayerTicks, layers_crc, profile
from n6gen.link.protocol import ProtocolError, Record
from tests.link.fake_board import FakeBoard
from tests.link.test_client import always, connected, flip, lose, once

_VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "protocol.json").read_text("utf-8"))["layers"]
LAYERS = [LayerTicks(0, 700), LayerTicks(1, 0), LayerTicks(2, 41_000, "npu"), LayerTicks(3, 12, "hybrid")]


class Profiled(FakeBoard):
    """A board that knows what its layers took; `end`: what it says of them in the end."""

    def __init__(self, end: dict[str, object] | None = None, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        total = sum(layer.ticks for layer in LAYERS)
        self.end = {"n": len(LAYERS), "total": total, "crc": layers_crc(LAYERS)} | (end or {})

    def answer(self, command: Record) -> None:
        if command.type != "profile":
            super().answer(command)
            return
        self.say("ok", cmd="profile", ref=command.seq)
        for layer in LAYERS:
            self.say("layer", i=layer.i, ticks=layer.ticks, **({} if layer.unit == "cpu" else {"unit": layer.unit}))
        self.say("layers", **self.end)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ANSWER_S", 0.3)
    monkeypatch.setattr(conversation, "QUIET_S", 0.05)


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: f"n={vector['n']}")
def test_the_crc_is_the_one_that_all_agree_on(vector: dict[str, object]) -> None:
    assert layers_crc(LayerTicks(*values) for values in vector["layers"]) == vector["crc"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("echo", [False, True])
def test_layers_come_in_order_with_who_ran_them(echo: bool) -> None:
    """Also over a link that sends our own commands back; nothing counts as lost or dropped."""
    with Profiled(echo=echo) as board:
        client = connected(board)
        assert profile(client, timeout=5) == LAYERS
        assert profile(client, timeout=5) == LAYERS
    assert (client.counts.dropped, client.counts.lost) == (0, 0)


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ({"n": 5}, "5 layers were sent, 4 arrived"),
        ({"crc": "00000000"}, "have CRC [0-9a-f]{8}, its end says 00000000"),
        ({"total": 41_713}, "took 41712 ticks, its end says 41713"),
    ],
)
def test_an_end_that_says_something_else(end: dict[str, object], says: str) -> None:
    with Profiled(end) as board, pytest.raises(WindowDamaged, match=f"the profile is damaged: .*{says}"):
        profile(connected(board), timeout=5)


@pytest.mark.parametrize("type_", ["layer", "layers"])
@pytest.mark.parametrize("change", [flip, lose])
def test_a_record_that_does_not_arrive_is_noticed(type_: str, change: object) -> None:
    """Nothing of it is used, and the next one is whole again."""
    with Profiled(damage=once(type_, change)) as board:  # type: ignore[arg-type]
        client = connected(board)
        with pytest.raises(WindowDamaged, match="the profile is damaged"):
            profile(client, timeout=5)
        assert profile(client, timeout=5) == LAYERS


def test_nothing_at_all_is_a_hang() -> None:
    with Profiled(damage=always("layer", lose), silent=("profile",)) as board, pytest.raises(NoAnswer, match="profile"):
        profile(connected(board), timeout=0.3)


def test_a_board_that_knows_no_layers_says_so() -> None:
    with FakeBoard() as board, pytest.raises(BoardError, match="the board refused profile"):
        profile(connected(board), timeout=5)


def test_somebody_else_ran_it() -> None:
    """A unit that nobody knows is no figure."""
    with pytest.raises(ProtocolError, match="unit"):
        LayerTicks.of(Record("1badb002", 3, "layer", {"i": "0", "ticks": "1", "unit": "dsp"}))
