"""Stands in for ssh and rsync to another machine, which is this one: no server, no key.

Only what labgrid uses of them. $SSH_LOG gets one line of JSON a command: the host, and the words, joined by blanks for
the other side's shell as the real ssh does it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

_WITH_VALUE = {"-o", "-O", "-e", "-S", "-L", "-R"}


def ssh(words: list[str]) -> int:
    """``ssh [OPTIONS] HOST [COMMAND…]``."""
    options: list[str] = []
    while words and words[0].startswith("-") and words[0] != "--":
        options.append(words.pop(0))
        if options[-1] in _WITH_VALUE:
            options.append(words.pop(0))
    host, command = words[0], " ".join(word for word in words[1:] if word != "--")
    if "-O" in options:
        # There is a master connection already, kept by somebody else.
        return 0
    with Path(os.environ["SSH_LOG"]).open("a") as log:
        log.write(json.dumps({"host": host, "command": command}) + "\n")
    if command == "cat":
        # labgrid keeps its connection up with this one.
        while sys.stdin.read(1):
            time.sleep(0.05)
        return 0
    return subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, check=False).returncode


def rsync(words: list[str]) -> int:
    """``rsync [OPTIONS] FILE HOST:PATH``."""
    source, target = words[-2:]
    shutil.copyfile(source, target.partition(":")[2])
    return 0


if __name__ == "__main__":
    sys.exit({"ssh": ssh, "rsync": rsync}[sys.argv[1]](sys.argv[2:]))
