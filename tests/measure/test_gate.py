"""Comparing and gating: conditions first, then intervals, or exact differences where the clock repeats."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from n6gen.errors import ExitCode, InputError
from n6gen.measure.alike import GATE, differences
from n6gen.measure.compare import compare
from n6gen.measure.gate import FLOOR, gate
from n6gen.measure.method import QUICK
from n6gen.report.words import gate_lines
from tests.measure.clocked import ClockedBoard, run

Json = dict[str, Any]


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """Sessions on the stand-in: twice as it is, once a little slower, once much."""
    folder = tmp_path_factory.mktemp("clocked")
    speeds = {"a": (1, 1.0), "b": (2, 1.0), "a bit": (3, 1.02), "much": (4, 1.10)}
    return {
        name: json.loads(json.dumps(run(folder / name, ClockedBoard(seed=seed, slower=slower), QUICK).as_json()))
        for name, (seed, slower) in speeds.items()
    }


@pytest.fixture
def exact() -> Json:
    """A session on a deterministic clock."""
    costs = {"input": 100.0, "network": 10_000.0, "decode": 500.0, "present": 400.0, "total": 11_000.0}
    summary = {"n": 2, "p50": 0}
    return {
        "unit": "instructions",
        "emulated": True,
        "resolution_of_clock": 31.25,
        "method": {"name": "deterministic", "windows": 0},
        "stages": {name: summary | {"p50": cost} for name, cost in costs.items()},
        "frames": [{"name": name, "cost": dict(costs)} for name in ("one", "two")],
        "windows": [],
        "conditions": {
            "serial": "virtual-0",
            "build_id": "b" * 64,
            "network_id": "n" * 64,
            "images": {"app": "1", "fsbl": "2", "weights": "3"},
            "compiler": {"name": "cpu", "version": "1"},
            "tools": {"n6gen": "0.1", "gcc": "12"},
            "clock": {"tick_hz": 32_000_000},
            "flags": ["-O2"],
            "link": {"dropped": 0},
        },
    }


def changed(session: Json, **conditions: Any) -> Json:
    """A copy with other conditions; `a__b` is b within a."""
    other = copy.deepcopy(session)
    for path, value in conditions.items():
        *folders, name = path.split("__")
        place = other["conditions"]
        for folder in folders:
            place = place[folder]
        place[name] = value
    return other


def costing(session: Json, frame: int, stage: str, cost: float) -> Json:
    other = copy.deepcopy(session)
    other["frames"][frame]["cost"][stage] = cost
    return other


# Conditions


def test_a_session_is_like_itself(exact: Json, clocked: dict[str, Json]) -> None:
    """Nothing differs, whatever the method."""
    assert differences(exact, exact) == []
    assert differences(clocked["a"], clocked["b"]) == []


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("build_id", "x", "build_id"),
        ("clock__tick_hz", 1, "clock.tick_hz"),
        ("flags", ["-O3"], "flags"),
        ("tools__gcc", "13", "tools.gcc"),
        ("new", 1, "new"),
    ],
)
def test_what_differs_is_named_with_both_values(exact: Json, path: str, value: Any, key: str) -> None:
    """Also what only one side has; allowed by its name, or by that of what holds it."""
    other = changed(exact, **{path: value})
    (found,) = differences(exact, other)
    assert (found.key, found.b) == (key, value)
    assert differences(exact, other, [key]) == []
    assert differences(exact, other, [key.split(".")[0]]) == []


def test_which_board_and_how_the_link_fared_never_matters(exact: Json) -> None:
    """Serial, probe, temperature and link counts are no reason to refuse."""
    assert differences(exact, changed(exact, serial="virtual-1", temperature=41, link__dropped=3)) == []


def test_what_follows_from_an_allowed_condition_is_allowed(exact: Json) -> None:
    """Images follow from the build id, the weights from the network id."""
    other = changed(exact, build_id="x", images__app="9")
    assert [d.key for d in differences(exact, other)] == ["build_id", "images.app"]
    assert differences(exact, other, ["build_id"]) == []
    assert [d.key for d in differences(exact, changed(exact, images__weights="9"), ["build_id"])] == ["images.weights"]


def test_method_and_unit_are_conditions_too(exact: Json, clocked: dict[str, Json]) -> None:
    """A quick session is not compared with a full one, nor instructions with milliseconds."""
    keys = {d.key for d in differences(exact, clocked["a"])}
    assert {"unit", "emulated", "method.name"} <= keys


def test_a_word_that_is_no_condition_is_refused(exact: Json) -> None:
    """A typo in --allow is not silently nothing."""
    with pytest.raises(InputError, match="no condition is called 'biuld_id'"):
        differences(exact, exact, ["biuld_id"])


@pytest.mark.parametrize(
    "broken", [{}, {"conditions": {}}, {"error": {"message": "fault"}}, {"stages": [], "conditions": 1}]
)
def test_json_of_something_else_is_refused(exact: Json, broken: Json) -> None:
    """It says what is missing, or the error that the session ended in."""
    with pytest.raises(InputError, match="fault" if "error" in broken else "not the JSON"):
        differences(exact, broken)


def test_what_is_measured_may_differ_a_little(exact: Json) -> None:
    """The flash's bandwidth is the same within 5 %; what one side could not measure is a difference."""
    base = changed(exact, flash_bandwidth=100_000_000)
    assert differences(base, changed(exact, flash_bandwidth=104_000_000)) == []
    for other in (94_000_000, None):
        assert [d.key for d in differences(base, changed(exact, flash_bandwidth=other))] == ["flash_bandwidth"]


