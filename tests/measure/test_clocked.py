"""Whole sessions on the stand-in with a made-up clock (tests/measure/clocked.py): method, recording, replay, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from n6gen.errors import BoardError, InputError, N6genError
from n6gen.link import conversation
from n6gen.measure.method import FULL, QUICK
from n6gen.measure.recording import UART
from n6gen.measure.replay import replay
from n6gen.measure.sessions import read_result, write_error
from tests.link.test_client import always, flip, lose, once
from tests.measure.clocked import COLD, COSTS, ClockedBoard, facts, frames, run

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "session.schema.json").read_text("utf-8"))


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """What a reader of the JSON sees, held to the published schema."""
    seen: dict[str, Any] = json.loads(json.dumps(values, allow_nan=False))
    jsonschema.Draft202012Validator(SCHEMA).validate(seen)
    return seen


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ANSWER_S", 0.3)
    monkeypatch.setattr(conversation, "QUIET_S", 0.05)


def test_a_full_session(tmp_path: Path) -> None:
    """Cold apart, five windows of ten seconds over five inputs, percentiles, intervals, rate and drops."""
    values = checked(run(tmp_path / "s", ClockedBoard(), FULL).as_json())
    assert values["unit"] == "ms"
    assert values["method"]["name"] == "full"
    assert [window["frames"] for window in values["windows"]] == [[f"noise{i}"] for i in range(5)]
    assert all(window["seconds"] >= 10 for window in values["windows"])
    network = values["stages"]["network"]
    assert network["n"] == sum(len(window["samples"]["network"]) for window in values["windows"]) >= 500
    floor = COSTS["network"] / 1000
    assert floor <= network["min"] < network["p50"] < network["p95"] < network["p99"] < network["max"] < 1.2 * floor
    assert network["p50_interval"][0] <= network["p50"] <= network["p50_interval"][1]
    assert 0 < network["mad"] < floor
    assert values["cold"]["network"] > 0.99 * COLD * floor > network["max"]
    assert values["rate"]["dropped"] == 20
    known = values["conditions"]
    assert known["flash_bandwidth"] == 100 << 20
    assert known["clock"] == {
        "tick_hz": 1_000_000,
        "tick2_hz": 20_000_000,
        "instructions_per_tick": None,
        "cpu_hz": 800_000_000,
        "npu_hz": None,
        "bus_hz": None,
    }
    assert known["clock_ratio"] == pytest.approx(1, abs=0.005)
    assert known["firmware"] == {"app": "0", "runtime": "none"}
    assert any("CPU 800 MHz, NPU at an unknown clock" in text for text in values["published"]["unlike"])
    assert values["verdict"]["exact"] is True
    assert [frame["mask_exact"] for frame in values["frames"]] == [1.0] * 5


def test_a_board_that_fails_its_self_test_has_no_result(tmp_path: Path) -> None:
    """Flash that reads back otherwise: figures of such a board are not shown."""
    board = ClockedBoard()
    board.tested["crc"] = "00000000"
    with pytest.raises(BoardError, match="failed its self-test: its flash does not read back"):
        run(tmp_path / "s", board, QUICK, count=1)


def test_an_app_that_ran_before_has_no_cold_inference(tmp_path: Path) -> None:
    """Nobody knows what it did first: the first inference that was seen is warm-up, and the result says null."""
    values = checked(run(tmp_path / "s", ClockedBoard(), QUICK, count=1, start="running").as_json())
    assert values["cold"] is None
    assert replay(tmp_path / "s").as_json() == values
    again = checked(run(tmp_path / "r", ClockedBoard(), QUICK, count=1, start="reset").as_json())
    assert again["cold"]["network"] > COSTS["network"] / 1000
    assert replay(tmp_path / "r").as_json() == again


def test_a_board_of_another_kind_is_refused(tmp_path: Path) -> None:
    """The hello decides what a tick is: an emulated board is never measured as a real one, whatever the link."""
    with pytest.raises(BoardError, match="says that it is a virtual, the build is for stand-in"):
        run(tmp_path / "s", ClockedBoard(board="virtual"), QUICK, count=1)


def test_a_quick_session_is_marked(tmp_path: Path) -> None:
    """Fewer samples, one input: the method says quick, and what they cannot say is null with its reason."""
    values = checked(run(tmp_path / "s", ClockedBoard(), QUICK, count=1).as_json())
    assert values["method"]["name"] == "quick"
    assert [window["frames"] for window in values["windows"]] == [["noise0"]] * 5
    assert values["stages"]["network"]["n"] >= 150


@pytest.mark.parametrize("method", [FULL, QUICK], ids=lambda method: method.name)
def test_the_same_bytes_give_the_same_result(tmp_path: Path, method: Any) -> None:
    """A session played back from its raw bytes is the session, to the last digit."""
    measured = run(tmp_path / "s", ClockedBoard(), method)
    again = replay(tmp_path / "s").as_json()
    assert again == measured.as_json()
    assert json.loads(json.dumps(again)) == read_result(tmp_path / "s")


def test_windows_lost_on_the_link_are_run_again_and_counted(tmp_path: Path) -> None:
    """A damaged window is no result: it is run once more. The playback takes the same turns."""
    measured = run(tmp_path / "s", ClockedBoard(damage=once("window", flip)), QUICK, count=1)
    values = checked(measured.as_json())
    assert values["repeated_windows"] == 1
    assert values["conditions"]["link"]["dropped"] == 1
    assert replay(tmp_path / "s").as_json() == values


def test_a_link_that_damages_every_window_ends_the_session(tmp_path: Path) -> None:
    """Three attempts, then a named error."""
    with pytest.raises(BoardError, match="window is damaged"):
        run(tmp_path / "s", ClockedBoard(damage=always("window", lose)), QUICK, count=1)


def test_changed_bytes_change_the_result_or_are_refused(tmp_path: Path) -> None:
    """What a report shows comes from uart.bin: a sample altered there is dropped, and no result comes out."""
    folder = tmp_path / "s"
    run(folder, ClockedBoard(), QUICK, count=1)
    data = (folder / UART).read_bytes()
    at = data.index(b"network=", data.index(b" sample "))
    (folder / UART).write_bytes(data[: at + 8] + b"9" + data[at + 9 :])
    with pytest.raises(N6genError):
        replay(folder)
    (folder / UART).write_bytes(data[:-100])
    with pytest.raises(InputError, match=r"uart\.bin has"):
        replay(folder)


def test_a_session_that_failed_says_so_again(tmp_path: Path) -> None:
    """Its report is the error of then."""
    folder = tmp_path / "s"
    run(folder, ClockedBoard(), QUICK, count=1)
    known = facts(frames(1))
    write_error(folder, known, BoardError("the board faulted: udf", "Look at that line."))
    checked(read_result(folder) or {})
    with pytest.raises(BoardError, match="ended in an error: the board faulted") as failed:
        replay(folder)
    assert failed.value.things_to_try == ("Look at that line.",)


@pytest.mark.parametrize("missing", ["host.json", "host.npz", "uart.bin", "link.jsonl"])
def test_a_folder_that_lacks_something_is_refused(tmp_path: Path, missing: str) -> None:
    """The message names the folder or the file; no traceback."""
    folder = tmp_path / "s"
    run(folder, ClockedBoard(), QUICK, count=1)
    (folder / missing).unlink()
    with pytest.raises(InputError, match="s"):
        replay(folder)
    (folder / missing).write_bytes(b"{}")
    with pytest.raises(InputError):
        replay(folder)


def test_the_log_has_what_the_board_said_besides_records(tmp_path: Path) -> None:
    """Text lines and dropped records, with times."""
    run(tmp_path / "s", ClockedBoard(damage=once("window", flip)), QUICK, count=1)
    lines = (tmp_path / "s" / "log.txt").read_text("utf-8").splitlines()
    assert lines[0].endswith(" some text of a driver")
    assert any("dropped (crc)" in line for line in lines)
    assert float(lines[0].split()[0]) < 5
