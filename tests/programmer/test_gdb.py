"""A program in RAM: a real gdb loads it into a real (emulated) Cortex-M55 and starts it, without a reset."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.instance import open_instance
from n6gen.emulator.memory import SharedMemory
from n6gen.emulator.qemu import arguments, find_qemu
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.flash.ram import ram_program
from n6gen.flash.session import flash
from n6gen.image.manifest import read_manifest
from n6gen.link import Client, SocketPort
from n6gen.programmer.base import RamProgram
from n6gen.programmer.gdb import GDB, Server, find_gdb, run_program, script, stlink_server
from n6gen.programmer.messages import error_of
from n6gen.tools.find import find
from tests.support.journey import build, tiny_model

BOARD = load_board("virtual")

needs_gdb = pytest.mark.skipif(find(GDB).path is None, reason="no gdb for Arm on PATH")


class Cpu:
    """An emulated board that is halted at a gdb server; its link is `uart`."""

    def __init__(self, folder: Path) -> None:
        instance = open_instance("virtual-0")
        vectors, ram = folder / "vectors.bin", folder / "ram"
        # Where the boot ROM would have left it: nowhere in particular.
        vectors.write_bytes((0x2000_1000).to_bytes(4, "little") + (0x2800_0401).to_bytes(4, "little"))
        self.memory = SharedMemory(ram, BOARD)
        self.uart, its_uart = socket.socketpair()
        self._control, its_control = socket.socketpair()
        words = arguments(
            BOARD, nor=instance.nor, vectors=vectors, ram=ram, uart=its_uart.fileno(), control=its_control.fileno()
        )
        self._others = (its_uart, its_control)
        program = str(find_qemu(BOARD.raw["emulator"]["machine"]))
        keep = (its_uart.fileno(), its_control.fileno())
        self.server = Server((program, *words, "-S", "-gdb", "tcp:127.0.0.1:{port}"), keep)

    def close(self) -> None:
        for sock in (self.uart, self._control, *self._others):
            sock.close()


@pytest.mark.arm
@pytest.mark.qemu
@needs_gdb
def test_an_app_runs_from_ram(tmp_path: Path) -> None:
    """With only the weights in the flash, the app gets ready and says the right build."""
    assert build(tiny_model(tmp_path), tmp_path / "b").code == 0
    flash(tmp_path / "b", "virtual-0", only=["weights"])
    manifest = read_manifest(tmp_path / "b")
    cpu = Cpu(tmp_path)
    said: list[str] = []

    def listen() -> None:
        client = Client(SocketPort(cpu.uart))
        client.wait_ready(60)
        said.append(client.hello(timeout=5).build)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    log = tmp_path / "log"
    run_program(find_gdb(), cpu.server, ram_program(tmp_path / "b", BOARD), tmp_path, log, error_of)
    listener.join(60)
    cpu.close()
    assert said == [manifest.build_id], log.read_text()
    assert "matched" in log.read_text()


def test_what_gdb_is_told() -> None:
    """The core's registers, the program, its vectors; never a reset of the system."""
    text = script(RamProgram(Path("app.elf"), 0x3400_0400), 4711)
    lines = text.splitlines()
    assert "target remote 127.0.0.1:4711" in lines
    assert lines.index("load") < lines.index("compare-sections") < lines.index("detach")
    assert "set {unsigned int}0xe000ed08 = 0x34000400" in lines
    assert "set $sp = *(unsigned int *)0x34000400" in lines
    assert "set $pc = *(unsigned int *)0x34000404 & ~1" in lines
    # AIRCR, which resets the system, is never written; nor is the server told to.
    assert "0xe000ed0c" not in text
    assert "monitor" not in text


@needs_gdb
def test_a_server_that_refuses(tmp_path: Path) -> None:
    """What the server says decides: here, as recorded, the wrong boot mode."""
    (tmp_path / "app.elf").write_bytes(b"")
    server = Server(("/bin/sh", "-c", "echo 'Target unknown error 32'; exit 1"))
    with pytest.raises(BoardError, match="not in the development position"):
        run_program(
            fast_gdb(tmp_path), server, RamProgram(tmp_path / "app.elf", 0), tmp_path, tmp_path / "log", error_of
        )


def fast_gdb(folder: Path) -> Path:
    """A gdb that does not wait for a server that is not there."""
    file = folder / "gdb"
    file.write_text("#!/bin/sh\necho 'could not connect: Connection refused.'\nexit 1\n")
    file.chmod(0o755)
    return file


def test_a_gdb_that_fails(tmp_path: Path) -> None:
    """Its last words, and where all of them are."""
    (tmp_path / "app.elf").write_bytes(b"")
    server = Server(("/bin/sh", "-c", "echo fine; sleep 30"))
    program = RamProgram(tmp_path / "app.elf", 0)
    with pytest.raises(BoardError, match="loading the program failed: could not connect") as caught:
        run_program(fast_gdb(tmp_path), server, program, tmp_path, tmp_path / "log", error_of)
    assert str(tmp_path / "log") in caught.value.things_to_try[0]
    assert "fine" in (tmp_path / "log").read_text()


def test_wrong_ram(tmp_path: Path) -> None:
    """A program that did not arrive whole is not started in silence."""
    (tmp_path / "app.elf").write_bytes(b"")
    gdb = fast_gdb(tmp_path)
    gdb.write_text("#!/bin/sh\necho 'Section .text, range 0x0 -- 0x4: MIS-MATCHED!'\necho 'n6gen: the program runs'\n")
    server = Server(("/bin/sh", "-c", "sleep 30"))
    with pytest.raises(BoardError, match="does not hold the program"):
        run_program(gdb, server, RamProgram(tmp_path / "app.elf", 0), tmp_path, tmp_path / "log", error_of)


def test_tools_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says what it is, how to get it, and the strategy that needs none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for look in (find_gdb, lambda: stlink_server(tmp_path, "1", 1, ())):
        with pytest.raises(MissingToolError) as caught:
            look()
        assert any("--strategy flash" in hint for hint in caught.value.things_to_try)


def test_only_the_built_elf(tmp_path: Path) -> None:
    """An ELF file that is not the one of the manifest is refused."""
    from tests.flash.fake_build import images, write_build

    folder = write_build(tmp_path / "b", images(1))
    with pytest.raises(InputError, match=r"app\.elf is not the file that was built"):
        ram_program(folder, BOARD)
