"""`n6gen measure --port`: the real app in the emulator, reached as a real board is, over bridges of its UART.

Whatever leads there, it stays an emulated board: nothing of it is a time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from n6gen.measure.replay import replay
from n6gen.measure.sessions import sessions_dir
from n6gen.tools.paths import state_dir
from tests.measure.test_clocked import checked
from tests.support.bridge import as_pty, as_rfc2217, as_tcp
from tests.support.cli import n6gen
from tests.support.journey import build, flash, measure, pictures, tiny_model

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

Bridge = Callable[[Any], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, its build `b`, frames, and `virtual`: boards that hold the build."""
    folder = tmp_path_factory.mktemp("links home")
    pictures(folder / "frames")
    assert build(tiny_model(folder), folder / "b").code == 0
    assert flash(folder / "b").code == 0
    shutil.copytree(state_dir() / "virtual", folder / "virtual")
    return folder


@pytest.fixture
def frames(home: Path) -> list[Path]:
    return sorted((home / "frames").iterdir())


@contextmanager
def board(home: Path, bridge: Bridge) -> Iterator[tuple[str, Machine]]:
    """A virtual board that holds the build, switched on, and the port that leads to it."""
    shutil.copytree(home / "virtual", state_dir() / "virtual", dirs_exist_ok=True)
    with Machine.start(open_instance("virtual-0")) as machine, bridge(machine.uart) as port:
        yield port, machine


@pytest.mark.parametrize("bridge", [as_pty, as_tcp, as_rfc2217])
def test_frames_go_up_the_link_and_masks_are_exact(
    home: Path, frames: list[Path], bridge: Bridge, tmp_path: Path
) -> None:
    """Over a device, a socket and an RFC 2217 server. The same bytes give the same result."""
    with board(home, bridge) as (port, _):
        ran = n6gen(
            *("measure", "--build", home / "b", "--port", port, "--frames", *frames, "--json", tmp_path / "m.json")
        )
    assert ran.code == 0, ran.err
    said = checked(json.loads((tmp_path / "m.json").read_text("utf-8")))
    assert (said["unit"], said["emulated"], said["method"]["name"]) == ("instructions", True, "deterministic")
    assert (said["published"], said["rate"], said["cold"]) == (None, None, None)
    assert [frame["mask_exact"] for frame in said["frames"]] == [1.0, 1.0]
    assert said["conditions"]["inputs"]["through"] == "injected"
    assert not re.search(r"\b(ms|fps|µs|inf/s)\b", ran.out)
    assert "instructions (emulated)" in ran.out
    (kept,) = sessions_dir().iterdir()
    assert replay(kept).as_json() == said


def test_the_link_changes_no_count(home: Path, frames: list[Path]) -> None:
    """What the network costs is the same to a tick, whether a frame is shown to the camera or sent up the link.

    A second session finds the app running; --reset makes it say ready once more, and that is part of the recording,
    as is a profile.
    """
    with board(home, as_pty) as (port, _):
        linked = measure(home / "b", frames, "--port", port).json
        again = measure(home / "b", frames[:1], "--port", port, "--reset", "--profile")
    assert again.code == 0, again.err
    folder = sessions_dir() / again.json["id"]
    assert b"stage=app status=ready" in (folder / "uart.bin").read_bytes().partition(b"cmd=reset")[2]
    assert json.loads((folder / "host.json").read_text("utf-8"))["start"] == "reset"
    assert replay(folder).as_json() == again.json
    assert again.json["profile"]["total"] == again.json["stages"]["network"]["p50"]
    direct = measure(home / "b", frames).json
    tick = linked["resolution_of_clock"]
    for one, other in zip(linked["frames"], direct["frames"], strict=True):
        for stage in ("input", "network", "decode"):
            assert abs(one["cost"][stage] - other["cost"][stage]) <= tick + 1, stage


def test_the_boards_own_camera(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """--camera: what it saw nobody else did, so masks are compared with nothing, and every report says so."""
    with board(home, as_tcp) as (port, machine):
        with Image.open(frames[0]) as picture:
            machine.camera.post(np.asarray(picture))
        options = ("--camera", "--scene", "1", "--html", tmp_path / "p.html", "--junit", tmp_path / "j.xml")
        files = ("--markdown", tmp_path / "s.md", "--card", tmp_path / "c.svg", "--json", tmp_path / "m.json")
        ran = n6gen("measure", "--build", home / "b", "--port", port, *options, *files)
    assert ran.code == 0, ran.err
    assert "no mask was compared" in ran.out
    said = checked(json.loads((tmp_path / "m.json").read_text("utf-8")))
    assert said["verdict"]["exact"] is None
    assert (said["frames"][0]["name"], said["frames"][0]["mask_exact"]) == ("camera-000", None)
    assert said["conditions"]["inputs"] == {"count": 1, "sha256": None, "through": "camera"}
    assert "nothing to compare" in (tmp_path / "p.html").read_text("utf-8")
    assert 'skipped="1"' in (tmp_path / "j.xml").read_text("utf-8")
    assert "no mask was compared" in (tmp_path / "s.md").read_text("utf-8")
    assert "masks not compared" in (tmp_path / "c.svg").read_text("utf-8")


def test_another_build_on_the_board(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """Is not measured; both ids are named, and how to change it."""
    shutil.copytree(home / "b", tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text("utf-8"))
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest | {"build_id": "e" * 64}))
    with board(home, as_tcp) as (port, _):
        ran = measure(tmp_path / "b", frames, "--port", port)
    assert ran.code == 4
    assert re.search(r"runs (build|network) [0-9a-f]{12}…, not [0-9a-f]{12}…", ran.err)
    assert "n6gen flash" in ran.err


def test_a_board_that_says_nothing(home: Path, frames: list[Path]) -> None:
    """A device on which nothing answers: what to try, and that a retry is one of a board that did not run."""
    import pty

    ours, theirs = pty.openpty()
    try:
        quick = ("--boot-timeout", "0.5", "--retries", "1")
        ran = measure(home / "b", frames, "--port", os.ttyname(theirs), *quick)
    finally:
        os.close(ours)
        os.close(theirs)
    assert ran.code == 4
    assert "no hello" in ran.err
    assert "Not a byte came" in ran.err
    assert "reset button" in ran.err
    assert "did not run, trying again" in ran.err


def test_a_board_that_speaks_something_else(home: Path, frames: list[Path]) -> None:
    """Bytes that are no records: another program, or another bit rate."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            caller, _ = server.accept()
            with caller:
                caller.sendall(b"\x80\xf8U-Boot 2026\r\n" * 20)
                while caller.recv(1000):
                    pass

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        ran = measure(
            home / "b", frames, "--port", f"socket://127.0.0.1:{server.getsockname()[1]}", "--boot-timeout", "0.5"
        )
        thread.join(5)
    assert ran.code == 4
    assert "bytes came, none of them an answer" in ran.err
    assert "--baud" in ran.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--port", "/dev/nosuch"), 4, "there is no such port"),
        (("--port", "/dev/nosuch", "--lcd", "x.png"), 5, "the LCD of a board behind a port cannot be read"),
        (("--camera",), 5, "sees only what it is shown"),
    ],
)
def test_what_cannot_be_is_said_at_once(
    home: Path, frames: list[Path], options: tuple[str, ...], code: int, said: str
) -> None:
    """One line, exit code, things to try."""
    with_frames = () if "--camera" in options else ("--frames", *frames)
    ran = n6gen("measure", "--build", home / "b", *options, *with_frames)
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert "Traceback" not in ran.err
