"""A virtual board that is switched on."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from n6gen.emulator import bootrom
from n6gen.emulator.camera import Camera
from n6gen.emulator.instance import Instance
from n6gen.emulator.lcd import Lcd
from n6gen.emulator.memory import SharedMemory
from n6gen.emulator.qemu import Qemu, arguments, find_qemu
from n6gen.emulator.qmp import Control
from n6gen.errors import BoardError
from n6gen.tools.hold import PATIENCE_S

#: Free memory that the shared file may need, with room to spare, in bytes.
_ROOM = 64 << 20


class Machine:
    """An instance with its processor on. Use it as a context, or call `close`.

    `uart` is the connected socket of its link; when that closes, `death()` says why. No byte is lost: QEMU waits for
    a slow reader and for a slow board.
    """

    uart: socket.socket
    camera: Camera
    lcd: Lcd

    def __init__(self, instance: Instance, command: str, patience: float) -> None:
        """Hold the instance and switch it on; see `start`."""
        self._cleanup = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            program = find_qemu(instance.board.raw["emulator"]["machine"])
            stack.enter_context(instance.hold(command, running=True, patience=patience))
            self._switch_on(instance, program, stack)
            self._cleanup = stack.pop_all()

    @classmethod
    def start(cls, instance: Instance, *, command: str = "measure", patience: float = PATIENCE_S) -> Machine:
        """Switch on the instance's board: the boot ROM judges the loader, then the processor runs.

        Raises MissingToolError without a fitting QEMU, BoardError if the instance is in use for longer than `patience`
        seconds or the boot ROM refuses the loader.
        """
        return cls(instance, command, patience)

    def __enter__(self) -> Self:
        """Itself, running."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Switch it off."""
        self.close()

    def close(self) -> None:
        """Switch it off and let go of the instance; a second call does nothing."""
        self._cleanup.close()

    def death(self) -> BoardError:
        """Why the processor is gone: a lock-up with its registers, or how QEMU ended."""
        return self._qemu.death()

    def registers(self) -> dict[str, int]:
        """The CPU's registers: r0 … r12, sp, lr, pc, psr."""
        return self._control.registers()

    def pc(self) -> int:
        """Where the CPU is."""
        return self.registers()["pc"]

    def where(self) -> str | None:
        """Where the CPU is, for a message; None if nobody can tell any more."""
        with contextlib.suppress(BoardError, KeyError):
            return f"pc={self.pc():08x}"
        return None

    def reset(self) -> None:
        """Start it anew, as after power-on; the shared memory keeps its content."""
        self._control.reset()

    @property
    def pid(self) -> int:
        """Process id of the emulator."""
        return self._qemu.pid

    def _switch_on(self, instance: Instance, program: Path, stack: contextlib.ExitStack) -> None:
        board = instance.board
        with instance.open_nor() as nor:
            fsbl = board.partition("fsbl")
            start = bootrom.boot(board, nor.read(fsbl.offset, fsbl.size))
        # Both sides of each link are connected before QEMU starts: no path, no length limit, no race.
        self.uart, its_uart = _pair(stack)
        control, its_control = _pair(stack)
        with tempfile.TemporaryDirectory(prefix="n6gen-", dir=_folder_for(instance)) as folder:
            vectors, ram = Path(folder) / "vectors.bin", Path(folder) / "ram"
            vectors.write_bytes(start)
            memory = SharedMemory(ram, board)
            words = arguments(
                board,
                nor=instance.nor,
                vectors=vectors,
                ram=ram,
                uart=its_uart.fileno(),
                control=its_control.fileno(),
            )
            self._qemu = Qemu(program, words, (its_uart, its_control))
            stack.callback(self._qemu.close)
            its_uart.close()
            its_control.close()
            # Once QEMU answers it has opened all files: they can go, and nothing is left behind however this ends.
            self._control = Control(control, self._qemu.death)
        self.camera = Camera(memory)
        self.lcd = Lcd(memory, self.camera, board.lcd)


def _pair(stack: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, its = socket.socketpair()
    stack.callback(ours.close)
    stack.callback(its.close)
    return ours, its


def _folder_for(instance: Instance) -> str:
    """Where the shared file is best kept: in memory if there is room, else beside the flash."""
    memory = "/dev/shm"  # noqa: S108 - a folder with a random name is made in it
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM:
            return memory
    return os.fspath(instance.folder)
