"""`measure --profile`: what each layer costs, adding up to the stage; on the emulated board and in reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.compiler.network import LayerInfo
from n6gen.errors import BoardError, InputError
from n6gen.link.profile import LayerTicks, layers_crc
from n6gen.link.protocol import Record
from n6gen.measure import profile as profile_module
from n6gen.measure.facts import Unit
from n6gen.measure.method import QUICK
from n6gen.measure.profile import layers_of, profile_of
from n6gen.measure.replay import replay
from n6gen.report import profile as shown
from n6gen.report.markdown import markdown
from n6gen.report.page import page
from tests.link.test_client import always, lose, once
from tests.measure import clocked
from tests.measure.clocked import ClockedBoard
from tests.measure.test_clocked import checked
from tests.report.test_reports import EVIL, must_stand_alone
from tests.support.cli import n6gen
from tests.support.journey import build, flash, measure, pictures, tiny_model

INSTRUCTIONS, MS = Unit("instructions", 31.25), Unit("ms", 1000 / 32_000_000, 6)


def infos(count: int) -> tuple[LayerInfo, ...]:
    return tuple(LayerInfo(i, f"layer {i}", "conv", 1000 * i, 8, 8, 4) for i in range(count))


def ticks_of(values: list[int]) -> list[LayerTicks]:
    return [LayerTicks(i, ticks) for i, ticks in enumerate(values)]


@given(
    st.lists(st.integers(0, 5_000_000), min_size=1, max_size=90),
    st.floats(0, 3),
    st.sampled_from([INSTRUCTIONS, MS]),
)
def test_the_layers_add_up_to_the_stage(values: list[int], looking: float, unit: Unit) -> None:
    """Exactly, whatever looking took; no layer costs less than nothing, none is off by more than looking and a tick."""
    extra = min(sum(values), round(looking * len(values)))
    network = sum(values) - extra
    found = profile_of("f", infos(len(values)), ticks_of(values), network, unit, deterministic=True)
    assert found.total == found.network == unit.of(network)
    assert round(sum(layer.cost for layer in found.layers), 6) == found.total
    for layer, ticks in zip(found.layers, values, strict=True):
        assert layer.cost >= 0
        assert layer.cost <= unit.of(ticks + extra) + 1
    if not extra:
        assert all(abs(c.cost - t * unit.per_tick) <= 1 for c, t in zip(found.layers, values, strict=True))


def test_what_looking_took_is_taken_off_in_equal_parts() -> None:
    found = profile_of("f", infos(4), ticks_of([1002, 2002, 3002, 4002]), 10_000, Unit("ms", 1.0), deterministic=True)
    assert [layer.cost for layer in found.layers] == [1000, 2000, 3000, 4000]
    assert (found.watched, found.total) == (10_008, 10_000)


def test_a_real_clock_takes_nothing_off() -> None:
    """There the difference has noise in it: the layers are those of the one inference that was watched."""
    found = profile_of("f", infos(2), ticks_of([100, 300]), 500, Unit("ms", 1.0), deterministic=False)
    assert [layer.cost for layer in found.layers] == [100, 300]
    assert (found.network, found.watched, found.total) == (500, 400, 400)


def test_what_cannot_be_is_an_error() -> None:
    """Other layers than the network has; an emulated inference that is shorter for being watched."""
    with pytest.raises(BoardError, match="tells of 2 layers, its network has 3"):
        profile_of("f", infos(3), ticks_of([1, 2]), 3, INSTRUCTIONS, deterministic=True)
    with pytest.raises(BoardError, match="watched, the network took 10 ticks, unwatched 12"):
        profile_of("f", infos(1), ticks_of([10]), 12, INSTRUCTIONS, deterministic=True)
    assert profile_of("f", infos(1), ticks_of([10]), 11, INSTRUCTIONS, deterministic=True).total == 344


class LayeredBoard(ClockedBoard):
    """The stand-in with a made-up clock, with three layers."""

    def answer(self, command: Record) -> None:
        if command.type != "profile":
            super().answer(command)
            return
        layers = ticks_of([5000, 11_000, 6000])
        self.say("ok", cmd="profile", ref=command.seq)
        for layer in layers:
            self.say("layer", i=layer.i, ticks=layer.ticks, unit="npu" if layer.i == 1 else "cpu")
        sent = [LayerTicks(1, 11_000, "npu") if layer.i == 1 else layer for layer in layers]
        self.say("layers", n=3, total=22_000, crc=layers_crc(sent))


@pytest.fixture
def layered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions on the stand-in have three layers to profile."""
    plain = clocked.facts

    def with_layers(*words: Any) -> Any:
        import attrs

        return attrs.evolve(plain(*words), layers=infos(3))

    monkeypatch.setattr(clocked, "facts", with_layers)


