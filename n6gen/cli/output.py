"""What a command shows: results on stdout, everything else on stderr, one JSON object when a machine reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6gen.errors import N6genError
from n6gen.tools.text import clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


class Verbosity(IntEnum):
    """How much is said on stderr."""

    #: Errors only.
    QUIET = 0
    #: One line a step.
    NORMAL = 1
    #: The tools' own output too.
    VERBOSE = 2


class Output:
    """The one way a command speaks.

    `json_to` is None (people read), ``"-"`` (one object on stdout) or a file name (the object goes there and people
    still read stdout).
    """

    def __init__(self, json_to: str | None = None, verbosity: Verbosity = Verbosity.NORMAL) -> None:
        """Remember who reads."""
        self.json_to = json_to
        self.verbosity = verbosity
        self._out: Console | None = None
        self._err: Console | None = None

    @property
    def for_machine(self) -> bool:
        """Whether stdout is reserved for one JSON object."""
        return self.json_to == "-"

    @property
    def out(self) -> Console:
        """The console of results."""
        if self._out is None:
            self._out = _console(stderr=False)
        return self._out

    @property
    def err(self) -> Console:
        """The console of everything else."""
        if self._err is None:
            self._err = _console(stderr=True)
        return self._err

    def show(self, *what: RenderableType) -> None:
        """Print a part of the result for people; nothing when a machine reads."""
        if not self.for_machine:
            for item in what:
                self.out.print(item, markup=False, highlight=False, soft_wrap=isinstance(item, str))

    def say(self, line: str) -> None:
        """Tell a step on stderr, unless quiet."""
        if self.verbosity >= Verbosity.NORMAL:
            self.err.print(clean(line), markup=False, highlight=False, soft_wrap=True)

    def detail(self, line: str) -> None:
        """Tell a detail on stderr, if verbose."""
        if self.verbosity >= Verbosity.VERBOSE:
            self.err.print(clean(line), markup=False, highlight=False, soft_wrap=True, style="dim")

    def result(self, value: Any) -> None:
        """Give the JSON object to whoever asked for it."""
        if self.json_to is None:
            return
        text = json.dumps(value, indent=2)
        if self.json_to == "-":
            sys.stdout.write(text + "\n")
        else:
            from n6gen.tools.files import write_atomic

            write_atomic(Path(self.json_to), text + "\n")

    @contextmanager
    def progress(self, title: str, total: float) -> Iterator[Callable[[float], None]]:
        """Show a bar on a terminal; yields a function that takes how much is done of `total`."""
        if self.verbosity < Verbosity.NORMAL or not self.err.is_terminal:
            yield lambda done: None  # noqa: ARG005
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(*columns, TimeElapsedColumn(), console=self.err, transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.update(task, completed=done)

    def error(self, error: N6genError) -> None:
        """Print an error and what to try; as the one JSON object too when a machine reads."""
        self._complain(error.message, error.things_to_try)
        if self.for_machine:
            what = {"kind": type(error).__name__, "exit_code": int(error.exit_code), "message": error.message}
            self.result({"error": {**what, "things_to_try": list(error.things_to_try)}})

    def _complain(self, message: str, things_to_try: tuple[str, ...]) -> None:
        self.err.print("error:", style="bold red", end=" ")
        self.err.print(clean(message), markup=False, highlight=False, soft_wrap=True)
        if things_to_try:
            self.err.print("Things to try:", style="bold")
            for thing in things_to_try:
                self.err.print(f"  - {clean(thing)}", markup=False, highlight=False, soft_wrap=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)
