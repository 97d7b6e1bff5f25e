"""The virtual board's processor in QEMU, with a few lines of firmware: link, camera, panel, faults, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from n6gen.emulator import machine as machine_module
from n6gen.emulator import qemu
from n6gen.emulator.instance import Instance, open_instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError, MissingToolError
from tests.emulator.firmware import loader_image

pytestmark = pytest.mark.qemu


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return loader_image(tmp_path_factory.mktemp("firmware"))


@pytest.fixture
def instance(image: bytes) -> Instance:
    made = open_instance("virtual-0")
    with made.nor.open("r+b") as file:
        file.write(image)
    return made


@pytest.fixture
def machine(instance: Instance) -> Iterator[Machine]:
    with Machine.start(instance) as started:
        assert line(started) == "READY 00000001"
        yield started


def line(machine: Machine) -> str:
    machine.uart.settimeout(20)
    text = b""
    while not text.endswith(b"\n"):
        piece = machine.uart.recv(1)
        assert piece, "the link closed"
        text += piece
    return text.decode().strip()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, "QEMU was left behind"
        time.sleep(0.02)


def test_the_link_carries_every_byte(machine: Machine) -> None:
    """All 256 values, both ways."""
    machine.uart.settimeout(20)
    for value in range(256):
        machine.uart.sendall(b"e" + bytes([value]))
        assert machine.uart.recv(1) == bytes([value])


def test_the_instance_is_running_until_closed(machine: Machine, instance: Instance) -> None:
    """Nobody else gets it, and afterwards neither a process nor a file is left."""
    assert instance.state() == "running"
    with pytest.raises(BoardError, match="in use by n6gen measure"):
        Machine.start(instance, patience=0)
    pid = machine.pid
    machine.close()
    machine.close()
    wait_until_gone(pid)
    assert instance.state() == "off"
    assert {file.name for file in instance.folder.iterdir()} <= {"instance.json", "nor.bin", "lock"}


def test_camera_and_panel(machine: Machine) -> None:
    """The board sees the frame's bytes; the panel shows what the board presents."""
    frame = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    machine.camera.post(frame)
    machine.uart.sendall(b"c")
    assert int(line(machine), 16) == int(frame.sum(dtype=np.uint64))
    assert machine.camera.taken == 1
    assert not np.asarray(machine.lcd.picture()).any()
    machine.uart.sendall(b"p")
    assert line(machine) == "SHOWN"
    picture = np.asarray(machine.lcd.picture())
    assert picture[:, 160:400].any()
    assert picture[:, 400:640, 0].min() >= 127


def test_reset_starts_it_anew(machine: Machine) -> None:
    """The shared memory keeps its content, so the firmware counts on."""
    machine.reset()
    assert line(machine) == "READY 00000002"


def test_a_hang_can_be_located(machine: Machine) -> None:
    """The program counter of a board that says nothing any more stands still, inside of the flash."""
    machine.uart.sendall(b"h")
    time.sleep(0.3)
    first = machine.pc()
    assert 0x2800_0400 <= first < 0x2810_0000
    assert machine.pc() == first
    assert machine.where() == f"pc={first:08x}"


def test_a_lock_up_is_named(machine: Machine) -> None:
    """A fault inside of the fault handler ends QEMU; the error has the registers."""
    machine.uart.sendall(b"l")
    machine.uart.settimeout(20)
    assert machine.uart.recv(1) == b""
    error = machine.death()
    assert "the processor locked up" in error.message
    assert "pc=" in error.message
    assert machine.where() is None


def test_a_killed_qemu_is_named(machine: Machine) -> None:
    """Somebody else may end it; that is an error of the board, not a bug."""
    os.kill(machine.pid, signal.SIGKILL)
    machine.uart.settimeout(20)
    assert machine.uart.recv(1) == b""
    assert "QEMU was ended by SIGKILL" in machine.death().message
    with pytest.raises(BoardError, match="SIGKILL"):
        machine.pc()


def test_closed_on_any_exception(instance: Instance) -> None:
    """Ctrl-C included."""
    started = Machine.start(instance)

    def interrupted() -> None:
        with started:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    wait_until_gone(started.pid)
    assert instance.state() == "off"


