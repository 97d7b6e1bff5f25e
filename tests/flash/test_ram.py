"""The boot strategy `ram`: weights to the flash only if others are there, the app to RAM, nothing else touched."""

from __future__ import annotations

import json
import shlex
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.flash.ram import run_from_ram
from n6gen.flash.session import flash
from n6gen.image.manifest import FILE_NAME
from n6gen.programmer.gdb import GDB
from n6gen.tools.files import sha256_file
from n6gen.tools.find import find
from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, SERIAL, Cube, cube
from tests.support.cli import n6gen

__all__ = ["cube"]

STAND_IN = Path(__file__).resolve().parents[1] / "stand_ins" / "gdb_server.py"
VECTORS = DK.regions["app"].base + 0x400
CONTENT = images(3, fsbl=2_000, app=3_000, blob=70_000, board=DK.name)

pytestmark = [pytest.mark.arm, pytest.mark.skipif(find(GDB).path is None, reason="no gdb for Arm on PATH")]


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program for the app's place in RAM: vectors, and some bytes."""
    folder = tmp_path_factory.mktemp("elf")
    (folder / "app.s").write_text(
        f'.section .vectors,"a"\n.word 0x34100000\n.word {VECTORS + 0x41:#x}\n.space 0x1000,7\n'
    )
    words = [
        "arm-none-eabi-gcc",
        "-mcpu=cortex-m55",
        "-nostdlib",
        "-Wl,-n",
        f"-Wl,--section-start=.vectors={VECTORS:#x}",
    ]
    subprocess.run([*words, "-Wl,-e,0", folder / "app.s", "-o", folder / "app.elf"], check=True)
    return folder / "app.elf"


@pytest.fixture
def build(tmp_path: Path, elf: Path) -> Path:
    folder = write_build(tmp_path / "a build", CONTENT, board=DK.name)
    (folder / "app.elf").write_bytes(elf.read_bytes())
    manifest = json.loads((folder / FILE_NAME).read_text())
    manifest["files"]["app.elf"] = sha256_file(elf)
    (folder / FILE_NAME).write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ST's gdb server, stood in for; returns the folder that it writes to."""
    program = tmp_path / "a server" / "ST-LINK_gdbserver"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S {shlex.quote(str(STAND_IN))} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("N6GEN_GDBSERVER", str(program))
    monkeypatch.setenv("GDB_STAND_IN", str(tmp_path))
    return tmp_path


def core(server: Path) -> dict[str, Any]:
    return dict(json.loads((server / "core.json").read_text()))


def word(state: dict[str, Any], address: int) -> int:
    value: int = struct.unpack("<I", bytes(state["memory"].get(f"{address + i:#010x}", 0) for i in range(4)))[0]
    return value


def test_an_app_in_ram(cube: Cube, server: Path, build: Path) -> None:
    """Weights are written once; the program is in RAM, the core at its reset vector; loader and app partition stay."""
    result = run_from_ram(build)
    assert [(part["name"], part["action"]) for part in result.as_json()["partitions"]] == [("weights", "write")]
    assert result.as_json()["strategy"] == "ram"
    state = core(server)
    assert (word(state, VECTORS), word(state, VECTORS + 4)) == (0x3410_0000, VECTORS + 0x41)
    assert state["registers"] | {"sp": 0x3410_0000, "pc": VECTORS + 0x40, "xpsr": 0x0100_0000} == state["registers"]
    assert word(state, 0xE000_ED08) == VECTORS
    # Nothing but the program's bytes and the core's own registers was written.
    places = {int(address, 16) for address in state["memory"]}
    assert all(VECTORS <= place < VECTORS + 0x1008 or place >> 16 == 0xE000 for place in places)
    assert cube.holds("weights", len(CONTENT["weights"])) == CONTENT["weights"]
    assert set(cube.holds("fsbl", 0x38_0000)) == {0xFF}
    cube.forget()
    again = run_from_ram(build)
    assert again.as_json()["partitions"][0]["action"] == "unchanged"
    assert cube.erased() == []
    reads = [call["argv"] for call in cube.calls if "-r" in call["argv"]]
    assert [argv[argv.index("-r") + 2] for argv in reads] == ["64"]


def test_the_server_is_told_which_probe(cube: Cube, server: Path, build: Path) -> None:
    """Its serial number, access port 1, where CubeProgrammer is; it attaches and does not halt."""
    run_from_ram(build)
    said = json.loads((server / "gdb_server.json").read_text())
    assert (said["i"], said["m"], said["g"], said["cp"]) == (SERIAL, 1, True, str(cube.bin))


def test_the_wrong_switches(cube: Cube, server: Path, build: Path, shared: Path) -> None:
    """The recorded refusal of the server, in the words of this board."""
    log = shared / "fixtures" / "programmer" / "nucleo-n657x0q-gdbserver-wrong-boot-mode.txt"
    (server / "fails").write_text(log.read_text())
    with pytest.raises(BoardError, match=f"{SERIAL}: .* not in the development position") as caught:
        run_from_ram(build)
    assert caught.value.things_to_try[0] == DK.raw["boot"]["develop"]


def test_a_server_that_is_missing(cube: Cube, build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the weights are written."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingToolError, match="no ST-LINK_gdbserver"):
        run_from_ram(build)
    assert cube.erased() == []


def test_another_elf(cube: Cube, server: Path, build: Path) -> None:
    """Not the one that was built."""
    (build / "app.elf").write_bytes((build / "app.elf").read_bytes() + b"\0")
    with pytest.raises(InputError, match="is not the file that was built"):
        run_from_ram(build)


def test_dry_run_and_flash_afterwards(cube: Cube, server: Path, build: Path) -> None:
    """A dry run loads nothing; the strategies share the weights."""
    assert run_from_ram(build, dry_run=True).as_json()["partitions"][0]["action"] == "write"
    assert not (server / "core.json").exists()
    run_from_ram(build)
    actions = {part["name"]: part["action"] for part in flash(build).as_json()["partitions"]}
    assert actions == {"fsbl": "write", "app": "write", "weights": "unchanged"}


def test_as_a_user(cube: Cube, server: Path, build: Path) -> None:
    """The command, and a virtual board that refuses by name."""
    done = n6gen("flash", "--build", build, "--strategy", "ram", "--json")
    assert done.code == 0, done.err
    assert (done.json["strategy"], done.json["next"], done.json["running"]) == ("ram", None, None)
    (server / "core.json").unlink()
    done = n6gen("flash", "--build", build, "--strategy", "ram")
    assert "the app was loaded and started" in done.out
    other = n6gen("flash", "--build", build, "--strategy", "ram", "--sn", "virtual-0")
    assert other.code == 5
    assert "virtual-0 cannot run a program from RAM" in other.err
