"""A plan: what is to run, on what, and what is asked of it. Read from `n6gen-ci.toml` by n6gen.hil.read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

FILE_NAME = "n6gen-ci.toml"
#: Why a step may not have run. A job that ended so may be run again; one that was measured never.
RETRY_CLASSES = ("board", "timeout", "killed")
#: When a board has to prove that it is well.
CANARY_TIMES = ("before", "error", "after")


@attrs.frozen
class Job:
    """One model at one resolution with one set of options, on one board.

    `options`: of the build, by the names of its command line's options. `image`: a build folder that this run did not
    make, named by the plan. `baseline`: a file instead of the one in the plan's folder.
    """

    name: str
    options: Mapping[str, Any]
    image: Path | None = None
    baseline: Path | None = None

    @property
    def model(self) -> str:
        """The model's name, without folder and ending."""
        return Path(str(self.options["model"])).name.removesuffix(".onnx")


@attrs.frozen
class Excluded:
    """What of the matrix is not run, and why."""

    name: str
    why: str


@attrs.frozen
class BoardNeed:
    """What jobs ask of a board. `serials`: for the local bench, only these. `fallback`: a board for when there is none.

    `required`: whether a run without a board is an error.
    """

    name: str
    serials: tuple[str, ...]
    tags: Mapping[str, str]
    strategy: str
    fallback: str | None
    required: bool


@attrs.frozen
class Inputs:
    """What the boards are shown: pictures, or so many frames of a generated scene."""

    frames: tuple[Path, ...]
    scene: int


@attrs.frozen
class Evaluation:
    """A labelled data set for the mean IoU, on the host: masks that are exact make it the board's too."""

    images: Path
    masks: Path
    limit: int | None
    void: int | None


@attrs.frozen
class Limits:
    """What a measured job must keep. Masks must be exact in any case.

    Shares: `max_regression` 0.03 is 3 % above the baseline, for `stages` or for all.
    """

    max_regression: float | None = None
    stages: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    mask_agreement: float | None = None
    miou: float | None = None


@attrs.frozen
class Times:
    """How long things may take, in seconds. `board`: how long one is waited for; `inference`: one frame on it."""

    run: float
    job: float
    board: float
    build: float
    flash: float
    measure: float
    evaluate: float
    verify: float
    inference: float


@attrs.frozen
class Retry:
    """How often a job that did not run is tried again, and for which reasons (of RETRY_CLASSES)."""

    times: int
    classes: tuple[str, ...]


@attrs.frozen
class Canary:
    """What a board must be able to do: run this model exactly. No `when`: it is never asked."""

    when: tuple[str, ...]
    model: str
    res: int


@attrs.frozen
class Keep:
    """How much evidence is kept: so many runs, and so many MiB of them."""

    runs: int
    mib: int


@attrs.frozen
class Plan:
    """A whole plan. `verify`: whether every tensor is compared too. `coordinator`: that of a labgrid bench.

    `env`: variables that steps may see besides the usual ones.
    """

    file: Path
    name: str
    bench: str
    coordinator: str | None
    env: tuple[str, ...]
    jobs: tuple[Job, ...]
    excluded: tuple[Excluded, ...]
    board: BoardNeed
    inputs: Inputs
    evaluation: Evaluation | None
    verify: bool
    baselines: Path | None
    limits: Limits
    times: Times
    retry: Retry
    canary: Canary
    keep: Keep

    @property
    def folder(self) -> Path:
        """Where the plan is: its paths are relative to it, and steps run in it."""
        return self.file.parent


@attrs.frozen
class Shard:
    """The `index`-th (from 1) of `count` parts."""

    index: int
    count: int

    def part(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Every `count`-th job: the parts of one plan share none, and together they are all."""
        return jobs[self.index - 1 :: self.count]

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.index}/{self.count}"


ALL = Shard(1, 1)
