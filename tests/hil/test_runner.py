"""How runs are conducted: real scheduling, locks and processes; what the processes say is made up (steps_stand_in)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from n6gen.errors import InputError
from n6gen.hil.bench import Need
from n6gen.hil.evidence import new_run
from n6gen.hil.local_bench import LocalBench, known, quarantined, release
from n6gen.hil.plan import Shard
from tests.hil.conduct import PROGRAM, QUICK, calls, conduct, plan_file, verdicts

_ROOT = Path(__file__).resolve().parent.parent.parent
_SHORT = "[time]\nmeasure = 1\n"


def test_every_job_comes_to_the_verdict_that_it_deserves(tmp_path: Path) -> None:
    """Passed, failed, error and timeout, each by what happened; only what did not run is tried again."""
    models = ("ok", "wrong", "fault", "flaky", "hang", "silent", "killed", "nobuild")
    folder, results = conduct(plan_file(tmp_path, *models, more=QUICK + _SHORT))
    assert verdicts(results) == {
        "ok": "passed",
        "wrong": "failed",
        "fault": "failed",
        "flaky": "passed",
        "hang": "timeout",
        "silent": "timeout",
        "killed": "error",
        "nobuild": "error",
    }
    tries = {job["model"]: len(job["attempts"]) for job in results["jobs"]}
    assert tries == {"ok": 1, "wrong": 1, "fault": 1, "flaky": 2, "hang": 2, "silent": 1, "killed": 2, "nobuild": 0}
    assert results["exit_code"] == 1
    assert json.loads((folder / "results.json").read_text())["counts"] == results["counts"]
    assert "the model cannot be read" in next(job["reason"] for job in results["jobs"] if job["model"] == "nobuild")


def test_the_code_of_a_run_without_a_failed_verdict_is_that_of_what_did_not_run(tmp_path: Path) -> None:
    """A model that cannot be read: 5."""
    assert conduct(plan_file(tmp_path, "ok", "nobuild"))[1]["exit_code"] == 5


def test_equal_builds_are_made_once(tmp_path: Path) -> None:
    """Jobs that differ in nothing that a build depends on share it."""
    more = QUICK + "".join(f'[[job]]\nname = "again{i}"\nmodel = "ok"\nres = 32\n' for i in range(3))
    _, results = conduct(plan_file(tmp_path, "ok", more=more))
    assert [job["verdict"] for job in results["jobs"]] == ["passed"] * 4
    assert [call for call in calls(tmp_path) if call.startswith("build")] == ["build ok 32"]


def test_one_job_a_board_and_boards_side_by_side(tmp_path: Path) -> None:
    """The stand-in fails if two processes use a board at once; none does, and both boards are used."""
    more = QUICK + "".join(f'[[job]]\nname = "again{i}"\nmodel = "ok"\nres = 32\n' for i in range(7))
    _, results = conduct(plan_file(tmp_path, "ok", more=more))
    assert results["counts"] == {"passed": 8}
    assert {attempt["board"] for job in results["jobs"] for attempt in job["attempts"]} == {"virtual-0", "virtual-1"}
    assert not any(who for _, who, _ in known())


def test_a_sick_board_gets_no_job(tmp_path: Path) -> None:
    """Its canary does not pass: it is quarantined with the reason, until somebody releases it; the rest goes on."""
    (tmp_path / "sick-virtual-1").touch()
    more = '[board]\nserials = ["virtual-0", "virtual-1"]\n[canary]\nmodel = "ok"\nres = 16\n'
    more += "".join(f'[[job]]\nname = "again{i}"\nmodel = "ok"\nres = 32\n' for i in range(3))
    file = plan_file(tmp_path, "ok", more=more)
    _, results = conduct(file)
    assert results["counts"] == {"passed": 4}
    assert {job["attempts"][-1]["board"] for job in results["jobs"]} == {"virtual-0"}
    assert [(sick.name, "no probe found" in sick.reason) for sick in quarantined()] == [("virtual-1", True)]
    assert not any(call.startswith(("flash ok on virtual-1",)) for call in calls(tmp_path)[-2:])
    assert release("virtual-1").name == "virtual-1"
    with pytest.raises(InputError, match="not quarantined"):
        release("virtual-1")
    assert quarantined() == []


def test_a_board_that_falls_ill_under_a_job_loses_it_to_another(tmp_path: Path) -> None:
    """No retry is spent on it; where no board is left, the job is an error and the run ends."""
    (tmp_path / "sick-virtual-0").touch()
    more = (
        '[board]\nserials = ["virtual-0", "virtual-1"]\n[canary]\nwhen = ["error"]\nmodel = "ok"\n[retry]\ntimes = 0\n'
    )
    _, results = conduct(plan_file(tmp_path, "ok", "flaky", more=more))
    assert verdicts(results) == {"ok": "passed", "flaky": "error"}
    (tmp_path / "sick-virtual-1").touch()
    _, results = conduct(plan_file(tmp_path, "ok", more=more))
    assert verdicts(results) == {"ok": "error"}
    assert len(quarantined()) == 2


def test_no_board(tmp_path: Path) -> None:
    """Skipped is not passed: the run is red unless the plan says that a board is not required, or names a fallback."""
    canary = "[canary]\nwhen = []\n"
    board = canary + '[board]\nname = "stm32n6570-dk"\nserials = ["NOT-THERE"]\n'
    _, results = conduct(plan_file(tmp_path, "ok", more=board))
    assert (verdicts(results), results["exit_code"]) == ({"ok": "skipped"}, 4)
    _, results = conduct(plan_file(tmp_path, "ok", more=board + "required = false\n"))
    assert (verdicts(results), results["exit_code"]) == ({"ok": "skipped"}, 0)
    _, results = conduct(plan_file(tmp_path, "ok", more=board + 'fallback = "virtual"\n'))
    assert (verdicts(results), results["exit_code"], results["board"]) == ({"ok": "passed"}, 0, "virtual")
    assert "say nothing about its speed" in results["notes"][0]


def test_a_run_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """What is not over then is a timeout, and its processes are gone."""
    started = time.monotonic()
    _, results = conduct(plan_file(tmp_path, "hang", "ok", more=QUICK + "[time]\nrun = 1.5\n"))
    assert verdicts(results) == {"hang": "timeout", "ok": "passed"}
    assert time.monotonic() - started < 20
    assert _gone(int((tmp_path / "hanging").read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """Verdicts that were reached stand, the rest is cancelled, boards are free, no process is left."""
    file = plan_file(tmp_path, "ok", "hang", more=QUICK)
    code = (
        "import sys, signal\nfrom pathlib import Path\nfrom tests.hil.conduct import conduct\n"
        "from n6gen.cli.ci import _terminated_as_interrupted\n"
        "with _terminated_as_interrupted():\n    conduct(Path(sys.argv[1]))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=_ROOT) as process:
        _until((tmp_path / "hanging").exists)
        _until(
            lambda: calls(tmp_path).count("measure ok on virtual-0") + calls(tmp_path).count("measure ok on virtual-1")
        )
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(30) == 0
    (results,) = [json.loads(one.read_text()) for one in (tmp_path / "runs").glob("*/results.json")]
    assert (verdicts(results), results["exit_code"]) == ({"ok": "passed", "hang": "cancelled"}, 130)
    assert not any(who for _, who, _ in known())
    assert _gone(int((tmp_path / "hanging").read_text()))


def test_a_killed_run_leaves_its_board_to_nobody_until_its_step_has_ended(tmp_path: Path) -> None:
    """kill -9 lets no one clean up: the step that goes on still has the board, and then it is free."""
    file = plan_file(tmp_path, "hang", more='[canary]\nwhen = []\n[board]\nserials = ["virtual-0"]\n')
    code = "import sys\nfrom pathlib import Path\nfrom tests.hil.conduct import conduct\nconduct(Path(sys.argv[1]))\n"
    with subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=_ROOT) as process:
        _until((tmp_path / "hanging").exists)
        _until((tmp_path / "hanging").read_text)
        process.kill()
    step = int((tmp_path / "hanging").read_text())
    got = threading.Event()

    def ask() -> None:
        with LocalBench(["virtual-0"]).hold(Need("virtual"), job="next", timeout=30):
            got.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert not got.wait(0.6)
    os.kill(step, signal.SIGKILL)
    assert got.wait(20)
    asking.join()


def test_nothing_of_the_environment_is_in_image_or_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in prints a token and writes it into its image, if it sees it; it does only where the plan names it."""
    monkeypatch.setenv("N6_FAKE_TOKEN", "hush-4711")
    conduct(plan_file(tmp_path, "ok", "wrong"))
    assert not _files_with(tmp_path, b"hush-4711")
    conduct(
        plan_file(tmp_path, "ok", "wrong", more='[board]\nserials = ["virtual-0"]\n').rename(tmp_path / "n6gen-ci.toml")
    )
    text = (tmp_path / "n6gen-ci.toml").read_text()
    (tmp_path / "n6gen-ci.toml").write_text('env = ["N6_FAKE_TOKEN"]\n' + text + "[canary]\nwhen = []\n")
    conduct(tmp_path / "n6gen-ci.toml")
    assert _files_with(tmp_path, b"hush-4711")


