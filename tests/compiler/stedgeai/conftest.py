"""The stand-in on PATH, and a small model for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from n6gen.board import Board, load_board
from n6gen.compiler.stedgeai import locate
from n6gen.compiler.stedgeai.command import Options
from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler
from n6gen.model.loader import Model, load
from tests.support.qdq import segmenter

_STAND_IN = Path(__file__).resolve().parents[2] / "stand_ins" / "stedgeai"


def install(folder: Path) -> Path:
    """Put the stand-in into `folder`, run by this very Python; returns the program."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "stedgeai"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_STAND_IN}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own and no stedgeai anywhere, whatever this machine has; returns the home."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("STAND_IN_STEDGEAI", "4.0.1")
    monkeypatch.delenv("STEDGEAI_CORE_DIR", raising=False)
    below_home = tuple(root for root in locate._ROOTS["linux"] if root.startswith("~"))
    monkeypatch.setitem(locate._ROOTS, "linux", below_home)
    return home


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """`stand_in("4.0.0 tool_error")` puts that release with that fault on PATH; nothing else of ST's is found."""
    monkeypatch.delenv("STEDGEAI_CORE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    program = install(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")

    def choose(words: str) -> Path:
        monkeypatch.setenv("STAND_IN_STEDGEAI", words)
        return program

    return choose


@pytest.fixture(scope="session")
def dk() -> Board:
    """The real board."""
    return load_board("stm32n6570-dk")


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A segmentation model with a last Resize by 4."""
    onnx.save(segmenter(), tmp_path / "model.onnx")
    return load(tmp_path / "model.onnx")


@pytest.fixture
def compiler(dk: Board) -> Callable[..., StEdgeAiCompiler]:
    """A compiler for the board with some options."""

    def make(**options: bool) -> StEdgeAiCompiler:
        return StEdgeAiCompiler(dk, options=Options(**options))

    return make
