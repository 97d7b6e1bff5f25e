"""Debug probes as the system sees them: their serial ports, whether this user may open them, and who has them open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import attrs

from n6gen.tools.openers import openers

VENDOR = 0x0483
#: Product ids of ST-LINK probes, of all generations.
PRODUCTS = frozenset({0x3748, 0x374A, 0x374B, 0x374E, 0x374F, 0x3752, 0x3753, 0x3754, 0x3755, 0x3757})

SYSFS = Path("/sys/bus/usb/devices")
DEVICES = Path("/dev/bus/usb")


@attrs.frozen
class UsbProbe:
    """A probe on this machine's USB, whatever tool is installed. `node`: the file that is the device."""

    serial: str
    node: Path

    @property
    def accessible(self) -> bool:
        """Whether this user may open it."""
        return os.access(self.node, os.R_OK | os.W_OK)


def usb_probes() -> list[UsbProbe]:
    """The probes that Linux knows; nothing on other systems, which ask nobody for permission."""
    return sorted(_probes(), key=lambda probe: probe.serial)


@attrs.frozen
class ProbePort:
    """The serial port of the link that a probe carries. `name`: what the probe calls itself, None if it has no name."""

    serial: str
    device: str
    name: str | None = None


def probe_ports() -> list[ProbePort]:
    """The ports of all probes, by serial number."""
    from serial.tools import list_ports

    ports = (port for port in list_ports.comports() if port.vid == VENDOR and port.pid in PRODUCTS)
    named = (ProbePort(port.serial_number, str(port.device), port.product) for port in ports if port.serial_number)
    return sorted(named, key=lambda port: port.serial)


def port_of(serial: str) -> str | None:
    """The serial port of the link that a probe carries, None if there is none."""
    return next((port.device for port in probe_ports() if port.serial.upper() == serial.upper()), None)


def users_of(serial: str | None) -> list[str]:
    """The processes that have a probe open, as "name, process N"; only those that this user may look into."""
    nodes = {os.fspath(probe.node) for probe in usb_probes() if serial and probe.serial.upper() == serial.upper()}
    return openers(nodes)


def _probes() -> Iterator[UsbProbe]:
    folders = SYSFS.iterdir() if SYSFS.is_dir() else ()
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):
            read = {name: (folder / name).read_text(encoding="utf-8").strip() for name in ("idVendor", "idProduct")}
            if int(read["idVendor"], 16) != VENDOR or int(read["idProduct"], 16) not in PRODUCTS:
                continue
            bus, device = (int((folder / name).read_text(encoding="utf-8")) for name in ("busnum", "devnum"))
            serial = (folder / "serial").read_text(encoding="utf-8").strip()
            yield UsbProbe(serial, DEVICES / f"{bus:03d}" / f"{device:03d}")
