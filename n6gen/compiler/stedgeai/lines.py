"""The tool's text as it reaches us: through CubeMX, AI Studio, the Dev Cloud, a progress bar. Made plain here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs

from n6gen.compiler.stedgeai import version
from n6gen.compiler.stedgeai.version import CoreVersion

# CubeMX: "2026-06-16 21:30:29,930 [INFO] CmdLine:76 - ".
_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \[\w+\] \w+:\d+ - ?")
# The progress bar, once or more in front of what was printed: "PASS:  98%|###8| 102/104 [01:25<00:05,  2s/it]".
_BAR = re.compile(r"^(?:PASS:\s*\d+%\|[^|]*\|\s*\d+/\d+ \[[^\]]*\]\s*)+")

_COMMANDS = "analyze|generate|validate|supported-ops"
_SUMMARY = re.compile(rf"Exec/report summary \(({_COMMANDS})\)")
_CALLED = re.compile(rf"stedgeai(?:\.exe)?\"?\s+({_COMMANDS})\b")
_PARAMETERS = re.compile(rf"Parameters\s*: (({_COMMANDS})\b.*)")
_STUDIO = re.compile(rf"Run failed: Error: ({_COMMANDS}) error: ")
_ELAPSED = re.compile(rf"elapsed time \(({_COMMANDS})\)", re.IGNORECASE)
_FINISHED = re.compile(r"elapsed time \(|Generated files \(\d+\)|stedgeai exit with status: 0$|^Exit code: 0$")
_STATUS = re.compile(r"(?:stedgeai exit with status|^Exit code): (\d+)$")


@attrs.define
class Run:
    """One call of the tool in a text: its cleaned lines and what they say about the call itself."""

    lines: list[str] = attrs.Factory(list)
    core: CoreVersion | None = None
    command: str | None = None
    arguments: str | None = None
    finished: bool = False
    status: int | None = None

    def read(self, line: str) -> None:
        """Take in one line."""
        self.lines.append(line)
        self.core = version.in_line(line) or self.core
        self.command = _command(line) or self.command
        parameters = _PARAMETERS.search(line)
        called = _CALLED.search(line)
        if parameters:
            self.arguments = parameters[1]
        elif called:
            self.arguments = line[called.start(1) :]
        self.finished = self.finished or bool(_FINISHED.search(line))
        status = _STATUS.search(line)
        if status:
            self.status = int(status[1])


def clean_lines(text: str) -> list[str]:
    """`text` without progress bars, loggers' prefixes and outer blanks; a carriage return starts a new line."""
    return list(_clean(text))


def runs_in(lines: Sequence[str]) -> list[Run]:
    """The calls of the tool in `lines`, in order; at least one, which may know nothing of itself."""
    runs = [Run()]
    for line in lines:
        if _starts_anew(line, runs[-1]):
            runs.append(Run())
        runs[-1].read(line)
    return runs


def _starts_anew(line: str, run: Run) -> bool:
    if version.in_line(line):
        return run.core is not None
    command = _command(line)
    if command is None or _PARAMETERS.search(line):
        return False
    if _CALLED.search(line):
        # Its title follows; a call whose title was seen is over.
        return run.core is not None or run.command is not None or run.finished
    return run.command is not None and command != run.command


def _command(line: str) -> str | None:
    for pattern in (_SUMMARY, _CALLED, _STUDIO, _ELAPSED):
        match = pattern.search(line)
        if match:
            return match[1].lower()
    match = _PARAMETERS.search(line)
    return match[2] if match else None


def _clean(text: str) -> Iterator[str]:
    for raw in re.split(r"\r?\n|\r", text):
        line = _BAR.sub("", _LOGGED.sub("", raw)).strip()
        if line:
            yield line