def test_gone_with_a_killed_parent(instance: Instance) -> None:
    """A kill -9 of n6gen leaves neither QEMU nor a lock nor a file behind."""
    script = (
        "import time\nfrom n6gen.emulator.instance import open_instance\nfrom n6gen.emulator.machine import Machine\n"
        "m = Machine.start(open_instance('virtual-0'))\nprint(m.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.kill()
    wait_until_gone(pid)
    with Machine.start(instance) as started:
        assert line(started) == "READY 00000001"


def test_a_bad_loader_is_refused(instance: Instance) -> None:
    """The boot ROM speaks before QEMU starts, and the board is free again."""
    with instance.nor.open("r+b") as file:
        file.seek(0x480)
        file.write(b"\0\0\0\0")
    with pytest.raises(BoardError, match=r"boot ROM: .*checksum"):
        Machine.start(instance)
    assert instance.state() == "off"


def test_odd_and_long_paths(image: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """State and temporary folders with spaces, commas and more characters than a socket's name may have."""
    folder = tmp_path / "a, b" / ("long " * 30).strip()
    folder.mkdir(parents=True)
    monkeypatch.setenv("N6GEN_STATE_DIR", str(folder))
    monkeypatch.setattr(machine_module, "_folder_for", lambda instance: str(folder))
    made = open_instance("virtual-0")
    with made.nor.open("r+b") as file:
        file.write(image)
    with Machine.start(made) as started:
        assert line(started) == "READY 00000001"
    assert [entry.name for entry in folder.iterdir()] == ["virtual"]


def test_no_room_in_memory(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the shared file lies beside the flash."""
    monkeypatch.setattr(machine_module, "_ROOM", 1 << 60)
    assert machine_module._folder_for(instance) == str(instance.folder)
    with Machine.start(instance) as started:
        assert line(started) == "READY 00000001"


def test_no_qemu(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said in one line, with how to get it on each system; the board is not held."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(qemu, "QEMU", qemu.Tool(names=("qemu-system-arm",)))
    with pytest.raises(MissingToolError, match="qemu-system-arm is not installed") as caught:
        Machine.start(instance)
    hints = " ".join(caught.value.things_to_try)
    assert all(system in hints for system in ("Debian", "Fedora", "macOS", "Windows"))
    assert instance.state() == "off"


def test_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where QEMU cannot share memory, that is said, with the way round."""
    monkeypatch.setattr(qemu, "system", lambda: "windows")
    with pytest.raises(MissingToolError, match="does not run on Windows") as caught:
        qemu.find_qemu("mps3-an547")
    assert "WSL" in caught.value.things_to_try[0]


def test_old_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A QEMU without the machine is told apart from none."""
    program = tmp_path / "qemu-system-arm"
    program.write_text("#!/bin/sh\necho 'Supported machines are:'\necho 'mps2-an385   ARM MPS2'\n")
    program.chmod(0o755)
    monkeypatch.setenv("N6GEN_QEMU", str(program))
    with pytest.raises(MissingToolError, match="too old: it has no machine mps3-an547"):
        qemu.find_qemu("mps3-an547")


def test_qemu_that_does_not_start(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said on its way out is in the error."""
    program = tmp_path / "qemu-system-arm"
    program.write_text(
        "#!/bin/sh\nif [ $1 = -machine ]; then echo 'mps3-an547 x'; exit; fi\n"
        "echo 'cannot set up guest memory' >&2; exit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("N6GEN_QEMU", str(program))
    with pytest.raises(BoardError, match="QEMU ended with exit code 1: cannot set up guest memory"):
        Machine.start(instance)
    assert instance.state() == "off"


def test_qemu_that_hangs(instance: Instance, tmp_path: Path) -> None:
    """A control socket that does not answer is an error, in time."""
    from n6gen.emulator.qmp import Control

    ours, its = socket.socketpair()
    with ours, its, pytest.raises(BoardError, match="QEMU does not answer"):
        Control(ours, lambda: BoardError("gone"), timeout=0.1)