def test_an_image_that_changed_after_its_build_is_not_flashed(tmp_path: Path) -> None:
    """Also one that the plan names must be for the board, and be there."""
    folder, results = conduct(plan_file(tmp_path, "wrong"))
    (kept,) = [path for path in (folder / "builds").iterdir() if path.is_dir()]
    named = f'[[job]]\nname = "mine"\nmodel = "wrong"\nres = 32\nimage = "{kept.relative_to(tmp_path).as_posix()}"\n'
    _, results = conduct(plan_file(tmp_path, "ok", more=QUICK + named))
    assert verdicts(results) == {"ok": "passed", "wrong": "failed"}
    assert [job["image"] for job in results["jobs"]] == ["built by this run", "named by the plan"]
    _, results = conduct(plan_file(tmp_path, "ok", more=QUICK + named.replace(kept.name, "nowhere")))
    assert (results["jobs"][1]["verdict"], results["jobs"][1]["exit_code"]) == ("error", 5)

    from n6gen.hil.builds import Build
    from n6gen.hil.evidence import image_hashes

    build = Build(kept, None, image_hashes(kept))
    build.check()
    (kept / "app.bin").write_bytes(b"other")
    with pytest.raises(InputError, match="not what it was"):
        build.check()


def test_the_gate_turns_red_for_the_job_that_became_dearer_and_no_other(tmp_path: Path) -> None:
    """5 % above a baseline where 3 % are allowed; the page's data name the run in which it broke."""
    more = QUICK + '[limits]\nmax_regression = "3%"\n'
    folder, results = conduct(plan_file(tmp_path, "dear1000", "dear2000", more=more))
    from n6gen.hil.accept import accept
    from n6gen.hil.read import read_plan

    file = tmp_path / "n6gen-ci.toml"
    file.write_text('baselines = "base"\n' + file.read_text())
    assert set(accept(read_plan(file), folder)) == {"dear1000-32", "dear2000-32"}
    base = tmp_path / "base" / "virtual" / "dear1000-32.json"
    base.write_text(base.read_text().replace("1000.0", "950.0"))
    second, results = conduct(file)
    assert verdicts(results) == {"dear1000": "failed", "dear2000": "passed"}
    assert results["exit_code"] == 1
    assert "+5.26%" in results["jobs"][0]["reason"]
    assert results["jobs"][0]["broke"] == {"in": second.name, "good": folder.name, "changed": []}