def test_caches_count_where_both_sides_tell_them(exact: Json) -> None:
    """Another set of them is a difference; a session of before, which knows nothing of them, is not refused for it."""
    on, off, old = (changed(exact, caches=caches) for caches in (["i", "d"], [], None))
    assert [d.key for d in differences(on, off)] == ["caches"]
    assert differences(on, old) == differences(old, off) == []


# Exact


def test_on_a_clock_that_repeats_the_difference_is_exact(exact: Json) -> None:
    """A tick is nothing; more is a difference, in whichever frame."""
    assert {c.change for c in compare(exact, costing(exact, 0, "network", 10_031.0))} == {"same"}
    changes = {c.stage: c for c in compare(exact, costing(exact, 1, "network", 11_000.0))}
    network = changes.pop("network")
    assert (network.change, network.ratio, network.interval) == ("slower", 1.05, None)
    assert {c.change for c in changes.values()} == {"same"}
    assert {c.stage: c.change for c in compare(exact, costing(exact, 1, "decode", 100.0))}["decode"] == "faster"


@pytest.mark.parametrize(
    ("limit", "verdict", "code"), [(0.03, "regression", 1), (0.05, "ok", 0), (0.0, "regression", 1)]
)
def test_an_exact_gate(exact: Json, limit: float, verdict: str, code: int) -> None:
    """Five per cent more is a regression unless five per cent are allowed."""
    slow = costing(costing(exact, 0, "network", 10_500.0), 1, "network", 10_500.0)
    judged = gate(slow, exact, limit)
    assert (judged.verdict, judged.exit_code) == (verdict, code)
    assert all("network: 10,500 instructions against 10,000, +5.00%" in reason for reason in judged.reasons)
    assert judged.limits == dict.fromkeys(exact["stages"], limit)
    assert gate(exact, exact, limit).verdict == "ok"
    assert gate(exact, slow, limit).verdict == "ok"


def test_a_gate_can_judge_one_stage(exact: Json) -> None:
    """The others may cost what they like; a stage that is not there is refused."""
    slow = costing(exact, 0, "decode", 900.0)
    assert gate(slow, exact, 0.0).verdict == "regression"
    assert gate(slow, exact, 0.0, stages=["network", "total"]).verdict == "ok"
    with pytest.raises(InputError, match="no stage 'decoed'"):
        gate(slow, exact, 0.0, stages=["decoed"])


def test_a_gate_lets_the_change_under_test_differ_and_nothing_else(exact: Json) -> None:
    """Build, network and n6gen may change; workload, clock, flags and compilers must not."""
    assert GATE == ("build_id", "network_id", "tools.n6gen", "firmware.app")
    ours = changed(
        exact,
        build_id="x",
        network_id="y",
        images__app="z",
        images__weights="w",
        compiler__version="2",
        tools__n6gen="0.2",
    )
    assert gate(ours, exact, 0.0).verdict == "ok"
    for path in ("flags", "clock__tick_hz", "tools__gcc"):
        judged = gate(changed(exact, **{path: "other"}), exact, 0.0)
        assert (judged.verdict, judged.exit_code) == ("not comparable", ExitCode.NOT_COMPARABLE)
        assert [d.key for d in judged.differing] == [path.replace("__", ".")]
        assert gate(changed(exact, **{path: "other"}), exact, 0.0, allow=[path.replace("__", ".")]).verdict == "ok"


