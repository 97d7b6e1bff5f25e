"""After a flash the board says what it runs: waited for where there is a link, believed only with the right id."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from n6gen.errors import BoardError
from n6gen.flash.boot import wait_for_app
from n6gen.image.manifest import Manifest, read_manifest
from n6gen.link.protocol import NO_SESSION, encode
from tests.flash.fake_build import NETWORK_ID, images, write_build
from tests.link.fake_board import HELLO
from tests.programmer.cube import DK, SERIAL, Cube, cube
from tests.support.cli import n6gen

__all__ = ["cube"]

#: What write_build says.
BUILD_ID = "0" * 64


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return read_manifest(write_build(tmp_path / "b", images(1)))


@contextmanager
def board(*builds: str, first: bytes = b"") -> Iterator[str]:
    """A board's link as a socket: each connection meets the next of `builds`, the last one for ever ("": silent)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, list(builds), first), daemon=True).start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"


def _serve(server: socket.socket, builds: list[str], first: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            connection.sendall(first)
            build = builds.pop(0) if len(builds) > 1 else builds[0]
            for line in lines:
                if build and b" hello " in line:
                    nonce = line.split(b"nonce=")[1][:8].decode()
                    fields = HELLO | {"nonce": nonce, "build": build, "network": NETWORK_ID}
                    connection.sendall(encode(nonce, 0, "hello", fields))


def test_the_right_build(manifest: Manifest) -> None:
    """Its hello, at once."""
    with board(BUILD_ID) as link:
        hello = wait_for_app(manifest, lambda: link, timeout=20)
    assert hello
    assert hello.build == BUILD_ID


def test_the_old_build_is_waited_out(manifest: Manifest) -> None:
    """Until somebody cuts the power the old build answers: that is no error yet."""
    with board("b" * 64, "", BUILD_ID) as link:
        hello = wait_for_app(manifest, lambda: link, timeout=30)
    assert hello


def test_a_link_that_goes_away(manifest: Manifest) -> None:
    """Unplugged and plugged in again, it may be another port."""
    with board(BUILD_ID) as link:
        links = iter(["socket://127.0.0.1:9", None, None])
        assert wait_for_app(manifest, lambda: next(links, link), timeout=30)


def test_no_link_and_no_answer(manifest: Manifest) -> None:
    """Without a link nothing is waited for; without an answer until the time is over."""
    assert wait_for_app(manifest, lambda: None, timeout=60) is None
    started = time.monotonic()
    with board("") as link:
        assert wait_for_app(manifest, lambda: link, timeout=1.5) is None
    assert time.monotonic() - started < 8


def test_still_the_old_build(manifest: Manifest) -> None:
    """When the time is over, it is an error that names both."""
    with board("b" * 64) as link, pytest.raises(BoardError, match="runs build bbbbbbbbbbbb…, not 000000000000…"):
        wait_for_app(manifest, lambda: link, timeout=1.5)


def test_a_board_that_refuses(manifest: Manifest) -> None:
    """What the loader says is not waited out."""
    refusal = {"stage": "loader", "status": "refused", "check": "app-checksum", "expected": "1", "found": "2"}
    with (
        board("", first=encode(NO_SESSION, 0, "boot", refusal)) as link,
        pytest.raises(BoardError, match="app-checksum"),
    ):
        wait_for_app(manifest, lambda: link, timeout=20)


def test_as_a_user(cube: Cube, tmp_path: Path) -> None:
    """The next step by hand is said; the hello that follows is the proof; a wrong one is exit 4."""
    content = images(3, fsbl=2_000, app=3_000, blob=4_000, board=DK.name)
    build = write_build(tmp_path / "dk", content, board=DK.name)
    done = n6gen("flash", "--build", build)
    assert f"Next: {DK.raw['boot']['start']}" in done.out
    with board(BUILD_ID) as link:
        done = n6gen("flash", "--build", build, "--port", link, "--boot-timeout", "20", "--json")
        assert (done.json["running"], done.json["next"]) == (True, DK.raw["boot"]["start"])
        assert (
            f"{SERIAL}: runs this build" in n6gen("flash", "--build", build, "--port", link, "--boot-timeout", "20").out
        )
        assert n6gen("flash", "--build", build, "--port", link, "--json").json["running"] is None
    with board("") as link:
        done = n6gen("flash", "--build", build, "--port", link, "--boot-timeout", "1", "--json")
        assert (done.code, done.json["running"]) == (0, False)
        assert "no hello" in done.err
    with board("b" * 64) as link:
        done = n6gen("flash", "--build", build, "--port", link, "--boot-timeout", "1")
        assert done.code == 4


def test_a_virtual_board_needs_no_hand(tmp_path: Path) -> None:
    """It is switched on by whoever measures it."""
    build = write_build(tmp_path / "v", images(1))
    done = n6gen("flash", "--build", build, "--json")
    assert (done.json["next"], done.json["running"]) == (None, None)
