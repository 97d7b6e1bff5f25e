"""Which port leads to a board, why one cannot be opened, and a real clock's session at the command's edge."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import serial
from serial.tools import list_ports

from n6gen.board import load_board
from n6gen.errors import BoardError, MissingToolError
from n6gen.link import open_port
from n6gen.measure.linked import find_link
from tests.link.fake_board import BUILD, NETWORK
from tests.measure.clocked import SIDE, ClockedBoard
from tests.measure.test_clocked import checked
from tests.support.bridge import as_tcp
from tests.support.cli import n6gen
from tests.support.journey import build, tiny_model

ONE, TWO = "004300483232510739353236", "0031002B3232510939353236"


def probe(sn: str, device: str) -> SimpleNamespace:
    return SimpleNamespace(
        vid=0x0483, pid=0x3754, serial_number=sn, product="STLINK-V3", device=device, description="?"
    )


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """The serial ports of this machine; a list to fill."""
    ports: list[SimpleNamespace] = []
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    return ports


def test_the_port_of_the_probe(plugged: list[SimpleNamespace]) -> None:
    """The only probe's, or that of the named one; a named port is believed, and its probe known if it has one."""
    board = load_board("stm32n6570-dk")
    plugged.append(probe(ONE, "/dev/ttyACM0"))
    assert find_link(board, None, None)[0] == "/dev/ttyACM0"
    plugged.append(probe(TWO, "/dev/ttyACM1"))
    where, found = find_link(board, None, TWO.lower())
    assert (where, found and found.serial) == ("/dev/ttyACM1", TWO)
    where, found = find_link(board, "/dev/ttyACM0", None)
    assert (where, found and found.serial) == ("/dev/ttyACM0", ONE)
    assert find_link(board, "socket://farm:4000", None) == ("socket://farm:4000", None)


def test_none_or_several(plugged: list[SimpleNamespace]) -> None:
    """Says which there are, and how to name a port."""
    board = load_board("stm32n6570-dk")
    with pytest.raises(BoardError, match="no serial port of a stm32n6570-dk found") as none:
        find_link(board, None, None)
    assert any("--port" in remedy for remedy in none.value.things_to_try)
    plugged += [probe(ONE, "/dev/ttyACM0"), probe(TWO, "/dev/ttyACM1")]
    with pytest.raises(BoardError, match="2 probes with a serial port") as several:
        find_link(board, None, None)
    assert several.value.things_to_try == (f"--sn {TWO} is at /dev/ttyACM1.", f"--sn {ONE} is at /dev/ttyACM0.")
    with pytest.raises(BoardError, match="the probe 1234 has no serial port here"):
        find_link(board, None, "1234")


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.EACCES, MissingToolError, "you may not"),
        (errno.EBUSY, BoardError, "has it open"),
        (errno.ENOENT, BoardError, "there is no such port"),
        (errno.EIO, BoardError, "cannot open"),
    ],
)
def test_why_a_device_does_not_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, kind: type[Exception], said: str
) -> None:
    """No permission is this machine's, with the group to join; the others are the board's."""
    device = tmp_path / "ttyACM0"
    device.touch()

    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(number, "as the system says it")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(kind, match=said) as refused:
        open_port(str(device))
    remedies = refused.value.things_to_try  # type: ignore[attr-defined]
    assert (f"usermod -aG {device.group()}" in str(remedies)) == (number == errno.EACCES)


def real_build(folder: Path) -> Path:
    """A build that says it is for the DK and for the stand-in's network: no such app runs anywhere."""
    assert build(tiny_model(folder), folder / "b").code == 0
    file = folder / "b" / "manifest.json"
    manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
    published = "st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8.onnx"
    model = {**manifest["model"], "source": published, "height": SIDE, "width": SIDE, "rewrites": ["cut-head"]}
    named = {"board": "stm32n6570-dk", "build_id": BUILD, "network_id": NETWORK, "model": model}
    file.write_text(json.dumps(manifest | named))
    return folder / "b"


@pytest.mark.arm
def test_a_real_clock_at_the_commands_edge(tmp_path: Path) -> None:
    """Over a port, by the windows' rule, in ms, beside the published row; judged by a folder of sessions: 0, 1 and 6.

    The clock is made up (tests/measure/clocked.py): this shows the command, and nothing about any board.
    """
    folder, bases = real_build(tmp_path), tmp_path / "bases"

    def measured(slower: float, seed: int, *options: str | Path) -> Any:
        board = ClockedBoard(seed=seed, slower=slower, board="stm32n6570-dk")
        with board, as_tcp(board.port._sock) as port:
            fixed = ("--port", port, "--camera", "--quick", "--json", tmp_path / "m.json")
            ran = n6gen("measure", "--build", folder, *fixed, *options)
        return ran, checked(json.loads((tmp_path / "m.json").read_text("utf-8")))

    bases.mkdir()
    ran, said = measured(1.0, 1, "--reset")
    assert ran.code == 0, ran.err
    assert (said["unit"], said["emulated"], said["method"]["name"]) == ("ms", False, "quick")
    assert 21 < said["stages"]["network"]["p50"] < 22
    assert said["cold"]["network"] > 30
    assert said["rate"]["dropped"] > 0
    assert "Published: st_deeplabv3_mnv2_a050_s16_asppv2_320" in ran.out
    assert "Here network + decode: " in ran.out
    shutil.copy(tmp_path / "m.json", bases / "1.json")
    for factor, code in ((1.0, 0), (1.1, 1)):
        ran, said = measured(factor, 2, "--baseline", bases, "--max-regression", "3%", "--stage", "network")
        assert (ran.code, said["cold"]) == (code, None), ran.err
    (bases / "1.json").write_text((bases / "1.json").read_text("utf-8").replace('"quick"', '"full"'))
    ran, said = measured(1.0, 3, "--baseline", bases)
    assert (ran.code, said["gate"]["verdict"]) == (6, "not comparable")
