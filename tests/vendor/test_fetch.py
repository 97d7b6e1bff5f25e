"""Fetching vendor packages: real git, real repositories on disk."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from n6gen.errors import InputError, MissingToolError
from n6gen.vendor.fetch import fetch
from n6gen.vendor.git import blob_id, mirror_of
from n6gen.vendor.store import Store
from tests.support.vendor import Origin, git, origin

_FILES = {
    "LICENSE": b"free\n",
    "src/a.h": b"one\r\ntwo\n",
    "src/deep/b.c": b"int b;\n",
    "docs/large.html": b"not needed" * 1000,
}


@pytest.fixture
def source(tmp_path: Path) -> Origin:
    return origin(tmp_path / "a folder")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache" / "vendor")


def _tree(folder: Path) -> dict[str, bytes]:
    files = (f for f in folder.rglob("*") if f.is_file() and f.name != ".n6gen-package.json")
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def _wanted() -> dict[str, bytes]:
    return {name: data for name, data in _FILES.items() if not name.startswith("docs")}


def _left(store: Store) -> list[str]:
    return [entry.name for entry in store.folder.iterdir() if entry.name != ".locks"]


def test_only_the_needed_folders_of_the_pinned_commit_are_fetched(source: Origin, store: Store) -> None:
    """Not the newest commit, not the other folders; bytes as they are."""
    commit = source.commit(_FILES)
    source.commit({"src/a.h": b"newer\n"})
    package = source.package(commit)
    record = fetch(package, store)
    assert _tree(store.home(package)) == _wanted()
    assert set(record.files) == set(_wanted())
    assert _left(store) == [package.folder_name]


@pytest.mark.parametrize("place", ["owner+thing/repo", "owner/thing.git", "owner+thing/repo/.git"])
def test_a_mirror_of_either_shape_serves(source: Origin, store: Store, tmp_path: Path, place: str) -> None:
    """Bare clones, or the .git of a clone; the package's own address is not touched."""
    package = source.package(source.commit(_FILES), url="https://127.0.0.1:1/owner/thing")
    source.mirror(tmp_path / "mirrors", place)
    fetch(package, store, mirror=tmp_path / "mirrors")
    assert _tree(store.home(package)) == _wanted()


def test_once_here_a_package_needs_nothing(source: Origin, store: Store, tmp_path: Path) -> None:
    """Neither the source nor git is asked again."""
    package = source.package(source.commit(_FILES))
    first = fetch(package, store)
    source.folder.rename(tmp_path / "gone")
    assert fetch(package, store) == first


def test_other_paths_of_the_same_commit_are_fetched_anew(source: Origin, store: Store) -> None:
    """A newer n6gen may need another folder."""
    commit = source.commit(_FILES)
    fetch(source.package(commit), store)
    more = source.package(commit, paths=("LICENSE", "src", "docs"))
    assert store.record(more) is None
    fetch(more, store)
    assert _tree(store.home(more)) == _FILES
    assert _left(store) == [more.folder_name]


def test_nothing_of_a_mirror_is_executed_or_obeyed(source: Origin, store: Store, tmp_path: Path) -> None:
    """Neither its hooks and configuration nor the attributes in its files."""
    trap = tmp_path / "trap"
    script = tmp_path / "touch"
    script.write_text(f"#!/bin/sh\ntouch '{trap}'\nexec cat\n")
    script.chmod(0o755)
    attributes = b"* text eol=crlf filter=evil ident export-ignore working-tree-encoding=UTF-16\n"
    marked = {**_FILES, ".gitattributes": attributes, "src/.gitattributes": attributes, "src/a.h": b"$Id$\nx\n"}
    package = source.package(source.commit(marked), url="https://127.0.0.1:1/owner/thing")
    mirror = source.mirror(tmp_path / "mirrors")
    for hook in ("post-checkout", "pre-receive", "reference-transaction", "post-index-change", "upload-pack"):
        (mirror / "hooks").mkdir(exist_ok=True)
        (mirror / "hooks" / hook).symlink_to(script)
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "uploadpack.packObjectsHook",
        "filter.evil.smudge",
        "filter.evil.process",
        "remote.origin.uploadpack",
        "core.alternateRefsCommand",
    ):
        git(mirror, "config", key, str(script))
    git(mirror, "config", "extensions.partialClone", "origin")
    git(mirror, "config", "core.hooksPath", str(mirror / "hooks"))
    fetch(package, store, mirror=tmp_path / "mirrors")
    got = _tree(store.home(package))
    assert got == {name: data for name, data in marked.items() if name.startswith(("src/", "LICENSE"))}
    assert not trap.exists()


