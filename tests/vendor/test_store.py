"""The store: what is here, whether it is still what was fetched, and the user's own copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.errors import InputError, MissingToolError
from n6gen.tools.lock import LockFile
from n6gen.vendor.manifest import Package
from n6gen.vendor.store import Store, content_digest, problems, root_of
from tests.support.vendor import Origin

_MARKER = "Npu/version.h"


def _package(**fields: object) -> Package:
    return Origin(Path("/nowhere/owner/thing")).package("a" * 40, root="in", marker=_MARKER, **fields)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "vendor")


def _fill(store: Store, package: Package) -> Path:
    home = store.home(package)
    for name in ("LICENSE", "in/Npu/version.h", "in/a.c"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    store.write_record(package, home)
    return home


def test_a_package_has_a_home_and_a_root(store: Store) -> None:
    """The home mirrors the repository, the root is what a build uses of it."""
    package = _package()
    home = _fill(store, package)
    place = store.place(package)
    assert (place.home, place.root, place.own) == (home, home / "in", False)
    assert home.name == "thing-aaaaaaaa"
    assert store.state(package) == "present"


def test_a_package_that_is_not_here_is_told_how_to_get(store: Store) -> None:
    """Exit code 3, the command, and that the virtual board needs none of it."""
    with pytest.raises(MissingToolError, match="vendor package thing is not on this machine") as error:
        store.place(_package())
    assert error.value.things_to_try[0] == "n6gen vendor fetch thing"
    assert any("virtual" in thing for thing in error.value.things_to_try)


def test_every_change_to_the_files_is_seen(store: Store, tmp_path: Path) -> None:
    """Changed, gone and new files are told apart; an untouched package has no problems."""
    package = _package()
    home = _fill(store, package)
    lock = LockFile(tmp_path / "n6gen.toml")
    assert problems(package, store, lock) == []
    (home / "in/a.c").write_text("other")
    (home / "LICENSE").unlink()
    (home / "in/b.c").write_text("mine")
    assert sorted(problems(package, store, lock)) == ["changed: in/a.c", "gone: LICENSE", "new: in/b.c"]


def test_the_lock_file_is_compared_too(store: Store, tmp_path: Path) -> None:
    """Another content recorded for the same commit is a problem; another commit is none."""
    package = _package()
    _fill(store, package)
    lock = LockFile(tmp_path / "n6gen.toml")
    lock.record("vendor", {"thing": {"commit": "b" * 40, "sha256": "0"}})
    assert problems(package, store, lock) == []
    lock.record("vendor", {"thing": {"commit": package.commit, "sha256": "0"}})
    assert "recorded other files" in problems(package, store, lock)[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"commit": 1}', '{"commit": "x", "paths": [], "files": {}}'])
def test_a_broken_record_is_no_package(store: Store, text: str) -> None:
    """Half written or edited: it is fetched anew, not trusted."""
    package = _package()
    (_fill(store, package) / ".n6gen-package.json").write_text(text)
    assert store.record(package) is None
    assert store.state(package) == "missing"


def test_the_digest_depends_on_names_and_contents_only() -> None:
    """Not on the order in which files were found."""
    one = {"a": "1", "b": "2"}
    assert content_digest(one) == content_digest(dict(reversed(one.items())))
    assert content_digest(one) != content_digest({"a": "2", "b": "1"})


def test_an_own_copy_stands_in_until_it_is_forgotten(store: Store, tmp_path: Path) -> None:
    """It wins over the cache, for later calls too."""
    package = _package()
    _fill(store, package)
    mine = tmp_path / "mine"
    (mine / "Npu").mkdir(parents=True)
    (mine / _MARKER).touch()
    store.keep_own({"thing": mine})
    again = Store(store.folder)
    assert again.state(package) == "own"
    assert again.place(package).root == mine
    assert again.place(package).own
    again.keep_own({"thing": None})
    assert Store(store.folder).state(package) == "present"
    assert Store(store.folder, own={"thing": mine}).state(package) == "own"


@pytest.mark.parametrize("inner", ["", "Middlewares/ST/AI", "Middlewares/AI_Runtime", "Middlewares/stedgeai-lib"])
def test_an_own_copy_may_be_an_install_or_a_repository(tmp_path: Path, inner: str) -> None:
    """The runtime's place in STEdgeAI's install and in ST's repositories is known."""
    (tmp_path / inner / "Npu").mkdir(parents=True)
    (tmp_path / inner / _MARKER).touch()
    assert root_of(tmp_path, _MARKER) == (tmp_path / inner).resolve()


def test_a_folder_that_is_not_the_package_is_refused(tmp_path: Path) -> None:
    """The missing marker is named."""
    with pytest.raises(InputError, match=r"holds no Npu/version\.h"):
        root_of(tmp_path, _MARKER)


def test_a_broken_list_of_own_copies_is_named(store: Store) -> None:
    """It is not overwritten in silence."""
    store.folder.mkdir()
    (store.folder / "own.json").write_text("{")
    with pytest.raises(InputError, match=r"own\.json"):
        store.own()
