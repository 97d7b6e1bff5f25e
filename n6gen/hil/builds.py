"""The builds of a run: each made once, however many jobs need it, in a folder of this run."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.hil.evidence import image_hashes
from n6gen.hil.matrix import build_words
from n6gen.hil.plan import Job
from n6gen.hil.steps import Step, Stepper, StepResult
from n6gen.tools.files import read_object, sha256_file


@attrs.frozen
class Build:
    """A build that was made, or was not. `step` is None for one that the plan names and this run did not make.

    `images`: SHA-256 by partition, as they were when it ended.
    """

    folder: Path
    step: StepResult | None
    images: Mapping[str, str] = attrs.field(factory=dict)
    manifest: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def made(self) -> bool:
        """Whether it is there."""
        return self.step is None or self.step.ok

    def check(self) -> None:
        """InputError if an image is no longer what it was: nothing is flashed that this run did not build."""
        if image_hashes(self.folder) != self.images:
            raise InputError(f"{self.folder}: an image is not what it was when it was built", "Run the plan again.")


class Builds:
    """Makes builds, several at once."""

    def __init__(self, stepper: Stepper, board: str, timeout: float) -> None:
        """Build for `board`, each within `timeout` seconds."""
        self._stepper = stepper
        self._board = board
        self._timeout = timeout
        self._made: dict[str, Future[Build]] = {}
        self._lock = threading.Lock()
        # A build keeps more than one core busy while its compilers run.
        self._pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="build")

    def of(self, job: Job) -> Future[Build]:
        """The build of a job, begun if it was not yet."""
        key = self.key(job)
        with self._lock:
            if key not in self._made:
                make = self._named if job.image is not None else self._make
                self._made[key] = self._pool.submit(make, job, key)
            return self._made[key]

    def close(self) -> None:
        """Wait for what is under way; begin nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def key(self, job: Job) -> str:
        """Equal for jobs that need the same build."""
        options = dict(job.options)
        model = self._stepper.folder / str(options["model"])
        if model.is_file():
            options["model"] = sha256_file(model)
        text = json.dumps([self._board, options, str(job.image)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _make(self, job: Job, key: str) -> Build:
        folder = self._stepper.root / "builds" / key
        words = tuple(build_words(job, self._board, folder, self._stepper.folder))
        step, _ = self._stepper.run(Step("build", words, self._timeout), folder.parent / f"{key}.log")
        return _read(folder, step) if step.ok else Build(folder, step)

    def _named(self, job: Job, _: str) -> Build:
        assert job.image is not None  # noqa: S101 - of() asked
        build = _read(job.image, None)
        if build.manifest["board"] != self._board:
            raise InputError(f"{job.image} is a build for {build.manifest['board']}, not for {self._board}")
        return build


def _read(folder: Path, step: StepResult | None) -> Build:
    if step is None and not (folder / "manifest.json").is_file():
        raise InputError(f"{folder}, which the plan names as an image, holds no build")
    return Build(folder, step, image_hashes(folder), read_object(folder / "manifest.json"))