# With intervals


def test_equal_boards_are_not_told_apart(clocked: dict[str, Json]) -> None:
    """The interval of the ratio holds 1."""
    for change in compare(clocked["a"], clocked["b"]):
        assert change.interval is not None
        assert change.interval[0] <= 1 <= change.interval[1]
        assert change.change == "not told apart"


def test_a_slower_network_is_told_apart(clocked: dict[str, Json]) -> None:
    """Interval of the ratio around the truth, of the difference in ms, and only for what changed."""
    changes = {change.stage: change for change in compare(clocked["a"], clocked["much"])}
    network = changes["network"]
    assert network.change == "slower"
    assert network.interval is not None
    assert network.difference is not None
    assert 1.09 < network.interval[0] < 1.10 < network.interval[1] < 1.11
    assert network.difference[0] < 0.1 * 21.25 < network.difference[1]
    assert changes["decode"].change == "not told apart"
    assert {c.stage: c.change for c in compare(clocked["much"], clocked["a"])}["network"] == "faster"


@pytest.mark.parametrize(
    ("name", "limit", "verdict"),
    [
        ("b", 0.03, "ok"),
        ("a bit", 0.03, "ok"),
        ("a bit", 0.02, "undecided"),
        ("a bit", 0.01, "regression"),
        ("much", 0.03, "regression"),
    ],
)
def test_a_gate_decides_by_the_interval(clocked: dict[str, Json], name: str, limit: float, verdict: str) -> None:
    """Beyond the limit with all of the interval is a regression; a limit within it is undecided, and said to be."""
    judged = gate(clocked[name], clocked["a"], limit, stages=["network"])
    assert judged.verdict == verdict
    assert judged.exit_code == (1 if verdict == "regression" else 0)
    assert len(judged.reasons) == (verdict != "ok")
    assert all("with 95% confidence between" in reason for reason in judged.reasons)


@pytest.mark.parametrize(("factor", "verdict"), [(1.005, "ok"), (1.02, "regression")])
def test_on_a_real_clock_no_limit_is_below_one_per_cent(clocked: dict[str, Json], factor: float, verdict: str) -> None:
    """0.5 % more, proven by the interval, is no regression: sessions may differ by as much for their own reasons."""
    slow = copy.deepcopy(clocked["a"])
    for window in slow["windows"]:
        window["samples"]["network"] = [factor * value for value in window["samples"]["network"]]
    slow["stages"]["network"]["p50"] *= factor
    (change,) = [change for change in compare(clocked["a"], slow) if change.stage == "network"]
    assert change.change == "slower"
    judged = gate(slow, clocked["a"], 0.001, stages=["network"])
    assert (judged.verdict, judged.limits, judged.max_regression) == (verdict, {"network": FLOOR}, 0.001)
    said = "(a clock that does not repeat is judged from +1.00% on; +0.10% was asked for)"
    assert [said in reason for reason in judged.reasons] == [True] * (verdict == "regression")
    assert "1.00% above the baseline" in gate_lines({"gate": judged.as_json()})[0]


def test_what_a_tick_may_make_of_it_is_no_difference(clocked: dict[str, Json]) -> None:
    """Six ticks against five, each time: on so coarse a clock that may be nothing, and the gate says so."""
    coarse, slow = copy.deepcopy(clocked["a"]), copy.deepcopy(clocked["a"])
    for session, ticks in ((coarse, 5), (slow, 6)):
        session["resolution_of_clock"] = 0.25
        session["stages"]["decode"]["p50"] = ticks * 0.25
        for window in session["windows"]:
            window["samples"]["decode"] = [ticks * 0.25] * len(window["samples"]["decode"])
    (change,) = [change for change in compare(coarse, slow) if change.stage == "decode"]
    assert (change.ratio, change.change) == (1.2, "not told apart")
    assert change.interval == pytest.approx((5 / 6, 7 / 4))
    assert gate(slow, coarse, 0.1, stages=["decode"]).verdict == "undecided"


def test_too_few_samples_for_an_interval_are_said_to_be(clocked: dict[str, Json]) -> None:
    """Neither a pass nor a regression."""
    few = copy.deepcopy(clocked["b"])
    for window in few["windows"]:
        window["samples"] = {name: samples[:1] for name, samples in window["samples"].items()}
    with pytest.raises(InputError, match="too few samples"):
        gate(few, clocked["a"], 0.03)
