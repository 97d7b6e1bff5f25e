"""Sessions on disk: found, kept in bounds, and never taken away while they are under way."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from n6gen.errors import InputError, MissingToolError
from n6gen.measure import sessions
from n6gen.measure.sessions import RESULT, find_session, load_result, new_session, prune, sessions_dir

START = datetime(2026, 1, 1, tzinfo=UTC)


def made(count: int, *, finished: bool = True, size: int = 0) -> list[Path]:
    folders = [new_session("virtual-0", START + timedelta(seconds=i)) for i in range(count)]
    for folder in folders:
        (folder / "uart.bin").write_bytes(b"x" * size)
        if finished:
            (folder / RESULT).write_text("{}")
    return folders


def test_the_oldest_go_first() -> None:
    """The newest N are left."""
    folders = made(5)
    prune(2)
    assert [folder.is_dir() for folder in folders] == [False, False, False, True, True]


def test_sessions_under_way_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without a result is somebody else's running session, unless it is days old."""
    running, *_, last = made(1, finished=False) + made(4)
    prune(1)
    assert running.is_dir()
    assert last.is_dir()
    old = time.time() - 2 * 86_400
    os.utime(running, (old, old))
    prune(1)
    assert not running.is_dir()


def test_space_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many may be kept: they go when all together are too large, but for the newest."""
    monkeypatch.setattr(sessions, "_MOST_BYTES", 2500)
    folders = made(4, size=1000)
    prune(100)
    assert [folder.is_dir() for folder in folders] == [False, False, True, True]
    monkeypatch.setattr(sessions, "_MOST_BYTES", 10)
    prune(100)
    assert [folder.is_dir() for folder in folders] == [False, False, False, True]


def test_two_sessions_of_one_second_have_folders_of_their_own() -> None:
    """Ids do not collide."""
    assert len({new_session("virtual-0", START) for _ in range(50)}) == 50


def test_a_serial_is_no_path() -> None:
    """Whatever a board calls itself, its session stays in the folder of sessions."""
    folder = new_session("../../etc/\n", START)
    assert folder.parent == sessions_dir()


def test_a_folder_that_cannot_be_made_is_a_missing_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit 3, and which variable helps."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("N6GEN_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(MissingToolError) as refused:
        new_session("virtual-0", START)
    assert "N6GEN_STATE_DIR" in refused.value.things_to_try[0]


def test_sessions_are_found_by_path_by_id_and_by_age() -> None:
    """Nothing at all, and a wrong name, are refused."""
    with pytest.raises(InputError, match="no session yet"):
        find_session(None)
    first, second = made(2)
    assert find_session(None) == second
    assert find_session(first.name) == first
    assert find_session(str(first)) == first
    with pytest.raises(InputError, match="there is no session nowhere"):
        find_session("nowhere")


@pytest.mark.parametrize("content", ["", "[1]", "{", "\x00"])
def test_what_is_no_result_is_refused(tmp_path: Path, content: str) -> None:
    """A baseline that cannot be read exits with 5."""
    file = tmp_path / "m.json"
    file.write_text(content)
    with pytest.raises(InputError, match=r"m\.json"):
        load_result(file)
    with pytest.raises(InputError):
        load_result(tmp_path / "none.json")
