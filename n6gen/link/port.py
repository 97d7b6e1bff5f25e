"""Where the bytes of a link come from: a socket or a serial device, behind two small methods."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from n6gen.errors import BoardError, InputError, MissingToolError, N6genError
from n6gen.tools.openers import openers
from n6gen.tools.text import clean

#: Bit rate of a serial device unless a caller says otherwise.
BAUD = 921_600
_CONNECT_S = 5.0
_PIECE = 1 << 16
_WRITE_S = 10.0
#: A serial port is waited for in such slices: to change a time-out is to negotiate anew on a link by network.
_SLICE_S = 0.05


class Port(Protocol):
    """A byte stream to and from a board."""

    def read(self, timeout: float) -> bytes:
        """What has come, waiting up to `timeout` seconds for the first byte; b"" if none came.

        Raises BoardError when the other end is gone.
        """

    def write(self, data: bytes) -> None:
        """Send all of `data`; raises BoardError when the other end is gone or takes nothing any more."""

    def close(self) -> None:
        """Let go; a second call does nothing."""


def _gone() -> BoardError:
    return BoardError("the link closed: the other end is gone", "Is the board still connected and powered?")


class SocketPort:
    """A connected stream socket: the emulator's UART or a terminal server."""

    def __init__(
        self, sock: socket.socket, *, write_timeout: float = 10.0, gone: Callable[[], BoardError] = _gone
    ) -> None:
        """Own `sock`. `gone` makes the error for a closed link, so that an emulator can say why it ended."""
        sock.settimeout(write_timeout)
        self._sock = sock
        self._gone = gone

    def read(self, timeout: float) -> bytes:
        """See Port.read."""
        try:
            ready, _, _ = select.select([self._sock], [], [], max(0.0, timeout))
            data = self._sock.recv(_PIECE) if ready else None
        except (OSError, ValueError):
            # A closed socket has no file number any more: select calls that a ValueError.
            raise self._gone() from None
        if data == b"":
            raise self._gone()
        return data or b""

    def write(self, data: bytes) -> None:
        """See Port.write."""
        try:
            self._sock.sendall(data)
        except TimeoutError:
            raise BoardError("the board takes no more bytes: its receiver is full or it hangs") from None
        except OSError:
            raise self._gone() from None

    def close(self) -> None:
        """See Port.close."""
        self._sock.close()


class SerialPort:
    """A serial device, or any URL that pyserial knows (rfc2217://…)."""

    def __init__(self, device: Any) -> None:
        """Own an open `serial.Serial` whose time-out is short."""
        self._device = device

    def read(self, timeout: float) -> bytes:
        """See Port.read."""
        try:
            first = self._first(timeout)
            waiting = self._device.in_waiting if first else 0
            return first + (self._device.read(min(waiting, _PIECE)) if waiting else b"")
        except (OSError, TypeError) as error:
            # pyserial's SerialException is an OSError; a port closed under a read is a TypeError on some systems.
            raise BoardError(f"the serial port failed: {error}", "Is the board still connected?") from error

    def write(self, data: bytes) -> None:
        """See Port.write."""
        try:
            self._device.write(data)
        except OSError as error:
            raise BoardError(f"the serial port failed: {error}", "Is the board still connected?") from error

    def _first(self, timeout: float) -> bytes:
        """The first byte, b"" if none comes in time."""
        deadline = time.monotonic() + timeout
        while not self._device.in_waiting and time.monotonic() < deadline:
            first: bytes = self._device.read(1)
            if first:
                return first
        return self._device.read(1) if self._device.in_waiting else b""

    def close(self) -> None:
        """See Port.close."""
        with contextlib.suppress(OSError):
            self._device.close()


def open_port(where: str, *, baud: int = BAUD) -> Port:
    """Open `socket://host:port`, `unix:/path`, a device name, or another URL of pyserial.

    Raises BoardError if nothing answers there or another program has it, MissingToolError if this user may not open it,
    InputError if `where` cannot be understood.
    """
    if where.startswith("socket://"):
        return _tcp(where)
    if where.startswith("unix:"):
        return _unix(where.removeprefix("unix:"))
    import serial

    try:
        with warnings.catch_warnings():
            # Its rfc2217 starts a thread in an old way.
            warnings.simplefilter("ignore", DeprecationWarning)
            device = serial.serial_for_url(where, baudrate=baud, timeout=_SLICE_S, exclusive=_exclusive())
        if "://" not in where:
            # A device that takes nothing must not hang the host; links by network have no such bound.
            device.write_timeout = _WRITE_S
    except ValueError as error:
        raise InputError(f"{where}: not a port: {error}") from error
    except OSError as error:
        raise _unopened(where, error) from error
    return SerialPort(device)


def _unopened(where: str, error: OSError) -> N6genError:
    """Why a device cannot be opened, and what helps."""
    if error.errno == errno.ENOENT:
        return BoardError(f"cannot open {where}: there is no such port", _there())
    if error.errno in {errno.EACCES, errno.EPERM}:
        return MissingToolError(f"cannot open {where}: you may not", *_permission(where))
    if error.errno in {errno.EBUSY, errno.EAGAIN}:
        who = ", ".join(openers({os.path.realpath(where)})) or "another program"
        return BoardError(f"cannot open {where}: {who} has it open", "Close that program: one at a time can read it.")
    return BoardError(f"cannot open {where}: {error}", "Check the name and the cable.")


def _there() -> str:
    from serial.tools import list_ports

    there = ", ".join(f"{port.device} ({clean(port.description or '?')})" for port in list_ports.comports())
    none = "There is no serial port here: is the board's debug USB port connected?"
    return f"There are: {there}." if there else none


def _permission(where: str) -> list[str]:
    if os.name != "posix":
        return []
    try:
        group = Path(where).group()
    except (OSError, KeyError, NotImplementedError):
        group = "dialout"
    return [f"Join the group {group}: sudo usermod -aG {group} $USER, then log in again."]


def _exclusive() -> bool | None:
    # Two programs that read one port each get half of the bytes; Windows forbids it by itself and refuses the option.
    return True if os.name == "posix" else None


def _tcp(where: str) -> Port:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(where)
        host, number = parts.hostname, parts.port
    except ValueError:
        host = number = None
    if not host or not number or parts.path not in {"", "/"}:
        raise InputError(f"{where}: not of the form socket://host:port")
    try:
        return SocketPort(socket.create_connection((host, number), _CONNECT_S))
    except OSError as error:
        raise BoardError(f"cannot connect to {where}: {error}", "Is the terminal server running?") from error


def _unix(path: str) -> Port:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(_CONNECT_S)
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise BoardError(f"cannot connect to {path}: {error}") from error
    return SocketPort(sock)
