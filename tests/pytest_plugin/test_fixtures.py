"""The pytest plugin, as a user's project has it: a pytest of its own, the real virtual board."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.journey import SIDE, build, measure, pictures, tiny_model

USERS_TESTS = f"""
from pathlib import Path

import numpy as np


def test_the_board(n6gen_board):
    assert n6gen_board.serial == "virtual-3"


def test_the_session(n6gen_session):
    assert n6gen_session.exact is True
    assert n6gen_session.result["emulated"] is True
    assert len(n6gen_session.masks) == 4


def test_a_mask(n6gen_mask):
    mask = n6gen_mask("noise0.png")
    assert (mask.shape, mask.dtype) == (({SIDE}, {SIDE}), np.uint8)
    pixels = np.zeros(({SIDE}, {SIDE}, 3), np.uint8)
    np.save("of_pixels.npy", n6gen_mask(pixels))
    np.save("of_file.npy", mask)


def test_something_else():
    pass
"""
USERS_FAILURE = """
def test_it(n6gen_board):
    raise AssertionError("not reached")
"""


def users_pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a user's folder, with every warning an error."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "n6gen.pytest_plugin", "-W", "error", "-rs", "-v", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A user's folder, with a space in its path, and two pictures in it."""
    folder = tmp_path / "my tests"
    pictures(folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.mark.qemu
def test_a_users_tests_run_on_the_board(users: Path) -> None:
    """Board, session and mask; the mask is what `n6gen measure` saves."""
    made = build(tiny_model(users), users / "build")
    assert made.code == 0, made.err
    (users / "test_board.py").write_text(USERS_TESTS)
    ran = users_pytest(users, "--n6gen-build", "build", "--n6gen-board", "virtual", "--n6gen-sn", "virtual-3")
    assert ran.returncode == 0, ran.stdout
    assert "4 passed" in ran.stdout
    measured = measure(users / "build", [users / "noise0.png"], "--sn", "virtual-3", "--masks", users / "masks")
    assert measured.code == 0, measured.err
    with Image.open(users / "masks/noise0.png") as mask:
        assert np.array_equal(np.load(users / "of_file.npy"), np.asarray(mask))
    assert np.load(users / "of_pixels.npy").shape == (SIDE, SIDE)


def test_without_a_build_only_the_boards_tests_skip(users: Path) -> None:
    """A user's other tests go on as they did; the reason names the option."""
    (users / "test_board.py").write_text(USERS_TESTS)
    ran = users_pytest(users)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed, 3 skipped" in ran.stdout
    assert "no build: pytest --n6gen-build DIR" in ran.stdout


def test_a_build_that_is_none_fails_with_the_reason(users: Path) -> None:
    """Not with a traceback of ours."""
    (users / "test_board.py").write_text(USERS_FAILURE)
    ran = users_pytest(users, "--n6gen-build", "nowhere")
    assert ran.returncode == 1
    assert "n6gen flash did not work (exit code 5)" in ran.stdout
    assert "nowhere" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_loading_it_costs_nothing() -> None:
    """pytest loads it in every run: none of what is slow to import comes with it."""
    code = (
        "import sys, pytest; before = set(sys.modules); import n6gen.pytest_plugin; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {"n6gen"}
    assert len(done.stdout.split()) <= 3