@pytest.mark.usefixtures("layered")
def test_a_session_on_a_real_clock(tmp_path: Path) -> None:
    """It is in the JSON, and the same again from the raw bytes; a profile lost on the link is asked for once more."""
    session = clocked.run(tmp_path / "s", LayeredBoard(damage=once("layers", lose)), QUICK, 1)
    values = checked(session.as_json())
    assert [layer["cost"] for layer in values["profile"]["layers"]] == [5.0, 11.0, 6.0]
    assert [layer["unit"] for layer in values["profile"]["layers"]] == ["cpu", "npu", "cpu"]
    assert values["profile"]["total"] == values["profile"]["watched"] == 22.0
    assert values["repeated_windows"] == 1
    assert replay(tmp_path / "s").as_json() == session.as_json()
    assert "conv \\(npu\\)" in markdown(values)
    assert "unwatched, the network's stage" in " ".join(shown.lines(values))


@pytest.mark.usefixtures("layered")
def test_a_link_that_loses_every_profile_ends_the_session(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="the profile is damaged"):
        clocked.run(tmp_path / "s", LayeredBoard(damage=always("layers", lose)), QUICK, 1)


@pytest.mark.usefixtures("layered")
def test_names_of_layers_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    """A model calls its nodes what it likes."""
    values = clocked.run(tmp_path / "s", LayeredBoard(), QUICK, 1).as_json()
    for layer in values["profile"]["layers"]:
        layer["name"] = layer["kind"] = EVIL
    text = page(values, [], "")
    must_stand_alone(text)
    assert "&lt;script&gt;" in text
    assert "<h2>Layers</h2>" in text
    summary = markdown(values)
    assert "<script" not in summary
    assert "::error" not in summary
    assert "\x1b" not in str([column._cells for column in shown.table(values).columns])


def test_a_network_without_layers_is_refused_before_the_board_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Empty:
        npu, layers = None, ()

    monkeypatch.setattr(profile_module.Network, "load", lambda folder: Empty)
    with pytest.raises(InputError, match="no layers"):
        layers_of(tmp_path)


@pytest.mark.arm
@pytest.mark.qemu
def test_on_the_emulated_board(tmp_path: Path) -> None:
    """The sum is the network's stage to the instruction, which costs what it costs without --profile.

    Both sessions compare as the same, the report is the same again, and a gate does not look at layers.
    """
    frames = pictures(tmp_path / "frames", 1)
    assert build(tiny_model(tmp_path), tmp_path / "b").code == 0
    flash(tmp_path / "b")
    plain = measure(tmp_path / "b", frames)
    (tmp_path / "plain.json").write_text(plain.out)
    ran = measure(tmp_path / "b", frames, "--profile", "--baseline", tmp_path / "plain.json", "--html", tmp_path / "p")
    assert ran.code == 0, ran.err
    values = checked(ran.json)
    found, network = values["profile"], values["stages"]["network"]["p50"]
    assert sum(layer["cost"] for layer in found["layers"]) == found["total"] == network
    assert network == plain.json["stages"]["network"]["p50"]
    assert 0 < found["watched"] - network < 100 * len(found["layers"])
    described = json.loads((tmp_path / "b" / "network" / "network.json").read_text())["layers"]
    for layer, wanted in zip(found["layers"], described, strict=True):
        assert {key: layer[key] for key in ("index", "name", "kind", "macs")} == {
            key: wanted[key] for key in ("index", "name", "kind", "macs")
        }
    assert "<h2>Layers</h2>" in (tmp_path / "p").read_text("utf-8")
    assert n6gen("report", "--json").json == {key: value for key, value in values.items() if key != "gate"}
    shown_table = n6gen("report").out
    assert "Layers, in instructions (emulated)" in shown_table
    assert f"{network:,.0f} 100.0%" in " ".join(shown_table.split())
    assert values["gate"]["verdict"] == "ok"
    # Read from the emulated processor, which has none.
    assert values["conditions"]["caches"] == []
