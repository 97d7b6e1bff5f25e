"""Ctrl-C: the step that is under way ends, then it stops and says what is on the board; a second one does not wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from n6gen.board.facts import load_board
from n6gen.flash.execute import execute
from n6gen.flash.interrupt import Interrupts, Stopped, deferred
from n6gen.flash.plan import plan
from n6gen.flash.rates import Stopwatch
from n6gen.flash.session import flash
from n6gen.programmer.base import Access
from n6gen.programmer.virtual import VirtualProgrammer
from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, Cube, cube

__all__ = ["cube"]

BOARD = load_board("virtual")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def start(build: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "n6gen", "flash", "--build", str(build)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_a_write(cube: Cube) -> None:
    """Wait until the tool programs something."""
    deadline = time.monotonic() + 60
    while not (cube.folder / "writing").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "b", images(1, board=DK.name), board=DK.name)


def test_once(cube: Cube, build: Path) -> None:
    """Exit 130, no traceback, the tool was not killed, the state is said, and the next flash finishes."""
    cube.change(delay_s=1.0)
    process = start(build)
    until_a_write(cube)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping when this step has ended" in err
    assert "On the board: " in err
    assert "`n6gen flash` finishes it." in err
    assert "Traceback" not in err
    calls = [call for call in cube.calls if "-w" in call["argv"]]
    assert calls
    assert all(call["programmed"] for call in calls)
    cube.change(delay_s=0)
    flash(build)
    assert {name: cube.holds(name, len(data)) for name, data in images(1, board=DK.name).items()} == images(
        1, board=DK.name
    )


def test_twice(cube: Cube, build: Path) -> None:
    """At once, and the tool goes too: nothing writes behind anybody's back."""
    cube.change(delay_s=20)
    process = start(build)
    until_a_write(cube)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    process.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert process.returncode == 130
    cube.change(delay_s=0)
    flash(build)


def test_what_is_said() -> None:
    """Which images are whole, which one is torn, which were not touched."""
    content = images(1)
    parts = [(BOARD.partition(name), data) for name, data in content.items()]
    with VirtualProgrammer().open("virtual-0", BOARD, Access()) as target:
        plans = plan(BOARD, parts, {name: range(0, len(data), 0x1000) for name, data in content.items()}, target.traits)
        states = []
        for count in range(sum(len(one.steps) for one in plans)):
            interrupts = AfterSteps(count)
            with pytest.raises(Stopped) as caught:
                execute(target, plans, lambda done: None, Stopwatch(), interrupts)
            states.append(caught.value.state)
    assert states[0] == "On the board: weights, app, fsbl not touched. `n6gen flash` finishes it."
    assert states[1] == "On the board: weights is incomplete; app, fsbl not touched. `n6gen flash` finishes it."
    assert states[-1] == "On the board: weights, app written and right; fsbl is incomplete. `n6gen flash` finishes it."


class AfterSteps(Interrupts):
    """Ctrl-C, pressed during one step."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def stop_if_asked(self, state: object) -> None:
        self.asked = self.count == 0
        self.count -= 1
        super().stop_if_asked(state)  # type: ignore[arg-type]


def test_the_signal_is_given_back() -> None:
    """Outside of a flash, Ctrl-C is what it was."""
    before = signal.getsignal(signal.SIGINT)
    said: list[str] = []
    with deferred(said.append) as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert len(said) == 1


def test_in_a_thread() -> None:
    """Signals belong to the main thread: elsewhere nothing is changed."""
    seen: list[object] = []

    def work() -> None:
        with deferred(lambda line: None) as interrupts:
            seen.append(interrupts.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
