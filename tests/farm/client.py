"""One client of the farm, in a process of its own: ``client.py SITE NAME THREADS``; it runs with the farm's Python.

It takes jobs out of ``SITE/jobs`` that have no verdict yet and leaves one file a verdict in ``SITE/verdicts``. A job is
run again when it did not run: no board, a lost board, a cut link. A verdict is written once, and never over another.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from n6gen.errors import BoardError, N6genError
from n6gen.hil.bench import Held, Need
from n6gen.hil.labgrid_bench import LabgridBench
from n6gen.link import open_port
from n6gen.tools.run import run

ATTEMPTS = 12
HOLD_S = 120.0


class Client:
    """Runs jobs in several threads."""

    def __init__(self, site: Path, name: str) -> None:
        self._site = site
        self._name = name
        self._settings = json.loads((site / "settings.json").read_text())
        self._bench = LabgridBench(self._settings["coordinator"], say=self._say)
        self._holds = 0

    def work(self) -> None:
        """Until each job of ours has a verdict."""
        for file in sorted((self._site / "jobs" / self._name).glob("*.json")):
            try:
                claim = os.open(file.with_suffix(f".{os.getpid()}"), os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                continue
            os.close(claim)
            if not self._verdict_of(file.stem).exists():
                self._job(file.stem, json.loads(file.read_text()))

    def _verdict_of(self, job: str) -> Path:
        return self._site / "verdicts" / job

    def _job(self, job: str, wanted: dict[str, Any]) -> None:
        said = "not run"
        for attempt in range(ATTEMPTS):
            try:
                self._once(job, wanted, attempt)
            except BoardError as error:
                said = f"{type(error).__name__}: {error.message}"
                self._record("retry", job, "", why=said)
            except N6genError as error:
                said = error.message
                break
            else:
                return
        if not self._verdict_of(job).exists():
            self._judge(job, f"error: {said}", ATTEMPTS)

    def _once(self, job: str, wanted: dict[str, Any], attempt: int) -> None:
        began = time.time()
        with self._bench.hold(Need(wanted["board"]), job=job, timeout=HOLD_S) as held:
            self._record("held", job, held.name, waited=time.time() - began)
            said = self._on(held, job, wanted)
            held.check()
            self._judge(job, said, attempt)
        self._record("done", job, held.name, seconds=time.time() - began)

    def _on(self, held: Held, job: str, wanted: dict[str, Any]) -> str:
        hold = f"{self._name}.{os.getpid()}.{threading.get_ident()}.{time.monotonic_ns()}"
        do = self._timed if wanted["board"] == "timed-wait" else self._measured
        return do(held, hold, job, wanted)

    def _timed(self, held: Held, hold: str, job: str, wanted: dict[str, Any]) -> str:
        port = open_port(self._settings["links"][held.serial])
        try:
            for what in ("flash", "run"):
                held.check()
                port.write(f"{what} {hold} {job} {wanted[what]}\n".encode())
                answer, deadline = b"", time.monotonic() + 30
                while not answer.endswith(b"\n"):
                    if time.monotonic() > deadline:
                        raise BoardError(f"{held.serial} does not answer")
                    answer += port.read(1.0)
        finally:
            port.close()
        return "pass"

    def _measured(self, held: Held, hold: str, job: str, wanted: dict[str, Any]) -> str:
        env = {**held.env, **self._settings["env"], "BOARD_HOLD": hold, "BOARD_JOB": job}
        said: dict[str, Any] = {}
        for words in (["flash"], ["measure", "--scene", "1"]):
            held.check()
            argv = [
                sys.executable,
                "-m",
                "n6gen",
                *words,
                "--build",
                wanted["build"],
                *held.options,
                "--json",
                "--quiet",
            ]
            done = run(argv, timeout=240, env=env, keep=held.keep)
            if done.returncode not in {0, 1}:
                raise BoardError(f"n6gen {words[0]} ended with {done.returncode}: {done.tail(6)}")
            said = json.loads(done.output[done.output.index("{") :])
        return "pass" if said["verdict"]["exact"] is True else f"fail: {said['verdict']}"

    def _judge(self, job: str, said: str, attempt: int) -> None:
        # O_EXCL: a second verdict is an error, and seen as one.
        handle = os.open(self._verdict_of(job), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        os.write(handle, json.dumps({"verdict": said, "attempt": attempt, "client": self._name}).encode())
        os.close(handle)

    def _record(self, event: str, job: str, board: str, **more: Any) -> None:
        line = json.dumps({"event": event, "job": job, "board": board, "time": time.time(), **more}) + "\n"
        handle = os.open(self._site / "clients.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
        os.write(handle, line.encode())
        os.close(handle)

    def _say(self, text: str) -> None:
        self._record("say", "", "", text=text)


def main(site: str, name: str, threads: str) -> None:
    """Run all jobs of one client."""
    client = Client(Path(site), name)
    workers = [threading.Thread(target=client.work) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
