"""The files that `n6gen ci init` writes: the example of a plan, and the pipelines that run one."""

from __future__ import annotations

from pathlib import Path

from n6gen.errors import InputError
from n6gen.tools.files import write_atomic

_HERE = Path(__file__).parent
_EXAMPLE = _HERE / "example.toml"
#: Where each service looks for its pipeline in a repository.
PIPELINES = {"github": Path(".github/workflows/n6gen.yml"), "gitlab": Path(".gitlab-ci.yml")}


def write_example(file: Path) -> None:
    """Write it to `file`."""
    write_atomic(file, _EXAMPLE.read_bytes())


def write_pipeline(service: str, folder: Path) -> Path:
    """Write the pipeline for one of `PIPELINES` into a repository; its file. Raises InputError if that is there."""
    file = folder / PIPELINES[service]
    if file.exists():
        raise InputError(f"{file} is there already", f"Or remove it first; what would be in it: {_HERE / service}.yml")
    write_atomic(file, (_HERE / f"{service}.yml").read_bytes())
    return file
