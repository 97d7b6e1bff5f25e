"""Bringing a package into the cache: whole and verified, or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from n6gen.errors import InputError, MissingToolError, N6genError
from n6gen.vendor.git import GitError, MissingFilesError, Snapshot, mirror_of
from n6gen.vendor.manifest import Package
from n6gen.vendor.store import Record, Store

Say = Callable[[str], None]
_NO_SPACE = "No space left on device"


def fetch(
    package: Package,
    store: Store,
    *,
    mirror: Path | None = None,
    expect: str | None = None,
    say: Say = lambda line: None,  # noqa: ARG005
) -> Record:
    """Have a package in the store; does nothing if it is there. Two calls at once do the work once.

    `mirror`: a folder of bare repositories to take it from, instead of its url. `expect`: the content's SHA-256 that
    a lock file recorded.

    Raises MissingToolError (no git, no network, not in the mirror, disk full) and InputError (another content than
    the lock file says, files that cannot be taken).
    """
    from filelock import FileLock, Timeout

    locks = store.folder / ".locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{package.folder_name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"{package.name}: another n6gen is fetching it, waiting")
            lock.acquire()
        try:
            record = store.record(package) or _fetch(package, store, mirror, say)
        finally:
            lock.release()
    except OSError as error:
        raise _os_error(package, store, error) from error
    if expect is not None and record.sha256 != expect:
        raise InputError(
            f"{package.name}: its files are not those that n6gen.lock recorded for commit {package.commit[:8]}",
            "Run 'n6gen vendor check' to see whether files in the cache were changed.",
            f"To accept them, delete the entry {package.name} in n6gen.lock.",
        )
    return record


def _fetch(package: Package, store: Store, mirror: Path | None, say: Say) -> Record:
    prefix = f".{package.folder_name}."
    # What a killed fetch left; the lock is ours, so nobody uses it.
    for left in store.folder.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    source = _source(package, mirror)
    say(f"{package.name}: fetching {package.title} {package.version} from {source or package.url}")
    with tempfile.TemporaryDirectory(dir=store.folder, prefix=prefix, ignore_cleanup_errors=True) as scratch:
        work = Path(scratch)
        files = work / "files"
        try:
            snapshot = Snapshot(work, package.commit, url=package.url, mirror=source)
            entries = snapshot.entries(package.paths)
            odd = [e.path for e in entries if not e.plain]
            if odd:
                raise InputError(f"{package.name}: {odd[0]} is a link, which n6gen does not take from a repository")
            snapshot.write(entries, files)
        except MissingFilesError as error:
            raise _lacking(package, source, error) from error
        except GitError as error:
            raise _git_error(package, store, source, str(error)) from error
        record = store.write_record(package, files)
        home = store.home(package)
        if home.exists():
            # Of another set of paths, or half deleted.
            home.rename(work / "old")
        files.rename(home)
    return record


def _source(package: Package, mirror: Path | None) -> Path | None:
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise InputError(f"the mirror {mirror} is not a folder")
    found = mirror_of(mirror, package.repository)
    if found is None:
        owner, name = package.repository.split("/")
        raise MissingToolError(
            f"{package.name}: the mirror {mirror} has no {package.repository}",
            f"Put a bare clone at {owner}+{name}/repo or {owner}/{name}.git in it: git clone --bare {package.url}",
            f"Or use a copy of your own: n6gen vendor fetch --path {package.name}=DIR.",
        )
    return found


def _lacking(package: Package, source: Path | None, error: MissingFilesError) -> N6genError:
    more = f" and {len(error.paths) - 1} more" if len(error.paths) > 1 else ""
    return MissingToolError(
        f"{package.name}: {source or package.url} lacks {error.paths[0]}{more}, though it has the commit",
        "A snapshot may be without its largest files: use a full clone as mirror, or leave --mirror out.",
    )


def _git_error(package: Package, store: Store, source: Path | None, reason: str) -> N6genError:
    if _NO_SPACE in reason:
        return _os_error(package, store, OSError(errno.ENOSPC, _NO_SPACE))
    if source is not None:
        return MissingToolError(
            f"{package.name}: cannot take commit {package.commit[:8]} from {source}: {reason}",
            "Update the mirror ('git fetch' in it), or leave --mirror out.",
        )
    return MissingToolError(
        f"{package.name}: cannot fetch {package.url}: {reason}",
        "Is there a network? A proxy is taken from git's own configuration (git config --global http.proxy URL).",
        "Without a network: n6gen vendor fetch --mirror DIR, with bare clones in DIR (docs/vendor.md).",
        f"Or use a copy of your own: n6gen vendor fetch --path {package.name}=DIR.",
    )


def _os_error(package: Package, store: Store, error: OSError) -> N6genError:
    if error.errno == errno.ENOSPC:
        return MissingToolError(
            f"{package.name}: no space left in {store.folder}",
            "Free some space (all packages together take about 50 MB), or set N6GEN_CACHE_DIR to a larger disk.",
        )
    return MissingToolError(f"{package.name}: cannot write {store.folder}: {error.strerror or error}")
