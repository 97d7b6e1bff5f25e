"""The vendor packages of this machine's own cache, and small repositories that stand in for them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs
import platformdirs

from n6gen.vendor.manifest import Package
from n6gen.vendor.store import Store

# Read at import: every test gets a cache of its own (tests/conftest.py).
_REAL = Path(os.environ.get("N6GEN_CACHE_DIR") or platformdirs.user_cache_dir("n6gen"))
_WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def real_store() -> Store:
    """The packages that `n6gen vendor fetch` brought to this machine, outside of any test."""
    return Store(_REAL / "vendor")


def git(folder: Path, *words: str) -> str:
    """Run git in `folder`, by default settings only; returns what it printed."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **_WHO}
    done = subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@attrs.frozen
class Origin:
    """A repository with a work tree; what it publishes is its newest commit."""

    folder: Path

    def commit(self, files: Mapping[str, bytes]) -> str:
        """Write and commit `files`; returns the commit's id."""
        for name, data in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        git(self.folder, "add", "--all", "--force")
        git(self.folder, "commit", "--quiet", "--message=x")
        return git(self.folder, "rev-parse", "HEAD")

    def mirror(self, mirrors: Path, place: str = "owner+thing/repo") -> Path:
        """A bare clone at `place` in the folder `mirrors`; returns the clone."""
        target = mirrors / place
        target.parent.mkdir(parents=True, exist_ok=True)
        git(self.folder, "clone", "--quiet", "--bare", "--no-hardlinks", str(self.folder), str(target))
        return target

    def package(self, commit: str, **fields: object) -> Package:
        """A package of this repository, fetched through git's transport for local files."""
        given = {
            "name": "thing",
            "role": "thing",
            "title": "a thing",
            "url": self.folder.as_uri(),
            "commit": commit,
            "version": "1",
            "licence": "BSD-3-Clause",
            "licence_file": "LICENSE",
            "paths": ("LICENSE", "src"),
            "marker": "src/a.h",
        }
        return Package(**(given | fields))  # type: ignore[arg-type]


def origin(base: Path) -> Origin:
    """An empty repository, reachable as `base`/owner/thing."""
    folder = base / "owner" / "thing"
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    # Commit bytes as they are, whatever attributes are among them.
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "attributes").write_text("* -text -filter -ident -working-tree-encoding\n")
    # What a public server allows.
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(folder, "config", key, "true")
    return Origin(folder)
