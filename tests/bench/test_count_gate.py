"""The gate over the counts that are kept: what is red, what is told, what is not judged."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from bench import counts, gate
from bench.__main__ import main
from bench.counts import Counts, Row
from bench.measure import tools
from bench.subjects import gated, subjects

_TOOLS = {"gcc": "gcc 12", "qemu": "QEMU 7"}
_FIGURES = {
    "input": 50_000,
    "network": 1_000_000,
    "decode": 60_000,
    "present": 150_000,
    "decode_max": 70_000,
    "arena_bytes": 500_000,
    "weights_bytes": 900_000,
}
_ROW = Row("demo", 320, "mve", "a" * 64, "2026-11-24", 1, _FIGURES)
_KEPT = Counts(_TOOLS, (_ROW,))


def _with(**figures: int) -> Row:
    return attrs.evolve(_ROW, figures={**_FIGURES, **figures})


def test_equal_counts_pass() -> None:
    judgement = gate.judge(_KEPT, [_ROW])
    assert judgement == gate.Judgement((), (), ())
    assert gate.words(judgement) == "No count has risen by more than 1 %."


@pytest.mark.parametrize("figure", ["input", "network", "decode", "present", "arena_bytes", "weights_bytes"])
def test_a_rise_by_more_than_one_per_cent_fails(figure: str) -> None:
    """Every figure is judged; exactly 1 % still passes."""
    limit = _FIGURES[figure] * 101 // 100
    assert not gate.judge(_KEPT, [_with(**{figure: limit})]).rises
    judgement = gate.judge(_KEPT, [_with(**{figure: limit + 1})])
    (rise,) = judgement.rises
    assert rise.startswith(f"demo 320 mve: {figure} {_FIGURES[figure]:,} → {limit + 1:,} (+1.0")
    said = gate.words(judgement)
    assert "FAILED" in said
    assert "python -m bench --write" in said


def test_a_fall_is_told_and_passes() -> None:
    judgement = gate.judge(_KEPT, [_with(network=900_000)])
    assert not judgement.rises
    assert judgement.falls == ("demo 320 mve: network 1,000,000 → 900,000 (-10.00%)",)
    assert "python -m bench --write" in gate.words(judgement)


def test_a_build_without_a_kept_count_fails() -> None:
    (rise,) = gate.judge(Counts(_TOOLS, ()), [_ROW]).rises
    assert "no count is kept" in rise


def test_another_model_file_leaves_only_decode_out() -> None:
    """Decoding depends on the weights; nothing else does."""
    other = attrs.evolve(_with(decode=90_000, network=1_020_000), model_sha256="b" * 64)
    judgement = gate.judge(_KEPT, [other])
    assert [rise.partition(":")[2].split()[0] for rise in judgement.rises] == ["network"]
    assert "decode is not judged" in judgement.notes[0]


def test_another_gcc_is_not_comparable() -> None:
    assert gate.unlike(_KEPT, _TOOLS) is None
    reason = gate.unlike(_KEPT, {**_TOOLS, "gcc": "gcc 13"})
    assert reason == "not comparable: gcc is 'gcc 13' here, the counts were taken with 'gcc 12'"


@pytest.mark.arm
@pytest.mark.qemu
def test_the_command_says_that_it_judged_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With counts of another gcc: exit 0, no build, and the reason in words."""
    kept = tmp_path / "counts.json"
    counts.write(Counts({"gcc": "arm-none-eabi-gcc 1.0", "qemu": "QEMU"}, (_ROW,)), kept)
    read = counts.read
    monkeypatch.setattr(counts, "read", lambda: read(kept))
    assert main(["--check"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("SKIPPED, nothing was judged: not comparable: gcc is ")
    assert "arm-none-eabi-gcc 1.0" in said


def test_counts_come_back_as_they_were_written(tmp_path: Path) -> None:
    counts.write(_KEPT, tmp_path / "counts.json")
    assert counts.read(tmp_path / "counts.json") == _KEPT
    assert counts.read(tmp_path / "none.json").rows == ()


def test_rows_are_renewed_one_by_one_but_not_across_compilers() -> None:
    other = attrs.evolve(_ROW, resolution=256)
    renewed = Counts(_TOOLS, (_ROW, other)).renewed(_TOOLS, [_with(network=1)])
    assert [(row.resolution, row.figures["network"]) for row in renewed.rows] == [(256, 1_000_000), (320, 1)]
    assert _KEPT.renewed({**_TOOLS, "gcc": "gcc 13"}, [other]).rows == (other,)


def test_all_that_the_gate_builds_is_kept() -> None:
    """The committed file has a row for each."""
    kept = counts.read()
    assert all(kept.row((s.model, s.resolution, s.kernels)) for s in gated())


def test_st_networks_are_measured_only_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("N6GEN_SHARED", str(tmp_path))
    assert not list(subjects(["st-deeplabv3-person"], [320], ["mve"]))
    assert [s.words for s in subjects(["demo"], [320], ["c"])] == [("--model", "demo", "--res", "320")]


@pytest.mark.arm
@pytest.mark.qemu
def test_versions_are_those_of_the_programs() -> None:
    found = tools()
    assert "arm-none-eabi-gcc" in found["gcc"]
    assert found["qemu"].startswith("QEMU emulator version")
