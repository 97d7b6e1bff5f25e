"""`n6gen ci` on the emulated board with a tiny network: run, evidence, replay, baselines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import n6gen
from tests.support.journey import pictures, tiny_model

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_PLAN = """
name = "journey"
baselines = "base lines"
[matrix]
model = ["tiny0.onnx"]
res = [32]
[input]
frames = ["frames"]
[limits]
max_regression = "3%"
[canary]
when = ["error"]
"""


def test_run_replay_accept(tmp_path: Path) -> None:
    """Passed, with all evidence; a replay says the same, and another verdict by other evidence."""
    home = tmp_path / "a b"
    pictures(home / "frames")
    tiny_model(home)
    (home / "n6gen-ci.toml").write_text(_PLAN)
    env = {"N6_FAKE_TOKEN": "hush-4711", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "step.md")}
    ran = n6gen("ci", "run", "--out", "runs", "--junit", "j.xml", "--json", cwd=home, env=env)
    assert ran.code == 0, ran.err
    (job,) = ran.json["jobs"]
    assert (job["name"], job["verdict"], job["unit"]) == ("tiny0-32", "passed", "instructions")
    folder = Path(ran.json["folder"])
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"plan.toml", "results.json", "junit.xml", "summary.md", "index.html"} <= kept
    assert {f"jobs/tiny0-32/{name}" for name in ("manifest.json", "session.json", "session.html")} <= kept
    assert f"{job['session']}/uart.bin" in kept
    assert not any(name.endswith(".elf") for name in kept)
    assert json.loads((folder / "jobs/tiny0-32/manifest.json").read_text())["build_id"] == job["build_id"]
    assert "1 passed on virtual" in (tmp_path / "step.md").read_text()
    assert "tiny0-32" in (home / "j.xml").read_text()
    texts = [path for path in tmp_path.rglob("*") if path.is_file() and b"hush-4711" in path.read_bytes()]
    assert texts == []

    again = n6gen("ci", "replay", "--out", "runs", "--json", cwd=home)
    assert (again.code, again.json[0]["now"], again.json[0]["bytes"]) == (0, "passed", True)

    assert n6gen("ci", "accept", "--out", "runs", cwd=home).code == 0
    base = home / "base lines" / "virtual" / "tiny0-32.json"
    cheap = json.loads(base.read_text())
    for frame in cheap["frames"]:
        frame["cost"] = {stage: cost * 0.9 for stage, cost in frame["cost"].items()}
    # As if that run had been judged by a cheaper baseline: the bytes are judged, not what was written down of them.
    (folder / "jobs/tiny0-32/baseline.json").write_text(json.dumps(cheap))
    again = n6gen("ci", "replay", folder, cwd=tmp_path)
    assert again.code == 1
    assert "but it was passed" in again.out

    bytes_of_board = folder / job["session"] / "uart.bin"
    bytes_of_board.write_bytes(bytes_of_board.read_bytes()[:-200])
    again = n6gen("ci", "replay", folder, "--json", cwd=tmp_path)
    assert (again.code, again.json[0]["now"]) == (1, "error")
    assert "cannot be played back" in again.json[0]["reason"]
