"""The app's project as a folder of the user's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from n6gen.app.render import RECORD
from n6gen.errors import InputError


def eject_project(build_folder: Path, target: Path) -> Path:
    """Copy the rendered project of a build to `target`, which must be empty or not exist; returns it.

    The copy is independent of n6gen and of the build: nothing will overwrite it.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is not an empty folder", "Choose another folder for --eject.")
    shutil.copytree(
        build_folder / "project", target, ignore=shutil.ignore_patterns("build", RECORD), dirs_exist_ok=True
    )
    return target
