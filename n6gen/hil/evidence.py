"""The folder of a run: everything that its verdicts rest on.

::

    <root>/<id>/
        plan.toml                  the plan, as it was
        results.json               written last: jobs, attempts, steps, verdicts, hashes
        junit.xml, summary.md, index.html
        builds/<key>/              builds; those of jobs that did not pass stay
        jobs/<job>/
            manifest.json          of the build that ran, with the hashes of its images
            <n>-<step>.log         what the step said in attempt n
            sessions/<id>/         raw bytes of the link and what goes with them (docs/measuring.md)
            session.json           what was judged
            session.html           the same as a page
            baseline.json          what it was judged by
        canary/                    logs of health checks
    <root>/history.jsonl           one line a run, also of runs that are gone
"""

from __future__ import annotations

import secrets
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from n6gen.errors import InputError, MissingToolError
from n6gen.hil.plan import Keep
from n6gen.tools.files import read_object, sha256_file, write_json
from n6gen.tools.paths import state_dir

RESULTS = "results.json"
PLAN = "plan.toml"
SCHEMA = 1
_UNDER_WAY = ".running"
#: A run without results that is this old, in seconds, was killed: no run may take longer than a day.
_DEAD_S = 2 * 86_400.0


def root_of(name: str, out: str | None) -> Path:
    """Where the runs of the plan called `name` are kept, unless `out` says."""
    return (Path(out) if out else state_dir() / "ci" / name).absolute()


def new_run(root: Path, plan: Path, now: datetime) -> Path:
    """The folder of a new run, with a copy of its plan; MissingToolError if it cannot be made."""
    folder = root / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
        (folder / _UNDER_WAY).touch()
        shutil.copyfile(plan, folder / PLAN)
    except OSError as error:
        raise MissingToolError(
            f"cannot make the run's folder {folder}: {error.strerror or error}",
            "Say where runs may be kept: --out DIR, or N6GEN_STATE_DIR.",
        ) from error
    return folder


def finish(folder: Path, results: dict[str, Any]) -> None:
    """Write the results of a run; from now on it may be removed."""
    write_json(folder / RESULTS, results)
    (folder / _UNDER_WAY).unlink(missing_ok=True)


def find_run(root: Path, where: str | None) -> Path:
    """A run by its folder or id, or the newest of `root`; InputError if there is none."""
    if where is None:
        found = finished(root)
        if not found:
            raise InputError(f"there is no finished run in {root}", "Run `n6gen ci run` first.")
        return found[-1]
    for folder in (Path(where), root / where):
        if (folder / RESULTS).is_file():
            return folder.absolute()
    raise InputError(f"there is no finished run {where}", "Give the folder of a run, or its id; without, the newest.")


def finished(root: Path) -> list[Path]:
    """The finished runs in `root`, the oldest first: their names begin with the time."""
    return sorted(file.parent for file in root.glob(f"*/{RESULTS}"))


def read_results(folder: Path) -> dict[str, Any]:
    """The results of a run; InputError if they are none, or of another n6gen's schema."""
    value = read_object(folder / RESULTS)
    if value.get("schema") != SCHEMA:
        raise InputError(f"{folder / RESULTS} has schema {value.get('schema')}, this n6gen knows {SCHEMA}")
    return value


def image_hashes(build: Path) -> dict[str, str]:
    """The SHA-256 of each image that a build's manifest lists, of the file as it is now."""
    from n6gen.image.manifest import read_manifest

    return {image.name: sha256_file(build / image.file) for image in read_manifest(build).partitions}


def newest_session(folder: Path) -> Path | None:
    """The newest session in a job's folder."""
    found = sorted(file.parent for file in folder.glob("sessions/*/session.json"))
    return found[-1] if found else None


def prune(root: Path, keep: Keep) -> list[str]:
    """Remove the oldest runs until `keep` holds, and those that were killed; the newest stays. Returns what went."""
    gone = [folder for folder in _unfinished(root) if time.time() - folder.stat().st_mtime > _DEAD_S]
    space = 0
    for rank, folder in enumerate(reversed(finished(root))):
        space += size_of(folder)
        if rank and (rank >= keep.runs or space > keep.mib << 20):
            gone.append(folder)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in gone]


def _unfinished(root: Path) -> list[Path]:
    """Runs without results: under way, or killed."""
    return [file.parent for file in root.glob(f"*/{_UNDER_WAY}") if not (file.parent / RESULTS).exists()]


def size_of(folder: Path) -> int:
    """How many bytes the files below a folder take."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
