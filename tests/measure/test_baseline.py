"""Judging by the last few runs: what chance does among them is no regression, and the exit codes say it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from n6gen.errors import InputError
from n6gen.measure.baseline import LAST, Baseline, choose, load_baseline
from n6gen.measure.gate import gate
from n6gen.measure.method import QUICK
from tests.measure.clocked import ClockedBoard, run
from tests.measure.test_clocked import checked
from tests.support.cli import n6gen

Json = dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sessions: `base`, and ones whose network is slower by 2 and by 10 %."""
    folder = tmp_path_factory.mktemp("kept")
    for name, slower in (("base", 1.0), ("a bit", 1.02), ("much", 1.10)):
        run(folder / name, ClockedBoard(seed=1, slower=slower), QUICK)
    return folder


@pytest.fixture
def base(kept: Path) -> Json:
    return load(kept / "base")


def load(folder: Path) -> Json:
    found: Json = json.loads((folder / "session.json").read_text("utf-8"))
    return found


def again(session: Json, day: int, factor: float = 1.0, **conditions: Any) -> Json:
    """The session of another day, all of its network `factor` times as long."""
    other = copy.deepcopy(session)
    other["started"] = f"2026-01-{day:02d}T00:00:00+00:00"
    other["conditions"] |= conditions
    for window in other["windows"]:
        for name in ("network", "total"):
            window["samples"][name] = [round(value * factor, 6) for value in window["samples"][name]]
    for name in ("network", "total"):
        other["stages"][name]["p50"] = round(other["stages"][name]["p50"] * factor, 6)
    return other


FACTORS = (1.0, 1.01, 0.99, 1.02, 0.98)


def runs(session: Json) -> list[Json]:
    """Five days that differ by per cents: the median distance from the median is 1 %."""
    return [again(session, day, factor) for day, factor in enumerate(FACTORS, start=1)]


def test_what_chance_does_is_no_regression(kept: Path, base: Json) -> None:
    """2 % more is a regression against one run, and within 3 times the spread of five that differ by as much."""
    new = load(kept / "a bit")
    assert gate(new, base, 0.01, stages=["network"]).verdict == "regression"
    judged = gate(new, choose(runs(base), new, ()), 0.01, stages=["network"])
    assert (judged.verdict, judged.runs) == ("ok", 5)
    assert judged.spread["network"] == pytest.approx(0.03, rel=0.01)
    worse = gate(load(kept / "much"), choose(runs(base), new, ()), 0.01, stages=["network"])
    assert worse.verdict == "regression"
    assert worse.limits["network"] == worse.spread["network"]
    assert "(3 times the spread of 5 baseline runs, more than the +1.00% asked for)" in worse.reasons[0]


def test_runs_that_agree_change_nothing(kept: Path, base: Json) -> None:
    """No spread, no slack: the limit is the one that was asked for."""
    same = [again(base, day) for day in range(1, 6)]
    judged = gate(load(kept / "a bit"), choose(same, base, ()), 0.01, stages=["network"])
    assert (judged.verdict, judged.spread) == ("regression", {"network": 0.0})


def test_two_runs_have_no_spread(base: Json) -> None:
    """Nor has a clock that repeats."""
    assert choose(runs(base)[:2], base, ()).spread("network") is None
    steady = [{**one, "method": {**one["method"], "name": "deterministic"}} for one in runs(base)]
    assert Baseline(steady[0], steady).spread("network") is None


def test_the_base_is_the_median_of_the_last_like_ones(base: Json) -> None:
    """Older ones, and those of other builds or under other conditions, do not count."""
    many = [again(base, day, 1.0 + day / 100) for day in range(1, 16)]
    found = choose(many, base, ())
    assert len(found.runs) == LAST
    assert found.base["started"].startswith("2026-01-10")
    mixed = [*runs(base), again(base, 6, build_id="9" * 64), again(base, 7, 0.5, flags=["-O3"])]
    found = choose(mixed, base, ())
    assert [run["conditions"]["build_id"] for run in found.runs] == ["9" * 64]
    allow = ["flags"]
    assert gate(base, choose(mixed, base, allow), 0.01, allow=allow).verdict == "regression"


def test_none_that_is_alike_is_not_comparable(base: Json) -> None:
    """Exit code 6, with what differs from the newest."""
    others = [again(base, day, flags=[f"-O{day}"]) for day in (0, 3)]
    judged = gate(base, choose(others, base, ()), 0.01)
    assert (judged.verdict, judged.exit_code, judged.runs) == ("not comparable", 6, 0)
    assert judged.reasons[0].startswith("flags: ")


def test_folders_and_files(kept: Path, base: Json, tmp_path: Path) -> None:
    """A folder of sessions or of JSON files; one that ended in an error is passed over, an empty folder refused."""
    assert len(load_baseline([kept])) == 3
    assert [one["id"] for one in load_baseline([kept / "base"])] == [base["id"]]
    for day, one in enumerate(reversed(runs(base))):
        (tmp_path / f"{day}.json").write_text(json.dumps(one))
    (tmp_path / "z.json").write_text(json.dumps({"schema": 1, "error": {"message": "the board faulted"}}))
    found = load_baseline([tmp_path])
    assert [one["started"][:10] for one in found] == [f"2026-01-0{day}" for day in range(1, 6)]
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no finished session in"):
        load_baseline([tmp_path / "none"])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InputError, match=r"broken\.json"):
        load_baseline([tmp_path])


@pytest.mark.parametrize(
    ("name", "limit", "code"), [("a bit", "1%", 0), ("much", "1%", 1), ("much", "20%", 0), ("flags", "1%", 6)]
)
def test_exit_codes_of_a_real_clocks_gate(
    kept: Path, base: Json, tmp_path: Path, name: str, limit: str, code: int
) -> None:
    """0, 1 and 6 at the command's edge, with a folder as the baseline; the JSON holds to its schema."""
    for day, one in enumerate(runs(base)):
        one["conditions"] |= {"flags": ["-O3"]} if name == "flags" else {}
        (tmp_path / f"{day}.json").write_text(json.dumps(one))
    session = kept / ("base" if name == "flags" else name)
    ran = n6gen("report", session, "--baseline", tmp_path, "--max-regression", limit, "--stage", "network", "--json")
    assert ran.code == code, ran.err
    assert checked(ran.json)["gate"]["runs"] == (0 if code == 6 else 5)


def test_several_files_at_the_commands_edge(kept: Path) -> None:
    """--baseline may be given again and again: both count."""
    each = ("--baseline", kept / "base", "--baseline", kept / "much" / "session.json")
    ran = n6gen("report", kept / "a bit", *each, "--stage", "network", "--json")
    assert ran.json["gate"]["runs"] == 2
