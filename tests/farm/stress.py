"""Many jobs on a farm while everything around them is killed; then what was written down is judged.

The jobs of the timed boards (tests/stand_ins/timed_board.py) are waits: they show scheduling only. Those of the virtual
boards are real: flash and measure, every mask against the reference.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import attrs

from tests.farm.loopback import TIMED, Site

#: How long the waits of a timed board are, in seconds.
FLASH_S, RUN_S = 0.15, 0.45


@attrs.define
class Trouble:
    """What is done to the farm while it works, one thing every `every` seconds, `most` in all; counted by kind."""

    site: Site
    clients: list[str]
    threads: int
    every: float
    most: int
    seed: int = 1
    counts: Counter[str] = attrs.field(factory=Counter)
    _next: float = 0.0
    _random: random.Random = attrs.field(init=False)
    _left: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._next = time.monotonic() + self.every

    def step(self) -> None:
        """Do the next thing if it is time, and start anew what ended."""
        self.site.tend()
        for name in self.clients:
            # Until all its jobs are done a client comes again, as a pipeline does that is run again.
            if self.site.processes[name].poll() not in {None, 0}:
                self.site.client(name, self.threads)
        if self.counts.total() < self.most and time.monotonic() >= self._next:
            self._next = time.monotonic() + self.every
            # A shuffled pack: each kind comes as often as the others.
            self._left = self._left or self._random.sample(self._kinds(), len(self._kinds()))
            kind = self._left.pop()
            if getattr(self, f"_{kind}")():
                self.counts[kind] += 1

    def _kinds(self) -> list[str]:
        real = ["qemu"] if self.site.virtual else []
        return ["board", "link", "exporter", "client", "coordinator", "board", "link", *real]

    def _board(self) -> bool:
        return self._on_one(signal.SIGKILL)

    def _link(self) -> bool:
        return self._on_one(signal.SIGUSR1)

    def _on_one(self, number: int) -> bool:
        """Of a board that is at work, if there is one."""
        busy = [board for board, count in _open_work(self.site).items() if count and board in self.site.timed]
        self.site.kill(self._random.choice(busy or self.site.timed), number)
        return True

    def _exporter(self) -> bool:
        self.site.kill("exporter")
        return True

    def _coordinator(self) -> bool:
        self.site.kill("coordinator")
        return True

    def _client(self) -> bool:
        living = [name for name in self.clients if self.site.processes[name].poll() is None]
        if living:
            self.site.kill(self._random.choice(living))
        return bool(living)

    def _qemu(self) -> bool:
        """A virtual board's emulator, if one runs now."""
        for one in reversed(_records(self.site.board_log)):
            if "pid" in one and Path(f"/proc/{one['pid']}").exists():
                os.kill(one["pid"], signal.SIGKILL)
                return True
        # The next thing comes soon instead.
        self._next, self._left = time.monotonic() + 0.2, [*self._left, "qemu"]
        return False


def jobs(site: Site, clients: list[str], timed: int, real: int, build: Path | None) -> list[str]:
    """Deal jobs to the clients, the real ones spread among the others; their names."""
    names = []
    for n in range(timed + real):
        is_real = real > 0 and (n + 1) * real // (timed + real) > n * real // (timed + real)
        name = f"{n:03}-{'real' if is_real else 'timed'}"
        what = (
            {"board": "virtual", "build": str(build)} if is_real else {"board": TIMED, "flash": FLASH_S, "run": RUN_S}
        )
        site.add_job(clients[n % len(clients)], name, **what)
        names.append(name)
    return names


def work(site: Site, clients: list[str], threads: int, trouble: Trouble | None, timeout: float) -> float:
    """Let the clients work through their jobs; how long it took, in seconds."""
    began = time.monotonic()
    for name in clients:
        site.client(name, threads)
    while any(site.processes[name].poll() != 0 for name in clients):
        assert time.monotonic() - began < timeout, "the clients did not get done"
        if trouble:
            trouble.step()
        time.sleep(0.1)
    return time.monotonic() - began


def verdicts(site: Site) -> dict[str, str]:
    """Each job's verdict. One file a job, made with O_EXCL: a second one would have ended its client."""
    return {file.name: json.loads(file.read_text())["verdict"] for file in (site.folder / "verdicts").iterdir()}


def double_holds(site: Site) -> list[str]:
    """What the boards wrote down that must not be: two at once on a board, or one who came back after another."""
    wrong = []
    holds: dict[str, list[str]] = defaultdict(list)
    for one in _records(site.board_log):
        board, hold = one["board"], one["hold"]
        wrong += [f"{board}: {hold} began while process {pid} ran on it" for pid in one.get("others", ())]
        if not holds[board] or holds[board][-1] != hold:
            if hold in holds[board]:
                wrong.append(f"{board}: {hold} came back after {holds[board][-1]}")
            holds[board].append(hold)
    return wrong


def summary(site: Site) -> dict[str, Any]:
    """Counts of what the clients wrote down."""
    records = _records(site.folder / "clients.log")
    waits = sorted(one["waited"] for one in records if one["event"] == "held")
    why = Counter(one["why"].partition(":")[0] for one in records if one["event"] == "retry")
    return {
        "holds": len(waits),
        "retries": dict(why),
        "wait_median_s": round(waits[len(waits) // 2], 3) if waits else None,
        "wait_max_s": round(waits[-1], 3) if waits else None,
        "board_records": len(_records(site.board_log)),
    }


def _open_work(site: Site) -> Counter[str]:
    """Boards on which more has begun than ended, of the newest records."""
    found: Counter[str] = Counter()
    newest: dict[str, dict[str, Any]] = {one["board"]: one for one in _records(site.board_log)}
    for board, one in newest.items():
        found[board] = int(one["event"] == "begin")
    return found


def _records(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
