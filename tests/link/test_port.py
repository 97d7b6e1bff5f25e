"""Ports: sockets and serial devices behind the same two methods."""

from __future__ import annotations

import os
import pty
import socket
import time
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from n6gen.errors import BoardError, InputError
from n6gen.link import Port, SerialPort, SocketPort, open_port


@contextmanager
def tcp_server() -> Iterator[tuple[str, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"socket://127.0.0.1:{server.getsockname()[1]}", server


def exchange(port: Port, other: socket.socket) -> None:
    assert port.read(0) == b""
    started = time.monotonic()
    assert port.read(0.1) == b""
    assert time.monotonic() - started >= 0.09
    other.sendall(b"from the board")
    assert port.read(5) == b"from the board"
    port.write(b"to the board")
    assert other.recv(100) == b"to the board"


def test_tcp() -> None:
    """`socket://host:port`: both ways; the end of the link is an error."""
    with tcp_server() as (where, server), closing(open_port(where)) as port:
        other, _ = server.accept()
        with other:
            exchange(port, other)
        with pytest.raises(BoardError, match="the link closed"):
            port.read(5)


def test_unix_socket(tmp_path: Path) -> None:
    """`unix:/path`, as the emulator's UART may be given."""
    path = os.path.relpath(tmp_path / "uart")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with closing(open_port(f"unix:{path}")) as port:
            other, _ = server.accept()
            with other:
                exchange(port, other)


def test_serial_device() -> None:
    """A device: raw bytes both ways."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        with closing(open_port(os.ttyname(theirs))) as port:
            assert isinstance(port, SerialPort)
            os.write(ours, bytes(range(256)))
            got = b""
            while len(got) < 256:
                got += port.read(5)
            assert got == bytes(range(256))
            assert port.read(0.05) == b""
            port.write(b"\x00\xff\r\n")
            assert os.read(ours, 10) == b"\x00\xff\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_device_that_is_unplugged() -> None:
    """Is an error of the board with a name."""
    ours, theirs = pty.openpty()
    with closing(open_port(os.ttyname(theirs))) as port:
        os.close(ours)
        os.close(theirs)
        with pytest.raises(BoardError, match="the serial port failed"):
            port.read(1)


def test_two_programs_on_one_device() -> None:
    """The second is refused: each would get half of the bytes."""
    ours, theirs = pty.openpty()
    try:
        with closing(open_port(os.ttyname(theirs))), pytest.raises(BoardError, match="cannot open"):
            open_port(os.ttyname(theirs))
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("where", ["/dev/nosuch", "unix:/nosuch/uart", "socket://127.0.0.1:1"])
def test_nobody_there(where: str) -> None:
    """Names the place."""
    with pytest.raises(BoardError, match=where.removeprefix("unix:")):
        open_port(where)


@pytest.mark.parametrize(
    "where", ["socket://", "socket://host", "socket://host:port", "socket://host:1/x", "nosuch://x"]
)
def test_not_a_port(where: str) -> None:
    """A typing error is bad input."""
    with pytest.raises(InputError, match=where):
        open_port(where)


def test_a_receiver_that_takes_nothing() -> None:
    """A board that hangs does not make the host hang."""
    ours, theirs = socket.socketpair()
    port = SocketPort(ours, write_timeout=0.1)
    with theirs, closing(port), pytest.raises(BoardError, match="takes no more bytes"):
        port.write(bytes(1 << 24))


def test_closed_port() -> None:
    """Closing twice is fine; using it afterwards says that the link is closed."""
    ours, theirs = socket.socketpair()
    with theirs:
        port = SocketPort(ours, gone=lambda: BoardError("the emulator is gone"))
        port.close()
        port.close()
        for use in (lambda: port.read(0), lambda: port.write(b"x")):
            with pytest.raises(BoardError, match="the emulator is gone"):
                use()
