#!/usr/bin/env python3
"""The real qemu-system-arm; before it starts, it is written down which virtual board it is, and who else is on it.

Set N6GEN_QEMU to this file. $BOARD_LOG gets one line of JSON appended for each start; $BOARD_HOLD and $BOARD_JOB say
for whom. `others` are processes that an earlier start left running on the same board: there must be none.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

QEMU = shutil.which("qemu-system-arm") or "/usr/bin/qemu-system-arm"


def started(pid: int) -> str | None:
    """When a process started, None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def write_down(board: str, log: Path) -> None:
    """Append this start."""
    me = {"pid": os.getpid(), "start": started(os.getpid())}
    before = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    others = [one["pid"] for one in before if one["board"] == board and started(one["pid"]) == one["start"]]
    hold, job = os.environ.get("BOARD_HOLD", ""), os.environ.get("BOARD_JOB", "")
    record = {"board": board, "event": "begin", "what": "run", "hold": hold, "job": job, "time": time.time(), **me}
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, (json.dumps({**record, "others": others}) + "\n").encode())
    os.close(handle)


found = re.search(r"/virtual/([^/]+)/nor\.bin", " ".join(sys.argv))
if found and "BOARD_LOG" in os.environ:
    write_down(found[1], Path(os.environ["BOARD_LOG"]))
os.execv(QEMU, [QEMU, *sys.argv[1:]])
