"""Settings: n6gen.toml < environment < command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.config.settings import effective, lookup
from n6gen.errors import InputError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder that is the current folder."""
    folder = tmp_path / "my project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_default_holds_without_a_file(project: Path) -> None:
    """Without any source a setting has the table's default."""
    assert lookup("board") == "stm32n6570-dk"
    assert effective()["board"].source == "default"


def test_the_file_of_a_parent_folder_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest n6gen.toml up the tree is used, and its paths are relative to it."""
    (project / "n6gen.toml").write_text(
        'board = "virtual"\nmodel = "nets/a.onnx"\nout = "o"\nres = 320\nkeep_head = true\n'
    )
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    assert lookup("board") == "virtual"
    assert Path(lookup("model")) == Path("../nets/a.onnx")
    assert Path(lookup("out")) == Path("../o")
    assert lookup("keep_head") is True


def test_the_environment_wins_over_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N6GEN_BOARD outdoes n6gen.toml, and `effective` says so."""
    (project / "n6gen.toml").write_text('board = "a"\n')
    monkeypatch.setenv("N6GEN_BOARD", "b")
    assert effective()["board"].value == "b"
    assert "N6GEN_BOARD" in effective()["board"].source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bord = 1", "unknown key 'bord'"),
        ('res = "320"', "res = '320' is not a whole"),
        ("res = true", "res = True is not a whole"),
        ('decode = "best"', "one of fine, rounded"),
        ("mean = [1, 2]", "not a triple"),
        ("board = ", "n6gen.toml"),
        ("board = 1", "board = 1"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(project: Path, text: str, message: str) -> None:
    """Unknown keys, wrong kinds and broken TOML are input errors that name the file."""
    (project / "n6gen.toml").write_text(text)
    with pytest.raises(InputError, match=r"n6gen\.toml") as caught:
        lookup("board")
    assert message in caught.value.message
