"""A farm on loopback, all of it real processes: coordinator, exporter, boards, janitor, clients."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_STAND_INS = ROOT / "tests/stand_ins"
TIMED = "timed-wait"


def farm_python() -> Path | None:
    """The Python of an environment that has n6gen and labgrid: $N6GEN_FARM_PYTHON, or that of `make farm`."""
    given = os.environ.get("N6GEN_FARM_PYTHON")
    found = Path(given) if given else ROOT / ".venv-farm/bin/python"
    return found if found.is_file() else None


def free_port() -> int:
    """A TCP port of loopback that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true value of `what`; AssertionError if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Site:
    """A farm in a folder. Its processes end with the context, however they are by then."""

    def __init__(self, folder: Path, python: Path, *, timed: int = 0, virtual: int = 0) -> None:
        self.folder = folder
        self.python = python
        self.port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        #: Processes that are started anew when they end, as a supervisor such as systemd does.
        self._kept: dict[str, list[str]] = {}
        self.timed = [f"timed-{n}" for n in range(timed)]
        self.virtual = [f"virtual-{n}" for n in range(virtual)]
        self.links = {serial: free_port() for serial in self.timed}
        for name in ("jobs", "verdicts"):
            (folder / name).mkdir(parents=True)
        self._write()

    def __enter__(self) -> Self:
        for serial in self.timed:
            self.keep(serial, str(_STAND_INS / "timed_board.py"), serial, str(self.links[serial]), str(self.board_log))
        self.keep("coordinator", "-m", "labgrid.remote.coordinator", "-l", self.address)
        self.wait_up()
        self.keep("exporter", "-m", "labgrid.remote.exporter", "-c", self.address, "-n", "bench1", "exporter.yaml")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._kept.clear()
        for process in self.processes.values():
            process.kill()
            process.wait(10)

    @property
    def address(self) -> str:
        """The coordinator's."""
        return f"127.0.0.1:{self.port}"

    @property
    def board_log(self) -> Path:
        """What the boards themselves wrote down."""
        return self.folder / "boards.log"

    @property
    def state(self) -> Path:
        """n6gen's state folder on the bench machine, which is this one."""
        return self.folder / "state"

    def keep(self, name: str, *words: str) -> None:
        """Start a Python program, and again whenever `tend` finds that it ended."""
        self._kept[name] = list(words)
        self.start(name, *words)

    def start(self, name: str, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a Python program of the farm; what it says is appended to NAME.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.python, *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), "N6GEN_STATE_DIR": str(self.state), **(env or {})},
            )
        return self.processes[name]

    def tend(self) -> None:
        """Start anew what is kept and has ended."""
        for name, words in self._kept.items():
            if self.processes[name].poll() is not None:
                self.start(name, *words)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to one of the processes, and wait for its end if that is a deadly one."""
        self.processes[name].send_signal(number)
        if number == signal.SIGKILL:
            self.processes[name].wait(10)

    def wait_up(self) -> None:
        """Until the coordinator listens."""
        wait_for(self._listens)

    def client(self, name: str, threads: int) -> subprocess.Popen[bytes]:
        """Start one of the clients; its jobs are those of `add_job` with its name."""
        return self.start(name, str(ROOT / "tests/farm/client.py"), str(self.folder), name, str(threads))

    def add_job(self, client: str, name: str, **wanted: Any) -> None:
        """A job for a client."""
        folder = self.folder / "jobs" / client
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(wanted))

    def ask(self, code: str, *words: str, timeout: float = 60) -> Any:
        """Run Python code with the farm's Python and ``A = sys.argv``; what it prints, read as JSON."""
        done = subprocess.run(
            [self.python, "-c", f"import sys, json; A = sys.argv\n{code}", self.address, *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, "N6GEN_STATE_DIR": str(self.state)},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def n6gen(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `n6gen` with the farm's Python."""
        return subprocess.run(
            [self.python, "-m", "n6gen", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, "N6GEN_STATE_DIR": str(self.state), "LG_COORDINATOR": self.address},
            check=False,
        )

    def holders(self) -> dict[str, str]:
        """Who has which place, "" for nobody, as the coordinator says."""
        code = "from n6gen.farm.coordinator import Coordinator\n"
        found = self.ask(code + "print(json.dumps({p.name: p.holder for p in Coordinator(A[1]).places()}))")
        assert isinstance(found, dict)
        return found

    def _listens(self) -> bool:
        self.tend()
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def _write(self) -> None:
        # JSON is YAML.
        boards: dict[str, Any] = {}
        for serial in self.timed:
            link = f"socket://127.0.0.1:{self.links[serial]}"
            boards[serial] = {
                "N6Board": {"host": "127.0.0.1", "serial": serial, "link": link, "state_dir": str(self.state)}
            }
        for serial in self.virtual:
            boards[serial] = {"N6VirtualBoard": {"host": "127.0.0.1", "serial": serial, "state_dir": str(self.state)}}
        places = {
            serial: {
                "aliases": [],
                "comment": "",
                "tags": {"board": TIMED if serial in self.timed else "virtual", "n6gen": "ready"},
                "matches": [{"exporter": "*", "group": serial, "cls": "*", "name": None, "rename": None}],
                "created": 1.0,
                "changed": 1.0,
            }
            for serial in boards
        }
        settings = {
            "coordinator": self.address,
            "links": {serial: f"socket://127.0.0.1:{port}" for serial, port in self.links.items()},
            "env": {"BOARD_LOG": str(self.board_log), "N6GEN_QEMU": str(_STAND_INS / "logged_qemu.py")},
        }
        (self.folder / "exporter.yaml").write_text(json.dumps(boards))
        (self.folder / "places.yaml").write_text(json.dumps(places))
        (self.folder / "settings.json").write_text(json.dumps(settings))
