"""QEMU as a process: found, checked, started with the virtual board's wiring, and never left behind."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

from n6gen.board.facts import Board
from n6gen.emulator.qmp import parse_registers
from n6gen.errors import BoardError, MissingToolError
from n6gen.tools.find import Tool, find, system
from n6gen.tools.run import kill_group, run

QEMU = Tool(
    names=("qemu-system-arm",),
    variables=("N6GEN_QEMU",),
    folders={
        "linux": ("/usr/local/bin", "/opt/qemu/bin"),
        "macos": ("/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"),
    },
)
_HINTS = (
    "Debian, Ubuntu: sudo apt install qemu-system-arm",
    "Fedora: sudo dnf install qemu-system-arm-core",
    "macOS: brew install qemu",
    "Windows: the virtual board runs in WSL (wsl --install), then as on Debian",
    "Elsewhere: set N6GEN_QEMU to the program's path.",
)
_PR_SET_PDEATHSIG = 1
_END_S = 5.0


def find_qemu(machine: str) -> Path:
    """The QEMU that can emulate `machine`. Raises MissingToolError if there is none, with how to get one."""
    if system() == "windows":
        # QEMU for Windows cannot share memory with another process.
        raise MissingToolError("the virtual board does not run on Windows itself", _HINTS[3])
    path = find(QEMU).path
    if path is None:
        raise MissingToolError("qemu-system-arm is not installed: the virtual board runs in it", *_HINTS)
    if machine not in _machines(path):
        raise MissingToolError(f"{path} is too old: it has no machine {machine}", "Install QEMU 6.0 or newer.", *_HINTS)
    return path


@functools.cache
def qemu_version(path: Path) -> str:
    """What a QEMU says about its version, in one line."""
    return run([path, "--version"], timeout=30).output.partition("\n")[0].strip()


@functools.cache
def _machines(path: Path) -> frozenset[str]:
    result = run([path, "-machine", "help"], timeout=30)
    return frozenset(line.split()[0] for line in result.output.splitlines() if line.strip())


def arguments(board: Board, *, nor: Path, vectors: Path, ram: Path, uart: int, control: int) -> list[str]:
    """The command line behind the program's name. `uart` and `control` are inherited, connected sockets."""
    machine = board.raw["emulator"]["machine"]
    size = board.raw["emulator"]["ram"]

    def load(file: Path, address: int) -> str:
        return f"loader,file={_escaped(file)},addr={address:#x},force-raw=on"

    return [
        *("-M", f"{machine},memory-backend=ddr"),
        *("-object", f"memory-backend-file,id=ddr,mem-path={_escaped(ram)},share=on,size={size}"),
        *("-nodefaults", "-display", "none"),
        # One instruction takes one nanosecond of virtual time: the clock counts instructions.
        *("-icount", "shift=0"),
        *("-device", load(nor, board.nor.base), "-device", load(vectors, board.memories["itcm"].base)),
        *("-chardev", f"socket,id=uart,fd={uart}", "-serial", "chardev:uart"),
        *("-chardev", f"socket,id=control,fd={control}", "-mon", "chardev=control,mode=control"),
    ]


class Qemu:
    """A running QEMU in a process group of its own. It ends with `close`, and with this process however that ends.

    On Linux the kernel ends it even when this process is killed; elsewhere a kill -9 of this process leaves it behind.
    It belongs to the thread that made it: Linux ends it when that thread ends.
    """

    def __init__(self, program: Path, words: Sequence[str], sockets: Sequence[socket.socket]) -> None:
        """Start it; `sockets` are passed on to it. Raises MissingToolError if it cannot be started."""
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        try:
            self._process = subprocess.Popen(
                [os.fspath(program), *words],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=[sock.fileno() for sock in sockets],
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )
        except OSError as error:
            self._stderr.close()
            raise MissingToolError(f"cannot start {program}: {error.strerror or error}") from error
        # Also when nobody closes it: at the latest when the interpreter ends.
        self._kill = weakref.finalize(self, _end, self._process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def close(self) -> None:
        """End it; a second call does nothing."""
        self._kill()
        self._stderr.close()

    def death(self) -> BoardError:
        """Why it is gone. It is ended if it still runs although its sockets are closed."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            kill_group(self._process)
            return BoardError("QEMU closed the link without ending")
        self._stderr.seek(0)
        return explain(code, self._stderr.read().decode("utf-8", "replace"))


def explain(code: int, text: str) -> BoardError:
    """The error for a QEMU that ended with `code` (negative: a signal) after it wrote `text`."""
    if "Lockup" in text:
        registers = parse_registers(text)
        shown = " ".join(f"{name}={registers[name]:08x}" for name in ("pc", "lr", "sp", "psr") if name in registers)
        return BoardError(
            f"the processor locked up: a fault inside of its fault handler: {shown}",
            "Look up pc and lr: arm-none-eabi-addr2line -e app.elf 0x…",
        )
    lines = [line for line in text.splitlines() if line.strip() and "warning:" not in line]
    said = f": {lines[-1]}" if lines else ""
    how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    return BoardError(f"QEMU {how}{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    # The id of a process that has ended may be somebody else's by now.
    if process.poll() is None:
        kill_group(process)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _die_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes QEMU, so that the kernel ends it with us."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def guard() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return guard


def _escaped(path: Path) -> str:
    # QEMU's options end at a comma; two of them are one.
    return os.fspath(path).replace(",", ",,")
