"""Killed at any moment: nothing is reported good that is not, and the next flash finishes. And: never two writers.

CI takes some random moments; `KILLS=200 ROUNDS=100 pytest tests/flash/test_kills.py` takes that many.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.instance import open_instance
from n6gen.flash.session import flash
from tests.flash.fake_build import images, killed_after, write_build
from tests.programmer.cube import DK, SERIAL, Cube, cube

__all__ = ["cube"]

KILLS = int(os.environ.get("KILLS", "30"))
ROUNDS = int(os.environ.get("ROUNDS", "4"))
SEED = int(os.environ.get("SEED", "6"))
BOARD = load_board("virtual")

OLD = {"fsbl": 2_000, "app": 30_000, "blob": 40_000}
NEW = {"fsbl": 5_000, "app": 34_000, "blob": 38_000}


@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_kill_at_any_moment(tmp_path: Path) -> None:
    """SIGKILL at random moments of a flash of a virtual board, with and without something on it before."""
    noise = random.Random(SEED)
    old, new = images(1, **OLD), images(2, **NEW)
    old_build, new_build = write_build(tmp_path / "old", old), write_build(tmp_path / "new", new)
    instance = open_instance("virtual-0")
    blank = instance.nor.read_bytes()
    flash(old_build)
    full = instance.nor.read_bytes()
    steps = 1_600
    torn = 0
    for _ in range(KILLS):
        before = noise.choice([blank, full])
        instance.nor.write_bytes(before)
        killed = killed_after(new_build, noise.randrange(steps))
        assert killed.returncode in {-9, 0}
        torn += killed.returncode == -9
        assert instance.state() == "off"
        content = instance.nor.read_bytes()
        holds = {name: content[BOARD.partition(name).offset :][: len(data)] == data for name, data in new.items()}
        said = {part["name"]: part["action"] for part in flash(new_build, dry_run=True).as_json()["partitions"]}
        assert {name: action == "unchanged" for name, action in said.items()} == holds
        flash(new_build)
        content = instance.nor.read_bytes()
        assert {name: content[BOARD.partition(name).offset :][: len(data)] for name, data in new.items()} == new
        # Outside of the partitions' images nothing changed.
        for name, data in new.items():
            partition = BOARD.partition(name)
            end = partition.offset + -(-len(data) // BOARD.erase_small) * BOARD.erase_small
            assert content[end : partition.offset + partition.size] == before[end : partition.offset + partition.size]
    assert torn > KILLS // 2


def start(build: Path, *words: str) -> subprocess.Popen[str]:
    """`n6gen flash` in a process of its own."""
    argv = [sys.executable, "-m", "n6gen", "flash", "--build", str(build), "--json", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.timeout(120 + 20 * KILLS)
def test_a_kill_while_a_tool_works(cube: Cube, tmp_path: Path) -> None:
    """n6gen is killed at random moments, its tool goes on by itself: the next flash waits for it and finishes."""
    cube.change(delay_s=0.1)
    noise = random.Random(SEED)
    contents = [images(seed, board=DK.name, **sizes) for seed, sizes in ((1, OLD), (2, NEW))]
    builds = [write_build(tmp_path / f"b{i}", content, board=DK.name) for i, content in enumerate(contents)]
    started = time.monotonic()
    start(builds[0]).communicate(timeout=60)
    whole = time.monotonic() - started
    for number in range(max(3, KILLS // 5)):
        new, content = builds[(number + 1) % 2], contents[(number + 1) % 2]
        process = start(new)
        time.sleep(noise.uniform(0.2, whole))
        process.kill()
        process.communicate()
        finished = start(new, "--wait")
        out, err = finished.communicate(timeout=120)
        assert finished.returncode == 0, err
        assert json.loads(out)["verified"] is True
        assert {name: cube.holds(name, len(data)) for name, data in content.items()} == content
    assert not [call for call in cube.calls if call.get("in_the_way") == "connect"]


@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_two_processes_on_one_board(cube: Cube, tmp_path: Path) -> None:
    """Each has the board for itself from its first call to its last; whoever comes second waits."""
    contents = [images(seed, fsbl=2_000, app=3_000, blob=4_000, board=DK.name) for seed in (1, 2)]
    builds = [write_build(tmp_path / f"b{i}", content, board=DK.name) for i, content in enumerate(contents)]
    for _ in range(ROUNDS):
        cube.forget()
        running = [start(build, "--sn", SERIAL, "--wait", "60") for build in builds]
        ends = [(process.communicate(timeout=120), process) for process in running]
        assert [process.returncode for _, process in ends] == [0, 0], [err for (_, err), _ in ends]
        callers = [call["parent"] for call in cube.calls if "-l" not in call["argv"]]
        changes = sum(a != b for a, b in itertools.pairwise(callers))
        assert set(callers) == {process.pid for process in running}
        assert changes == 1, callers
        assert not [call for call in cube.calls if call.get("in_the_way") == "connect"]
        last = contents[[process.pid for process in running].index(callers[-1])]
        assert {name: cube.holds(name, len(data)) for name, data in last.items()} == last


def test_two_processes_without_patience(cube: Cube, tmp_path: Path) -> None:
    """Whoever does not wait is told who has the board."""
    cube.change(delay_s=1.5)
    build = write_build(tmp_path / "b", images(1, fsbl=2_000, app=3_000, blob=4_000, board=DK.name), board=DK.name)
    first = start(build)
    while not any("-c" in call["argv"] for call in cube.calls):
        time.sleep(0.05)
    second = start(build, "--sn", SERIAL, "--wait", "0")
    out, _ = second.communicate(timeout=60)
    assert second.returncode == 4
    assert f"{SERIAL} is in use by n6gen flash, process {first.pid} on " in json.loads(out)["error"]["message"]
    first.communicate(timeout=60)
    assert first.returncode == 0
