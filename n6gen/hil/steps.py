"""Steps of jobs: `n6gen` commands as processes of their own, with a time limit and an environment without secrets."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.tools.files import write_atomic
from n6gen.tools.run import background

#: How this n6gen is started, whatever lies on PATH.
PROGRAM = (sys.executable, "-m", "n6gen")
#: What a step may see of the environment; all else may be a secret.
_VARIABLES = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "WINDIR"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "USERPROFILE"),
)
_PREFIXES = ("LC_", "XDG_", "N6GEN_")
_POLL_S = 0.1
#: Of what a step says, at most the last so many characters are kept.
_MOST = 4 << 20


class Stop:
    """Ends all that a run has under way; `verdict` is that of the jobs that it ends."""

    def __init__(self) -> None:
        """Nothing is stopped yet."""
        self._event = threading.Event()
        self.verdict = "cancelled"
        self.reason = ""

    def now(self, verdict: str, reason: str) -> None:
        """Stop; the first one who says so says why."""
        if not self._event.is_set():
            self.verdict, self.reason = verdict, reason
            self._event.set()

    def __bool__(self) -> bool:
        """Whether all has to end."""
        return self._event.is_set()


@attrs.frozen
class Step:
    """A command of n6gen, by name and words, and how many seconds it may take."""

    name: str
    words: tuple[str, ...]
    timeout: float


@attrs.frozen
class StepResult:
    """How a step ended. No `exit_code`: it was ended, because it took too long or all had to stop.

    `error`: kind, message and things to try, if it said so. `log`: where its words are, relative to the run's folder.
    """

    name: str
    words: tuple[str, ...]
    seconds: float
    exit_code: int | None
    timed_out: bool
    log: str
    error: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether it did what it should."""
        return self.exit_code == 0


def environment(further: Sequence[str] = (), given: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a step sees: the usual variables, those named in `further`, and `given`."""
    usual = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _VARIABLES or name.startswith(_PREFIXES) or name in further
    }
    return {**usual, **(given or {})}


@attrs.frozen
class Stepper:
    """Runs steps: which program, where, and what stops them. `root`: the run's folder, that logs are relative to."""

    root: Path
    folder: Path
    stop: Stop
    env: tuple[str, ...] = ()
    program: tuple[str, ...] = PROGRAM

    def run(
        self, step: Step, log: Path, *, env: Mapping[str, str] | None = None, keep: Sequence[int] = ()
    ) -> tuple[StepResult, dict[str, Any] | None]:
        """Run a step to its end, at most for its time, and give back the JSON object that it printed, if it did."""
        started = time.monotonic()
        timed_out = False
        code: int | None = None
        with background(
            [*self.program, *step.words],
            cwd=self.folder,
            env=environment(self.env, env),
            keep=keep,
            only_env=True,
        ) as ran:
            while (code := ran.ended(_POLL_S)) is None and not self.stop:
                if time.monotonic() - started > step.timeout:
                    timed_out = True
                    break
        said = ran.output
        write_atomic(log, f"$ n6gen {' '.join(step.words)}\n{said[-_MOST:]}")
        value = last_object(said)
        error = value.get("error") if value is not None and code != 0 else None
        where = log.relative_to(self.root).as_posix()
        seconds = round(time.monotonic() - started, 3)
        return StepResult(step.name, step.words, seconds, code, timed_out, where, error), value


def last_object(text: str) -> dict[str, Any] | None:
    """The JSON object that begins on the last line that is only a brace; None if there is none."""
    for found in reversed(list(re.finditer(r"^\{\n", text, re.MULTILINE))):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, found.start())
        except ValueError:
            continue
        return dict(value) if isinstance(value, dict) else None
    return None
