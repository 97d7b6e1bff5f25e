"""Whether a board is well: a known image must give its known result."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from n6gen.errors import ExitCode, N6genError
from n6gen.hil.bench import Held
from n6gen.hil.builds import Build, Builds
from n6gen.hil.plan import Job, Plan
from n6gen.hil.steps import Step, Stepper

#: How a step ends if it is not the board's fault: a tool is missing, an input is wrong, a bug.
_NOT_THE_BOARD = (ExitCode.USAGE, ExitCode.MISSING, ExitCode.INPUT, ExitCode.BUG)

_ODD = re.compile(r"[^A-Za-z0-9._-]")


class Canary:
    """Flashes and measures one frame of a small network, whose mask must equal the integer reference."""

    def __init__(self, plan: Plan, stepper: Stepper, builds: Builds) -> None:
        """The image is built when a board is first asked."""
        self.job = Job("canary", {"model": plan.canary.model, "res": plan.canary.res})
        self._plan = plan
        self._stepper = stepper
        self._builds = builds
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.seconds: dict[str, float] = {}
        self.notes: list[str] = []

    def first(self, held: Held) -> str | None:
        """What is wrong with a board that this run did not use yet; None if nothing is, or it was asked before."""
        if "before" not in self._plan.canary.when:
            return None
        with self._lock:
            asked = held.name in self.seconds
            self.seconds.setdefault(held.name, 0.0)
        return None if asked else self.ask(held)

    def after_error(self, held: Held) -> str | None:
        """What is wrong with a board on which a job did not run."""
        return self.ask(held) if "error" in self._plan.canary.when else None

    def ask(self, held: Held) -> str | None:
        """What is wrong with a board: one line, or None."""
        try:
            return self._ask(held)
        except N6genError as error:
            self._note(error.message)
            return None

    def _ask(self, held: Held) -> str | None:
        build = self._builds.of(self.job).result()
        if not build.made:
            said = (build.step.error or {}).get("message") if build.step else None
            self._note(f"the canary could not be built: {said or 'see builds/'}")
            return None
        number = next(self._numbers)
        folder = self._stepper.root / "canary"
        for step in self._steps(held, build, folder):
            log = folder / f"{number}-{_ODD.sub('_', held.name)}-{step.name}.log"
            env = {**held.env, "N6GEN_SESSIONS_DIR": str(folder / "sessions")}
            done, _ = self._stepper.run(step, log, env=env, keep=held.keep)
            with self._lock:
                self.seconds[held.name] = self.seconds.get(held.name, 0.0) + done.seconds
            if done.ok or self._stepper.stop:
                continue
            if done.exit_code in _NOT_THE_BOARD:
                self._note(f"the canary could not {step.name}: {(done.error or {}).get('message', done.log)}")
                return None
            return f"the canary did not pass, at {step.name}: {_why(done.timed_out, done.error, done.exit_code)}"
        return None

    def _steps(self, held: Held, build: Build, folder: Path) -> list[Step]:
        time, where = self._plan.times, ("--build", str(build.folder), "--sn", held.serial, *held.options)
        shown = ("--scene", "1", "--timeout", f"{time.inference:g}")
        return [
            Step("flash", ("flash", *where, "--json"), time.flash),
            Step("measure", ("measure", *where, *shown, "--json", "--keep-sessions", "3"), time.measure),
        ]

    def _note(self, text: str) -> None:
        with self._lock:
            if text not in self.notes:
                self.notes.append(text)


def _why(timed_out: bool, error: Mapping[str, object] | None, code: int | None) -> str:
    if timed_out:
        return "it took too long"
    if error:
        return str(error.get("message"))
    return "its mask is wrong" if code == ExitCode.NEGATIVE else f"exit code {code}"