def test_a_snapshot_without_history_and_large_files_serves(source: Origin, store: Store, tmp_path: Path) -> None:
    """Only what is needed has to be there."""
    source.commit({"src/a.h": b"old\n"})
    package = source.package(source.commit(_FILES))
    mirror = source.mirror(tmp_path / "mirrors")
    _remove(mirror, git(mirror, "rev-parse", "HEAD~1"))
    _remove(mirror, blob_id(_FILES["docs/large.html"]))
    fetch(package, store, mirror=tmp_path / "mirrors")
    assert _tree(store.home(package)) == _wanted()


def test_a_needed_file_that_the_mirror_lacks_is_named(source: Origin, store: Store, tmp_path: Path) -> None:
    """The message says which file and which mirror; nothing stays behind."""
    package = source.package(source.commit(_FILES))
    mirror = source.mirror(tmp_path / "mirrors")
    _remove(mirror, blob_id(_FILES["src/deep/b.c"]))
    with pytest.raises(MissingToolError, match=r"lacks src/deep/b\.c") as error:
        fetch(package, store, mirror=tmp_path / "mirrors")
    assert str(mirror) in error.value.message
    assert _left(store) == []


@pytest.mark.parametrize("kind", ["file", "folder", "commit"])
def test_a_mirror_with_forged_content_is_refused(source: Origin, store: Store, tmp_path: Path, kind: str) -> None:
    """An object whose content does not give its id never reaches the cache, wherever in the commit it hangs."""
    package = source.package(source.commit(_FILES))
    mirror = source.mirror(tmp_path / "mirrors")
    ids = {"file": blob_id(_FILES["src/deep/b.c"]), "folder": git(mirror, "rev-parse", "HEAD:src")}
    target = _loose(mirror, ids.get(kind, package.commit))
    true = zlib.decompress(target.read_bytes())
    forged = true.replace(b"int b", b"int c").replace(b"deep", b"deeq").replace(b"a@b", b"a@c")
    assert forged != true
    target.chmod(0o644)
    target.write_bytes(zlib.compress(forged))
    with pytest.raises(MissingToolError, match="thing: cannot take commit"):
        fetch(package, store, mirror=tmp_path / "mirrors")
    assert _left(store) == []


def test_a_commit_that_the_source_does_not_have(source: Origin, store: Store, tmp_path: Path) -> None:
    """A wrong or newer pin is an error that names the commit, from a mirror and from an address."""
    source.commit(_FILES)
    package = source.package("12345678" * 5)
    source.mirror(tmp_path / "mirrors")
    with pytest.raises(MissingToolError, match="12345678"):
        fetch(package, store, mirror=tmp_path / "mirrors")
    with pytest.raises(MissingToolError, match="cannot fetch"):
        fetch(package, store)
    assert _left(store) == []


def test_without_a_network_the_way_without_one_is_told(source: Origin, store: Store) -> None:
    """git's reason, and both ways to do without."""
    package = source.package(source.commit(_FILES), url="https://127.0.0.1:1/owner/thing")
    with pytest.raises(MissingToolError, match=r"cannot fetch https://127\.0\.0\.1:1/owner/thing: fatal:") as error:
        fetch(package, store)
    assert any("--mirror" in thing for thing in error.value.things_to_try)
    assert any("--path thing=DIR" in thing for thing in error.value.things_to_try)


def test_a_mirror_never_leads_to_the_network(source: Origin, store: Store, tmp_path: Path) -> None:
    """A folder without the repository is an error that says where it was looked for."""
    package = source.package(source.commit(_FILES))
    (tmp_path / "mirrors").mkdir()
    with pytest.raises(MissingToolError, match="has no owner/thing") as error:
        fetch(package, store, mirror=tmp_path / "mirrors")
    assert "owner+thing/repo" in error.value.things_to_try[0]
    with pytest.raises(InputError, match="not a folder"):
        fetch(package, store, mirror=tmp_path / "nowhere")


