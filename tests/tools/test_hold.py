"""One user at a time, by name; free when he is gone, but not before the programs that he started are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from n6gen.errors import BoardError
from n6gen.tools import hold as module
from n6gen.tools.hold import hold, holder

#: Holds the folder argv[1], starts a program that lives for argv[2] seconds and inherits the hold, says so, and waits.
_WITH_PROGRAM = """
import subprocess, sys, time
from pathlib import Path
from n6gen.tools.hold import hold
with hold(Path(sys.argv[1]), "thing", "flash", programs=True) as held:
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({sys.argv[2]})"], pass_fds=held.keep)
    print("held", flush=True)
    time.sleep(60)
"""


def killed_with_program(folder: Path, lives: float) -> None:
    """A holder that is killed; its program goes on for `lives` seconds."""
    words = [sys.executable, "-c", _WITH_PROGRAM, str(folder), str(lives)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        process.kill()


def test_free_again(tmp_path: Path) -> None:
    """Held inside of the context only, and nothing is left of the holder."""
    assert holder(tmp_path) is None
    with hold(tmp_path, "thing", "flash", running=True):
        found = holder(tmp_path)
        assert found
        assert (found.command, found.running) == ("flash", True)
    assert holder(tmp_path) is None
    assert not (tmp_path / "holder.json").exists()


def test_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the holder and the remedies; whoever waits for long is told once."""
    said: list[str] = []
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    with hold(tmp_path, "thing", "measure"):
        with pytest.raises(BoardError, match=r"thing is in use by n6gen measure, process \d+ on .*, since ") as caught:
            hold(tmp_path, "thing", "flash", "Wait.", patience=0.4, say=said.append).__enter__()
        assert caught.value.things_to_try == ("Wait.",)
    assert len(said) == 1
    assert "waiting: thing is in use by n6gen measure" in said[0]


def test_patience_pays(tmp_path: Path) -> None:
    """Whoever waits long enough gets it."""
    killed = subprocess.Popen(
        [sys.executable, "-c", _WITH_PROGRAM.replace("sleep(60)", "sleep(0.7)"), str(tmp_path), "0"],
        stdout=subprocess.PIPE,
    )
    assert killed.stdout
    killed.stdout.readline()
    with hold(tmp_path, "thing", "flash", patience=20):
        assert holder(tmp_path)
    killed.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are not inherited")
def test_a_program_left_behind_is_waited_for(tmp_path: Path) -> None:
    """A killed holder's program may still write: the next user starts when it has ended, and is told why he waits."""
    killed_with_program(tmp_path, 1.0)
    said: list[str] = []
    started = time.monotonic()
    with hold(tmp_path, "thing", "flash", programs=True, say=said.append):
        assert time.monotonic() - started > 0.3
    assert said == ["waiting: a program that a killed n6gen left behind still works on thing"]


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are not inherited")
def test_a_program_left_behind_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs: an error, and the lock is free for whoever comes after it was ended."""
    monkeypatch.setattr(module, "_ORPHAN_S", 0.2)
    killed_with_program(tmp_path, 1.5)
    with pytest.raises(BoardError, match="program that a killed n6gen left behind"):
        hold(tmp_path, "thing", "flash", programs=True).__enter__()
    assert holder(tmp_path) is None
    monkeypatch.setattr(module, "_ORPHAN_S", 20)
    with hold(tmp_path, "thing", "flash", programs=True):
        pass


def test_a_holder_that_nobody_knows(tmp_path: Path) -> None:
    """A lock without a readable description is held all the same."""
    with hold(tmp_path, "thing", "flash"):
        (tmp_path / "holder.json").write_text("{")
        found = holder(tmp_path)
        assert found
        assert found.pid == 0
        with pytest.raises(BoardError, match=r"thing is in use$"):
            hold(tmp_path, "thing", "flash", patience=0).__enter__()


def test_what_a_killed_holder_left_is_replaced(tmp_path: Path) -> None:
    """The description of a holder that was killed is no reason to think that the thing is in use."""
    (tmp_path / "holder.json").write_text(
        json.dumps({"pid": 1, "host": "h", "command": "flash", "since": "then", "running": False})
    )
    assert holder(tmp_path) is None
    with hold(tmp_path, "thing", "measure"):
        found = holder(tmp_path)
        assert found
        assert found.command == "measure"
