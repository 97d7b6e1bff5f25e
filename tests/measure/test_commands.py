"""`n6gen report` and `n6gen compare` as a user runs them, on kept sessions of the stand-in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from n6gen.measure.method import QUICK
from n6gen.measure.sessions import sessions_dir
from tests.measure.clocked import ClockedBoard, run
from tests.support.cli import n6gen


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions: `base`, and `slow` with a network that is 10 % slower."""
    folder = tmp_path_factory.mktemp("kept")
    run(folder / "base", ClockedBoard(seed=1), QUICK)
    run(folder / "slow", ClockedBoard(seed=2, slower=1.1), QUICK)
    return folder


def altered(session: Path, to: Path, **conditions: Any) -> Path:
    """A copy of a session's JSON with other conditions."""
    values = json.loads((session / "session.json").read_text("utf-8"))
    values["conditions"] |= conditions
    to.write_text(json.dumps(values))
    return to


def test_report_makes_everything_again_from_the_bytes(kept: Path, tmp_path: Path) -> None:
    """All kinds of report in one call; the JSON is the one that was stored when it was measured."""
    files = {kind: tmp_path / f"r.{kind}" for kind in ("html", "junit", "markdown", "card")}
    options = [word for kind, file in files.items() for word in (f"--{kind}", file)]
    ran = n6gen("report", kept / "base", "--json", tmp_path / "r.json", *options)
    assert ran.code == 0, ran.err
    assert "every pixel equals the integer reference" in ran.out
    assert all(file.stat().st_size > 500 for file in files.values())
    assert (tmp_path / "r.json").read_bytes() == (kept / "base" / "session.json").read_bytes()


def test_report_without_a_name_takes_the_newest(kept: Path) -> None:
    """And an id is enough for any other."""
    ran = n6gen("report")
    assert ran.code == 5
    assert "no session yet" in ran.err
    for name, at in (("base", "20260101-000000-x-0000"), ("slow", "20260101-000001-x-0000")):
        shutil.copytree(kept / name, sessions_dir() / at)
    newest = n6gen("report", "--json").json
    assert newest["stages"] == json.loads((kept / "slow" / "session.json").read_text("utf-8"))["stages"]
    other = n6gen("report", "20260101-000000-x-0000", "--json").json
    assert other["stages"] == json.loads((kept / "base" / "session.json").read_text("utf-8"))["stages"]


def test_a_result_that_was_edited_is_noticed(kept: Path, tmp_path: Path) -> None:
    """The bytes are shown, and a note says that the stored result is another."""
    shutil.copytree(kept / "base", tmp_path / "s")
    altered(kept / "base", tmp_path / "s" / "session.json", board="faster")
    ran = n6gen("report", tmp_path / "s", "--json")
    assert ran.code == 0
    assert ran.json["conditions"]["board"] == "stand-in"
    assert "not what its raw bytes say" in ran.err


def test_a_session_compared_with_itself(kept: Path) -> None:
    """Exit 0, whether by folder or by file."""
    for other in (kept / "base", kept / "base" / "session.json"):
        ran = n6gen("compare", kept / "base", other, "--json")
        assert ran.code == 0
        assert (ran.json["comparable"], ran.json["differing"]) == (True, [])
        assert {stage["ratio"] for stage in ran.json["stages"]} == {1.0}
    assert "no difference" in n6gen("compare", kept / "base", kept / "base").out


def test_unlike_conditions_are_refused_with_a_list(kept: Path, tmp_path: Path) -> None:
    """Exit 6; every differing key with both values; allowed one by one."""
    other = altered(kept / "base", tmp_path / "o.json", build_id="9" * 64, flags=["-O3"])
    ran = n6gen("compare", kept / "base", other, "--json")
    assert ran.code == 6
    assert ran.json["comparable"] is False
    found = {entry["key"]: (entry["a"], entry["b"]) for entry in ran.json["differing"]}
    assert found == {"build_id": ("b" * 64, "9" * 64), "flags": (["-O2"], ["-O3"])}
    shown = n6gen("compare", kept / "base", other, "--allow", "flags")
    assert shown.code == 6
    assert "--allow build_id" in shown.out
    assert n6gen("compare", kept / "base", other, "--allow", "flags", "--allow", "build_id").code == 0
    assert n6gen("compare", kept / "base", other, "--allow", "falgs").code == 5


def test_a_slower_session_is_told(kept: Path) -> None:
    """Slower is a finding, not a failure: comparing exits with 0."""
    ran = n6gen("compare", kept / "base", kept / "slow")
    assert ran.code == 0
    assert "B is network, total slower" in ran.out
    assert "Median cost of a frame, in ms" in ran.out


@pytest.mark.parametrize(("limit", "code"), [("3%", 1), ("20%", 0), ("20", 0)])
def test_a_gate_on_the_command_line(kept: Path, limit: str, code: int) -> None:
    """Exit 1 with the reason, 0 within the limit."""
    base = kept / "base" / "session.json"
    ran = n6gen("report", kept / "slow", "--baseline", base, "--max-regression", limit, "--json")
    assert ran.code == code, ran.err
    assert ran.json["gate"]["verdict"] == ("regression" if code else "ok")
    assert any("network" in reason for reason in ran.json["gate"]["reasons"]) == bool(code)


def test_a_gate_under_unlike_conditions(kept: Path, tmp_path: Path) -> None:
    """Not comparable, exit 6; the build may differ without being asked."""
    base = altered(kept / "base", tmp_path / "o.json", flags=["-O3"], build_id="9" * 64)
    ran = n6gen("report", kept / "slow", "--baseline", base, "--max-regression", "50%")
    assert ran.code == 6
    assert "not comparable" in ran.out
    allowed = n6gen("report", kept / "slow", "--baseline", base, "--max-regression", "50%", "--allow", "flags")
    assert allowed.code == 0, allowed.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--baseline", "nowhere.json"), 5),
        (("--max-regression", "-1%"), 2),
        (("--max-regression", "nan"), 2),
        (("--max-regression", "much"), 2),
    ],
)
def test_wrong_words_for_a_gate(kept: Path, tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    """A missing file and a bad number, before anything is done."""
    ran = n6gen("report", kept / "base", *words, cwd=tmp_path)
    assert ran.code == code
    assert "Traceback" not in ran.err
