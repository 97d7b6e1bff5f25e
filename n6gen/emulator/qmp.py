"""QEMU's control socket: the few commands that a virtual board needs."""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from n6gen.errors import BoardError

_REGISTER = re.compile(r"\b(R\d\d|XPSR)=([0-9a-f]{8})")
_NAMES = {"R13": "sp", "R14": "lr", "R15": "pc", "XPSR": "psr"}


class Control:
    """One connection. Every call raises `gone()` if QEMU has ended, BoardError if it does not answer in time."""

    def __init__(self, sock: socket.socket, gone: Callable[[], BoardError], *, timeout: float = 30.0) -> None:
        """Own the connected socket; returns once the machine is complete."""
        self._sock = sock
        self._gone = gone
        self._timeout = timeout
        self._buffer = b""
        # The answer comes from QEMU's main loop, which runs only when every device and file is set up.
        self._call("qmp_capabilities")

    def registers(self) -> dict[str, int]:
        """The CPU's registers by name: r0 … r12, sp, lr, pc, psr."""
        return parse_registers(str(self._call("human-monitor-command", {"command-line": "info registers"})))

    def reset(self) -> None:
        """Start the machine anew, as after power-on."""
        self._call("system_reset")

    def close(self) -> None:
        """Let go."""
        self._sock.close()

    def _call(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        deadline = time.monotonic() + self._timeout
        try:
            self._sock.sendall(json.dumps(message).encode() + b"\n")
            while True:
                answer = json.loads(self._line(deadline))
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise BoardError(f"QEMU refuses {command}: {answer['error'].get('desc', answer['error'])}")
        except OSError:
            raise self._gone() from None

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._sock], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BoardError("QEMU does not answer", "Is the machine very busy?")
            piece = self._sock.recv(1 << 16)
            if not piece:
                raise ConnectionError
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def parse_registers(text: str) -> dict[str, int]:
    """Registers in QEMU's own spelling (`info registers`, or the dump of a lock-up), by our names."""
    found = _REGISTER.findall(text)
    return {_NAMES.get(name) or f"r{int(name[1:])}": int(value, 16) for name, value in found}
