"""Taking files of one commit out of a repository that is not trusted.

Nothing of a source but its objects is ever used: no hook, no configuration, no attribute. git receives the objects
through its own transport, which computes every object's id from its content, so that the pinned commit's id vouches
for all that hangs on it. A mirror on disk is served from an empty repository that only borrows the mirror's objects.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import attrs

from n6gen.errors import InputError, MissingToolError
from n6gen.tools.run import Result, run

_FETCH_TIMEOUT_S = 900.0
_LOCAL_TIMEOUT_S = 120.0
#: So many ids in one call: Windows allows 32 Ki characters on a command line.
_IDS_A_CALL = 500

# The highest rank of attributes: every file is written as its bytes are, and none is left out.
_PLAIN = "* -text -filter -ident -working-tree-encoding -export-ignore -export-subst\n"


class GitError(Exception):
    """What git said when it could not do its work. The caller knows the package and makes it a user's error."""


class MissingFilesError(Exception):
    """The source lacks files of the commit; `paths` names them."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Keep the paths."""
        super().__init__(", ".join(paths))
        self.paths = tuple(paths)


@attrs.frozen
class Entry:
    """A file of a commit: path with "/", id of its blob, whether it is an ordinary file."""

    path: str
    blob: str
    plain: bool


def mirror_of(folder: Path, repository: str) -> Path | None:
    """The bare repository (or the .git of a clone) of "owner/name" in a folder of mirrors; None if there is none."""
    owner, name = repository.split("/")
    places = (f"{owner}+{name}/repo", f"{owner}+{name}", f"{owner}/{name}.git", f"{owner}/{name}")
    inner = [folder / place / git for place in places for git in ("", ".git")]
    return next((place for place in inner if (place / "objects").is_dir() and (place / "HEAD").is_file()), None)


def blob_id(data: bytes) -> str:
    """The id that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class Snapshot:
    """One commit of one source, in a scratch repository below `work` (an existing empty folder)."""

    def __init__(self, work: Path, commit: str, *, url: str | None = None, mirror: Path | None = None) -> None:
        """Get the commit and its folders, without file contents, from `url` or from the repository `mirror`.

        Raises GitError if the source cannot be reached or has no such commit, MissingToolError without git.
        """
        self.commit = commit
        self._repo = work / "repo.git"
        self._work = work
        self._serve: Path | None = None
        if mirror is not None:
            self._serve = self._server(mirror)
            url = self._serve.as_uri()
        # A mirror is never a reason to go to the network, nor the network one to read a path.
        self._protocol = "file" if mirror is not None or (url or "").startswith("file:") else "https"
        _make_bare(self._repo, f'[remote "origin"]\n\turl = "{url}"\n')
        (self._repo / "info").mkdir()
        (self._repo / "info" / "attributes").write_text(_PLAIN)
        self._fetch("--depth=1", commit)

    def entries(self, paths: Sequence[str]) -> list[Entry]:
        """All files of the commit at or below `paths`. Raises InputError for a path that the commit does not have."""
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", self.commit, "--", *paths).output
        entries = [
            Entry(path, blob, mode in {"100644", "100755"})
            for mode, blob, path in re.findall(r"(\d{6}) \w+ ([0-9a-f]{40})\t([^\0]+)\0", listing)
        ]
        for path in paths:
            if not any(e.path == path or e.path.startswith(f"{path}/") for e in entries):
                raise InputError(f"commit {self.commit} has no {path}")
        return entries

    def write(self, entries: Sequence[Entry], folder: Path) -> None:
        """Write files into `folder` as they are in the commit; each is compared with the id that the commit has for it.

        Raises MissingFilesError if the source lacks some, GitError for anything else that goes wrong.
        """
        ids = sorted({e.blob for e in entries})
        for start in range(0, len(ids), _IDS_A_CALL):
            try:
                self._fetch(*ids[start : start + _IDS_A_CALL])
            except GitError:
                if lacking := self._lacking(entries):
                    raise MissingFilesError(lacking) from None
                raise
        folder.mkdir()
        paths = [e.path for e in entries]
        for start in range(0, len(paths), _IDS_A_CALL):
            some = paths[start : start + _IDS_A_CALL]
            self._git(f"--work-tree={folder}", "checkout", "--quiet", self.commit, "--", *some)
        for entry in entries:
            if blob_id((folder / entry.path).read_bytes()) != entry.blob:
                raise GitError(f"{entry.path} was not written as it is in the commit")

    def _server(self, mirror: Path) -> Path:
        server = self._work / "serve.git"
        _make_bare(server, "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")
        (server / "objects" / "info").mkdir()
        (server / "objects" / "info" / "alternates").write_text(f"{mirror.resolve() / 'objects'}\n")
        # The commit is served as if it had no parents: a snapshot may lack them.
        (server / "shallow").write_text(f"{self.commit}\n")
        if not self._has(server, self.commit):
            raise GitError(f"the mirror {mirror} does not have the commit {self.commit}")
        return server

    def _fetch(self, *what: str) -> None:
        flags = ("--quiet", "--no-progress", "--no-tags", "--no-auto-gc", "--no-write-fetch-head", "--filter=blob:none")
        self._git("fetch", *flags, "origin", *what, timeout=_FETCH_TIMEOUT_S)

    def _lacking(self, entries: Sequence[Entry]) -> list[str]:
        if self._serve is None:
            return []
        return [e.path for e in entries if not self._has(self._serve, e.blob)]

    def _has(self, repo: Path, id_: str) -> bool:
        return _run(repo, "cat-file", "-e", id_, protocol="never").ok

    def _git(self, *words: str, timeout: float = _LOCAL_TIMEOUT_S) -> Result:
        result = _run(self._repo, *words, protocol=self._protocol, timeout=timeout)
        if result.timed_out:
            raise GitError(f"git gave no answer for {timeout:.0f} s")
        if not result.ok:
            raise GitError(_reason(result))
        return result


def _make_bare(repo: Path, config: str) -> None:
    """An empty repository. By hand: `git init` obeys variables that a surrounding git may have set."""
    for folder in ("objects", "refs"):
        (repo / folder).mkdir(parents=True)
    (repo / "HEAD").write_text("ref: refs/heads/none\n")
    (repo / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = true\n{config}", encoding="utf-8")


def _run(repo: Path, *words: str, protocol: str, timeout: float = _LOCAL_TIMEOUT_S) -> Result:
    config = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "core.autocrlf": "false",
        "core.symlinks": "false",
        "core.protectHFS": "true",
        "core.protectNTFS": "true",
        "core.attributesFile": os.devnull,
        "protocol.allow": "never",
        f"protocol.{protocol}.allow": "always",
        "fetch.fsckObjects": "true",
        "gc.auto": "0",
        "maintenance.auto": "false",
    }
    switches = [word for key, value in config.items() for word in ("-c", f"{key}={value}")]
    # n6gen may itself run in a git hook, whose variables lead git to the hook's repository.
    own = {
        "GIT_OBJECT_DIRECTORY": str(repo / "objects"),
        "GIT_INDEX_FILE": str(repo / "index"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        return run(["git", f"--git-dir={repo}", *switches, *words], timeout=timeout, env=own)
    except MissingToolError as error:
        raise MissingToolError(
            "git is needed to fetch vendor packages, and cannot be started",
            "Install it: 'sudo apt-get install git', 'sudo dnf install git', 'brew install git', or git-scm.com.",
            "Or point at your own copies: n6gen vendor fetch --path NAME=DIR.",
        ) from error


def _reason(result: Result) -> str:
    """The line of git's output that says most."""
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return (telling or lines or [f"git ended with {result.returncode}"])[0]
