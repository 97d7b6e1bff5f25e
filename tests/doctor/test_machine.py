"""USB rules, serial ports, disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.doctor import machine
from n6gen.doctor.machine import disk, grants, serial_ports, udev_rules


@pytest.fixture
def _user_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "system", lambda: "linux")
    monkeypatch.setattr(machine, "is_root", lambda: False)


@pytest.mark.parametrize(
    "rule",
    [
        'SUBSYSTEMS=="usb", ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3754", MODE:="0666", SYMLINK+="stlinkv3_%n"',
        'ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3754", MODE="660", GROUP="plugdev", TAG+="uaccess"',
        'ATTRS{idVendor}=="0483", ATTRS{idProduct}=="374?|375?", TAG+="uaccess"',
        'SUBSYSTEM=="usb", ATTR{idVendor}=="0483", MODE="0666"',
        'ATTRS{idVendor}=="0483", \\\n  ATTRS{idProduct}=="3754", TAG+="uaccess"',
    ],
)
def test_rules_that_give_access(rule: str) -> None:
    """The forms that vendors and other tools use."""
    assert grants(f"# ST-LINK\n{rule}\n")


@pytest.mark.parametrize(
    "rule",
    [
        "",
        '# ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3754", MODE="0666"',
        'ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3748", MODE="0666"',
        'ATTRS{idVendor}=="1366", ATTRS{idProduct}=="3754", MODE="0666"',
        'ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3754", SYMLINK+="stlink"',
        'ATTRS{idVendor}=="0483", ATTRS{idProduct}=="3754", MODE="0640"',
        'ATTRS{idProduct}=="3754", MODE="0666"',
    ],
)
def test_rules_that_do_not(rule: str) -> None:
    """Another device, a comment, or no access for users."""
    assert not grants(rule)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any file may lie in that folder."""
    assert grants(text) in (True, False)


@pytest.mark.usefixtures("_user_on_linux")
def test_the_rules_folders_are_searched(tmp_path: Path) -> None:
    """Found with its file; missing with a rule to copy; optional where no hardware is used."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "10-x.rules").write_bytes(b"\xff\xfe")
    lacking = udev_rules(needed=True, folders=[tmp_path / "none", tmp_path / "a"])
    assert lacking.state == "missing"
    assert udev_rules(needed=False, folders=[tmp_path / "a"]).state == "optional"
    rule = lacking.fixes[0].split("'")[1]
    (tmp_path / "a" / "70-y.rules").write_text(rule)
    found = udev_rules(needed=True, folders=[tmp_path / "a"])
    assert (found.state, found.detail) == ("ok", str(tmp_path / "a" / "70-y.rules"))


@pytest.mark.parametrize(("system", "root"), [("macos", False), ("windows", False), ("linux", True)])
def test_who_needs_no_permission(monkeypatch: pytest.MonkeyPatch, system: str, root: bool) -> None:
    """Other systems and root."""
    monkeypatch.setattr(machine, "system", lambda: system)
    monkeypatch.setattr(machine, "is_root", lambda: root)
    assert udev_rules(needed=True, folders=[]).state == "ok"
    assert serial_ports(needed=True, devices=[]).state == "ok"


@pytest.mark.usefixtures("_user_on_linux")
def test_a_port_that_may_not_be_opened_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the group to join."""
    port = tmp_path / "ttyACM0"
    port.touch()
    assert serial_ports(needed=True, devices=[port]).state == "ok"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = serial_ports(needed=True, devices=[port])
    assert (found.state, found.detail) == ("missing", f"you may not open {port}")
    assert "usermod -aG" in found.fixes[0]


@pytest.mark.usefixtures("_user_on_linux")
def test_without_a_port_the_group_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """No board is plugged in yet."""
    monkeypatch.setattr(machine, "_serial_group", lambda: "dialout")
    monkeypatch.setattr(machine, "_in_group", lambda name: False)
    assert "dialout" in serial_ports(needed=True, devices=[]).detail
    monkeypatch.setattr(machine, "_in_group", lambda name: True)
    assert serial_ports(needed=True, devices=[]).state == "ok"
    monkeypatch.setattr(machine, "_serial_group", lambda: None)
    assert serial_ports(needed=False, devices=[]).state == "optional"


def test_the_tightest_disk_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that does not exist yet counts as the nearest one that does."""
    later = tmp_path / "not" / "yet"
    assert disk([later]).state == "ok"
    free = {tmp_path: 3_000_000, Path("/"): 10**12}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free[Path(path)]))
    found = disk([Path("/"), later])
    assert (found.state, found.detail) == ("missing", f"3 MB free at {later}, 500 MB are needed")
