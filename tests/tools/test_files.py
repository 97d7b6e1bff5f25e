"""Atomic files and harmless text."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.tools.files import sha256_bytes, sha256_file, write_atomic, write_if_changed
from n6gen.tools.text import clean


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error between writing and renaming loses nothing and leaves no litter."""
    file = tmp_path / "a"
    write_atomic(file, "old")

    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_files_are_readable_by_others(tmp_path: Path) -> None:
    """A written file has the permissions of any new file, not those of a temporary one."""
    (tmp_path / "plain").write_text("x")
    write_atomic(tmp_path / "ours", "x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")}
    assert len(modes) == 1


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    """Writing what is already there changes nothing, time stamp included."""
    file = tmp_path / "a"
    assert write_if_changed(file, "x")
    before = file.stat().st_mtime_ns
    assert not write_if_changed(file, "x")
    assert file.stat().st_mtime_ns == before
    assert write_if_changed(file, "y")


@given(st.binary())
def test_both_hashes_agree(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """A file and its bytes have one hash."""
    file = tmp_path_factory.mktemp("h") / "f"
    file.write_bytes(data)
    assert sha256_file(file) == sha256_bytes(data)


@given(st.text())
def test_cleaned_text_has_nothing_a_terminal_acts_upon(text: str) -> None:
    """No escape, carriage return or other control character survives."""
    assert not [c for c in clean(text) if (ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0]


def test_colour_codes_and_titles_vanish_whole() -> None:
    """ANSI colours and OSC titles leave no residue."""
    assert clean("\x1b[36m\x1b[01mblue\x1b[0m\x1b]0;title\x07!") == "blue!"
