"""Probes as USB shows them and as n6gen lists them: serial numbers, serial ports, states, and who uses them."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from n6gen.errors import BoardError, MissingToolError
from n6gen.programmer import usb
from n6gen.programmer.base import Access
from n6gen.programmer.probe_lock import hold_probe
from n6gen.programmer.registry import choose, survey
from n6gen.programmer.stm32cubeprogrammer import CubeProgrammer
from n6gen.tools import openers
from tests.programmer.cube import DK, OTHER_SERIAL, SERIAL, Cube, cube

__all__ = ["cube"]


class Usb:
    """A machine's USB: what is plugged in, and who has it open."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("sys", "dev", "proc"):
            (root / name).mkdir()

    def plug(self, serial: str, *, product: str = "3754", device: int = 7, readable: bool = True) -> Path:
        """A device of ST; returns its node."""
        folder = self.root / "sys" / f"1-{device}"
        folder.mkdir()
        about = {"idVendor": "0483", "idProduct": product, "busnum": "1", "devnum": str(device), "serial": serial}
        for name, value in about.items():
            (folder / name).write_text(value + "\n")
        node = self.root / "dev" / "001" / f"{device:03d}"
        if readable:
            node.parent.mkdir(exist_ok=True)
            node.write_text("")
        return node

    def opened(self, node: Path, pid: int, name: str) -> None:
        """A process that has a node open."""
        (self.root / "proc" / str(pid) / "fd").mkdir(parents=True)
        (self.root / "proc" / str(pid) / "fd" / "5").symlink_to(node)
        (self.root / "proc" / str(pid) / "comm").write_text(name + "\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Usb:
    (tmp_path / "usb").mkdir()
    made = Usb(tmp_path / "usb")
    monkeypatch.setattr(usb, "SYSFS", made.root / "sys")
    monkeypatch.setattr(usb, "DEVICES", made.root / "dev")
    monkeypatch.setattr(openers, "PROCESSES", made.root / "proc")
    return made


def test_what_is_a_probe(machine: Usb) -> None:
    """ST-LINKs of any generation; not another device of ST, nor one without a serial number."""
    machine.plug(SERIAL)
    machine.plug(OTHER_SERIAL, product="374e", device=8)
    machine.plug("0001", product="df11", device=9)
    (machine.root / "sys" / "usb1").mkdir()
    assert [probe.serial for probe in usb.usb_probes()] == [OTHER_SERIAL, SERIAL]
    assert all(probe.accessible for probe in usb.usb_probes())


def test_no_usb_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without the folder has no probes that it knows of."""
    monkeypatch.setattr(usb, "SYSFS", tmp_path / "nothing")
    assert usb.usb_probes() == []
    assert usb.users_of(SERIAL) == []


def test_who_has_it_open(machine: Usb) -> None:
    """By name and process number."""
    node = machine.plug(SERIAL)
    machine.opened(node, 123, "ST-LINK_gdbserv")
    machine.opened(node.with_name("009"), 124, "bash")
    assert usb.users_of(SERIAL.lower()) == ["ST-LINK_gdbserv, process 123"]
    assert usb.users_of(OTHER_SERIAL) == usb.users_of(None) == []


def test_the_serial_port_of_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port whose USB serial number is the probe's, in either case; not another device's."""
    ports = [
        SimpleNamespace(vid=None, pid=None, serial_number=None, product=None, device="/dev/ttyS0"),
        SimpleNamespace(vid=0x0483, pid=0x5740, serial_number=SERIAL, product=None, device="/dev/ttyACM0"),
        SimpleNamespace(vid=0x0483, pid=0x3754, serial_number=SERIAL.lower(), product="V3", device="/dev/ttyACM1"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert usb.port_of(SERIAL) == "/dev/ttyACM1"
    assert usb.port_of(OTHER_SERIAL) is None


def test_states(cube: Cube, machine: Usb, monkeypatch: pytest.MonkeyPatch) -> None:
    """ready, busy by a stranger, busy by n6gen with who it is, and one that only USB shows: no permission."""
    third = "0031002B3232510939353236"
    cube.change(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL}, {"sn": third, "board": "NUCLEO-N657X0-Q"}])
    machine.plug("003D00443234510E37333934", readable=False)
    ports = [SimpleNamespace(vid=0x0483, pid=0x3754, serial_number=SERIAL, product=None, device="/dev/ttyACM1")]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    import fcntl

    with hold_probe(third, Access("measure")), (cube.folder / f"{OTHER_SERIAL}.lock").open("w") as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        found = {probe.serial: probe for probe in CubeProgrammer().probes()}
    assert {serial: (probe.board, probe.state, probe.vcp) for serial, probe in found.items()} == {
        SERIAL: (DK.name, "ready", "/dev/ttyACM1"),
        OTHER_SERIAL: ("?", "busy", None),
        third: ("NUCLEO-N657X0-Q", "busy", None),
        "003D00443234510E37333934": ("?", "no permission", None),
    }
    assert f"in use by n6gen measure, process {os.getpid()}" in (found[third].note or "")
    assert "another program uses the probe" in (found[OTHER_SERIAL].note or "")
    assert "udev" in (found["003D00443234510E37333934"].note or "")


def test_a_wedged_probe(cube: Cube, machine: Usb) -> None:
    """A list that cannot be had says why, and does not keep other boards from being listed."""
    cube.fail("list", "wedged", times=99)
    probes, problems = survey()
    assert [probe.serial for probe in probes] == ["virtual-0"]
    assert [type(problem) for problem in problems] == [BoardError]
    assert "no longer answers on USB" in problems[0].message
    with pytest.raises(BoardError, match="no longer answers"):
        choose(DK, None)


def test_no_permission(cube: Cube, machine: Usb) -> None:
    """A probe that only the tool knows of, and cannot open, is a permission that is missing, not a missing probe."""
    cube.fail("list", "no-permission", times=99)
    with pytest.raises(MissingToolError, match="may not open it"):
        choose(DK, None)
    assert [problem.message for problem in survey()[1]] == ["a probe is connected, but this user may not open it"]


def test_no_probe(cube: Cube, machine: Usb) -> None:
    """Nothing there: an empty list, and for a flash an error that names the cable."""
    cube.change(probes=[])
    assert CubeProgrammer().probes() == []
    with pytest.raises(BoardError, match="no stm32n6570-dk found") as caught:
        choose(DK, None)
    assert "cable" in caught.value.things_to_try[0]


def test_one_user_at_a_time(cube: Cube) -> None:
    """A probe that an n6gen holds is not opened by another one."""
    with CubeProgrammer().open(SERIAL, DK, Access()), pytest.raises(BoardError, match=f"{SERIAL} is in use by n6gen"):
        CubeProgrammer().open(SERIAL.lower(), DK, Access(patience=0)).__enter__()
