"""A bug of ours: kept in a file for a report, never thrown at the user."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

from n6gen.cli.output import Output
from n6gen.errors import ExitCode, N6genError
from n6gen.tools.files import write_atomic
from n6gen.tools.paths import state_dir


class _BugError(N6genError):
    exit_code = ExitCode.BUG


def report_bug(out: Output, error: Exception) -> None:
    """Save the traceback in the state folder and say where it is."""
    file = state_dir() / "bugs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.txt"
    write_atomic(file, "".join(traceback.format_exception(error)))
    reason = f"{type(error).__name__}: {error}"
    out.error(_BugError(f"a bug in n6gen: {reason}", f"Report it with the file {file} and the command you typed."))
