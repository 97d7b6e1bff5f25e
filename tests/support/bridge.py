"""A socket seen as what a board hangs on: a pseudo terminal, a TCP port, an RFC 2217 server."""

from __future__ import annotations

import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import serial
from serial.rfc2217 import PortManager


class _Pump:
    """Copies bytes both ways between two file descriptors until it is stopped or an end closes."""

    def __init__(self, one: int, other: int) -> None:
        self._ends = {one: other, other: one}
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        os.write(self._stop, b"x")
        self._thread.join(10)
        os.close(self._wake)
        os.close(self._stop)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([*self._ends, self._wake], [], [])
            if self._wake in ready:
                return
            for end in ready:
                try:
                    data = os.read(end, 1 << 16)
                except OSError:
                    return
                if not data:
                    return
                while data:
                    data = data[os.write(self._ends[end], data) :]


@contextmanager
def as_pty(board: socket.socket) -> Iterator[str]:
    """A device; bytes that nobody reads wait."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with ExitStack() as stack:
        stack.callback(os.close, ours)
        # Kept open: a device does not go away because a program closes it.
        stack.callback(os.close, theirs)
        stack.callback(_Pump(board.fileno(), ours).close)
        yield os.ttyname(theirs)


@contextmanager
def as_tcp(board: socket.socket) -> Iterator[str]:
    """A terminal server for one caller after the other."""

    def serve(caller: socket.socket, stop: threading.Event) -> None:
        pump = _Pump(board.fileno(), caller.fileno())
        while not stop.is_set() and pump._thread.is_alive():
            pump._thread.join(0.05)
        pump.close()

    with _serving(serve) as port:
        yield f"socket://127.0.0.1:{port}"


@contextmanager
def as_rfc2217(board: socket.socket) -> Iterator[str]:
    """A terminal server that lets its caller choose the bit rate: pyserial's."""

    def serve(caller: socket.socket, stop: threading.Event) -> None:
        # The settings are those of a port that nothing hangs on: bit rates mean nothing to an emulator.
        with serial.serial_for_url("loop://") as settings:
            manager = PortManager(settings, _Answers(caller))
            while not stop.is_set():
                ready, _, _ = select.select([board, caller], [], [], 0.05)
                if board in ready:
                    caller.sendall(b"".join(manager.escape(board.recv(1 << 16))))
                if caller in ready:
                    data = caller.recv(1 << 16)
                    if not data:
                        return
                    board.sendall(b"".join(manager.filter(data)))

    with _serving(serve) as port:
        yield f"rfc2217://127.0.0.1:{port}"


class _Answers:
    """What a PortManager writes its answers to."""

    def __init__(self, caller: socket.socket) -> None:
        self._caller = caller

    def write(self, data: bytes) -> None:
        self._caller.sendall(data)


@contextmanager
def _serving(serve: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                caller, _ = server.accept()
            except TimeoutError:
                continue
            caller.setblocking(True)
            with caller:
                serve(caller, stop)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join(10)