def test_shards_run_every_job_once(tmp_path: Path) -> None:
    """Two shards of three jobs."""
    models = ("ok", "dear5", "dear6")
    file = plan_file(tmp_path, *models)
    ran = [set(verdicts(conduct(file, Shard(index, 2))[1])) for index in (1, 2)]
    assert not ran[0] & ran[1]
    assert ran[0] | ran[1] == set(models)


def test_old_runs_go(tmp_path: Path) -> None:
    """Only so many stay as the plan says, and none that was killed; the history remembers the others."""
    file = plan_file(tmp_path, "ok", more=QUICK + "[keep]\nruns = 2\n")
    killed, begun = (new_run(tmp_path / "runs", file, datetime.now().astimezone()) for _ in range(2))
    os.utime(killed, (0, 0))
    for _ in range(3):
        conduct(file)
    assert len(list((tmp_path / "runs").glob("*/results.json"))) == 2
    assert (killed.exists(), begun.exists()) == (False, True)
    assert len((tmp_path / "runs" / "history.jsonl").read_text().splitlines()) == 3


def test_the_runner_itself_takes_next_to_nothing(tmp_path: Path) -> None:
    """What a job takes beside its steps, and beside waiting for a board: less than 0.5 s, also on a busy machine."""
    _, results = conduct(plan_file(tmp_path, "ok", "dear5"))
    for job in results["jobs"]:
        assert job["runner_seconds"] < 0.5
        assert job["steps_seconds"] > 0


def test_the_stand_in_is_no_part_of_the_product() -> None:
    assert "tests" in Path(PROGRAM[-1]).parts


def _gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _until(true: object, patience: float = 20.0) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if true():  # type: ignore[operator]
                return
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("did not happen")


def _files_with(folder: Path, text: bytes) -> list[Path]:
    state = Path(os.environ["N6GEN_STATE_DIR"])
    files = [*folder.rglob("*"), *state.rglob("*")]
    return [file for file in files if file.is_file() and text in file.read_bytes()]
