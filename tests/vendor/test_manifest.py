"""The manifest of pinned repositories."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from n6gen.errors import InputError
from n6gen.vendor.manifest import load_manifest, read_manifest

_GOOD = """
[licence]
MIT = "free software"
[[package]]
name = "a"
role = "hal"
title = "t"
url = "https://example.org/o/n.git"
commit = "0123456789012345678901234567890123456789"
version = "1"
licence = "MIT"
licence_file = "doc/LICENSE"
paths = ["doc", "Inc"]
marker = "Inc/x.h"
"""


def _write(folder: Path, text: str) -> Path:
    file = folder / "vendor.toml"
    file.write_text(text)
    return file


def test_the_shipped_manifest_is_whole() -> None:
    """Every package is public, pinned, needed for something and has a licence; homes do not collide."""
    manifest = load_manifest("stm32n6570-dk")
    assert {p.role for p in manifest.packages} >= {
        "hal",
        "cmsis-device",
        "cmsis-core",
        "bsp",
        "camera",
        "isp",
        "runtime",
    }
    assert all(re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+", p.url) for p in manifest.packages)
    assert len({p.folder_name for p in manifest.packages}) == len(manifest.packages)
    assert {p.licence for p in manifest.packages} == set(manifest.licences)
    assert all(p.aton and p.release for p in manifest.of_role("runtime"))
    assert manifest.package("runtime-2.1").commit.startswith("c7fcfc8")
    assert manifest.package("runtime-4.0").commit.startswith("45faf18")
    fsbl = manifest.files["fsbl"]
    assert fsbl.path in manifest.package(fsbl.package).paths


def test_a_manifest_is_read(tmp_path: Path) -> None:
    """Repository and folder name come from url and commit."""
    package = read_manifest(_write(tmp_path, _GOOD)).package("a")
    assert (package.repository, package.folder_name) == ("o/n", "n-01234567")
    assert package.aton is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0123456789012345678901234567890123456789", "0123456", "not a full commit id"),
        ('MIT = "free software"', "", "licence MIT is not explained"),
        ('["doc", "Inc"]', '["Inc"]', "not among what is fetched"),
        ('title = "t"', "", "title"),
        ('title = "t"', 'title = "t"\nmore = 1', "more"),
        ("[[package]]", "[[package", "vendor.toml"),
        ('marker = "Inc/x.h"', 'marker = "Inc/x.h"\naton = "1.1"', "runtime version"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The message names the file and what is wrong."""
    with pytest.raises(InputError, match=said) as error:
        read_manifest(_write(tmp_path, _GOOD.replace(old, new)))
    assert str(tmp_path) in error.value.message


def test_two_packages_of_one_name_are_refused(tmp_path: Path) -> None:
    """Names are what users type."""
    with pytest.raises(InputError, match="one name"):
        read_manifest(_write(tmp_path, _GOOD + _GOOD[_GOOD.index("[[package]]") :]))


def test_unknown_names_and_boards() -> None:
    """Each with what can be chosen."""
    with pytest.raises(InputError, match="no vendor package called 'hall'") as error:
        load_manifest("stm32n6570-dk").package("hall")
    assert "hal," in error.value.things_to_try[0]
    with pytest.raises(InputError, match="virtual needs no vendor packages"):
        load_manifest("virtual")
    with pytest.raises(InputError, match="no board called"):
        load_manifest("none")
