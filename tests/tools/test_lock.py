"""The lock file that models and vendor packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.errors import InputError
from n6gen.tools.lock import LockFile
from n6gen.tools.paths import state_dir


def test_entries_come_back(tmp_path: Path) -> None:
    """What is recorded is read again, beside the project's n6gen.toml."""
    lock = LockFile(tmp_path / "n6gen.toml")
    assert lock.entry("vendor", "hal") is None
    assert lock.record("vendor", {"hal": {"commit": "a" * 40, "sha256": "b"}})
    assert LockFile(tmp_path / "n6gen.toml").entry("vendor", "hal") == {"commit": "a" * 40, "sha256": "b"}
    assert lock.path == tmp_path / "n6gen.lock"


def test_other_tables_and_comments_stay(tmp_path: Path) -> None:
    """Recording changes the given entries only."""
    file = tmp_path / "n6gen.lock"
    file.write_text('# mine\n[models]\n"person@320" = {sha256 = "1"}\n\n[vendor.bsp]\ncommit = "c"\n')
    lock = LockFile(tmp_path / "n6gen.toml")
    lock.record("vendor", {"hal": {"commit": "d"}})
    text = file.read_text()
    assert "# mine" in text
    assert lock.entry("models", "person@320") == {"sha256": "1"}
    assert lock.entry("vendor", "bsp") == {"commit": "c"}
    assert lock.entry("vendor", "hal") == {"commit": "d"}


def test_recording_the_same_again_does_not_touch_the_file(tmp_path: Path) -> None:
    """A file under version control does not change by itself."""
    lock = LockFile(tmp_path / "n6gen.toml")
    lock.record("vendor", {"hal": {"commit": "a"}})
    before = lock.path.read_bytes()
    assert lock.record("vendor", {"hal": {"commit": "a"}}) is False
    assert lock.path.read_bytes() == before
    assert lock.record("vendor", {"hal": {"commit": "b"}}) is True


def test_without_a_project_it_lies_in_the_state_folder() -> None:
    """No file appears in a folder that is no project."""
    assert LockFile(None).path == state_dir() / "n6gen.lock"


def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    """It is never overwritten."""
    (tmp_path / "n6gen.lock").write_text("[vendor\n")
    lock = LockFile(tmp_path / "n6gen.toml")
    with pytest.raises(InputError, match=r"n6gen\.lock"):
        lock.record("vendor", {"hal": {"commit": "a"}})
    assert (tmp_path / "n6gen.lock").read_text() == "[vendor\n"