def test_git_missing(source: Origin, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the way to do without it."""
    package = source.package(source.commit(_FILES))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="git is needed") as error:
        fetch(package, store)
    assert any("--path" in thing for thing in error.value.things_to_try)


def test_links_and_unknown_paths_are_refused(source: Origin, store: Store) -> None:
    """A link could lead out of the cache; a path that is not there is a wrong manifest."""
    (source.folder / "src").mkdir()
    (source.folder / "src" / "link").symlink_to("/etc/passwd")
    package = source.package(source.commit(_FILES))
    with pytest.raises(InputError, match="src/link is a link"):
        fetch(package, store)
    with pytest.raises(InputError, match="has no nothing"):
        fetch(source.package(package.commit, paths=("LICENSE", "nothing")), store)


def test_content_other_than_the_lock_file_says(source: Origin, store: Store) -> None:
    """The same commit must give the same files on every machine."""
    package = source.package(source.commit(_FILES))
    record = fetch(package, store)
    assert fetch(package, store, expect=record.sha256) == record
    with pytest.raises(InputError, match=r"not those that n6gen\.lock recorded"):
        fetch(package, store, expect="0" * 64)


def test_variables_of_a_surrounding_git_do_no_harm(
    source: Origin, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """n6gen may be called from a hook: that repository stays as it is."""
    package = source.package(source.commit(_FILES))
    other = origin(tmp_path / "hook")
    head = other.commit({"x": b"x"})
    before = sorted((f, f.stat().st_mtime_ns) for f in other.folder.rglob("*"))
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git" / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.folder / ".git" / "objects"))
    fetch(package, store)
    assert _tree(store.home(package)) == _wanted()
    assert sorted((f, f.stat().st_mtime_ns) for f in other.folder.rglob("*")) == before
    assert git(other.folder, "rev-parse", "HEAD") == head


def test_a_full_disk_is_said(source: Origin, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that cannot write says so in its own words; the user gets ours."""
    package = source.package(source.commit(_FILES))
    _stand_in(tmp_path, monkeypatch, "echo 'fatal: write error: No space left on device' >&2; exit 128")
    with pytest.raises(MissingToolError, match="no space left in"):
        fetch(package, store)
    assert _left(store) == []


def test_two_fetches_at_once_do_the_work_once(
    source: Origin, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits and finds the package; nobody sees half of one."""
    package = source.package(source.commit(_FILES))
    calls = tmp_path / "calls"
    _stand_in(tmp_path, monkeypatch, f"echo $$ >> '{calls}'; sleep 0.3")
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        records = list(pool.map(lambda _: fetch(package, Store(store.folder), say=said.append), range(2)))
    assert records[0] == records[1]
    assert sum("fetching a thing" in line for line in said) == 1
    assert len(calls.read_text().split()) == 2  # the commit, then its files


def test_a_killed_fetch_leaves_no_package_and_the_next_one_cleans_up(
    source: Origin, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill at the worst moment: between the commit and the files."""
    package = source.package(source.commit(_FILES))
    begun = tmp_path / "begun"
    with monkeypatch.context() as patch:
        _stand_in(tmp_path, patch, f"touch '{begun}'; sleep 3; exit 1")
        code = (
            "import sys; from pathlib import Path; from n6gen.vendor.fetch import fetch; "
            "from n6gen.vendor.manifest import Package; from n6gen.vendor.store import Store; import json; "
            "fetch(Package(**json.loads(sys.argv[2])), Store(Path(sys.argv[1])))"
        )
        words = [sys.executable, "-c", code, str(store.folder), json.dumps(attrs.asdict(package))]
        process = subprocess.Popen(words, env=dict(os.environ))
        while not begun.exists():
            time.sleep(0.05)
        process.kill()
        process.wait()
    assert store.record(package) is None
    assert any(name.startswith(f".{package.folder_name}.") for name in _left(store))
    fetch(package, store)
    assert _left(store) == [package.folder_name]


def test_a_mirror_is_found_by_owner_and_name(tmp_path: Path) -> None:
    """Nothing else in the folder is taken for it."""
    for name in ("owner+thing", "owner", "other+thing/repo"):
        (tmp_path / name).mkdir(parents=True)
    assert mirror_of(tmp_path, "owner/thing") is None


def _stand_in(tmp_path: Path, patch: pytest.MonkeyPatch, before_fetch: str) -> None:
    """Put a git on PATH that runs `before_fetch` before each real fetch."""
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    tool = tmp_path / "bin" / "git"
    tool.parent.mkdir(exist_ok=True)
    tool.write_text(f'#!/bin/sh\ncase " $* " in *" fetch "*) {before_fetch};; esac\nexec {real} "$@"\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    patch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")


def _loose(repo: Path, id_: str) -> Path:
    """The file of an object, unpacked first where it is packed."""
    packs = repo / "objects" / "pack"
    for pack in list(packs.glob("*.pack")):
        moved = repo / pack.name
        pack.rename(moved)
        for left in packs.glob(f"{pack.stem}.*"):
            left.unlink()
        with moved.open("rb") as stream:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=repo, stdin=stream, check=True)
        moved.unlink()
    return repo / "objects" / id_[:2] / id_[2:]


def _remove(repo: Path, id_: str) -> None:
    target = _loose(repo, id_)
    target.chmod(0o644)
    target.unlink()
