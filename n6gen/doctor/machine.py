"""What the machine itself allows: USB, serial ports, disk."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from n6gen.doctor.finding import Finding, absent
from n6gen.tools.find import system
from n6gen.tools.paths import cache_dir, state_dir

#: USB ids of the debug probe on the board (STLINK-V3EC).
_VENDOR, _PRODUCT = "0483", "3754"
_RULES = tuple(map(Path, ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")))
_RULE = f'SUBSYSTEM=="usb", ATTR{{idVendor}}=="{_VENDOR}", ATTR{{idProduct}}=="{_PRODUCT}", TAG+="uaccess"'
_UDEV_FIXES = (
    f"echo '{_RULE}' | sudo tee /etc/udev/rules.d/70-n6gen-stlink.rules",
    "sudo udevadm control --reload && sudo udevadm trigger, then plug the board in again",
)
#: Groups that distributions give serial ports to.
_SERIAL_GROUPS = ("dialout", "uucp")
#: Enough for vendor packages, a build and some sessions.
_DISK_MB = 500


def udev_rules(*, needed: bool, folders: Sequence[Path] = _RULES) -> Finding:
    """Whether a user may open the board's debug probe. Only Linux asks."""
    name = "udev rules"
    if system() != "linux":
        return Finding(name, "ok", "not needed on this system")
    if is_root():
        return Finding(name, "ok", "root needs none")
    files = (file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.rules")))
    found = next((file for file in files if grants(_text(file))), None)
    if found:
        return Finding(name, "ok", str(found))
    detail = f"no rule lets you open an ST-LINK ({_VENDOR}:{_PRODUCT})"
    return absent(name, detail, _UDEV_FIXES, needed=needed)


def grants(rules: str) -> bool:
    """Whether a file of udev rules has one that gives access to the board's debug probe."""
    joined = rules.replace("\\\n", " ")
    return any(_grants(line) for line in joined.splitlines() if not line.lstrip().startswith("#"))


def serial_ports(*, needed: bool, devices: Iterable[Path] | None = None) -> Finding:
    """Whether a user may open the board's serial port. Only Linux asks."""
    name = "serial port"
    if system() != "linux":
        return Finding(name, "ok", "not restricted on this system")
    if is_root():
        return Finding(name, "ok", "root may open every port")
    ports = sorted(Path("/dev").glob("ttyACM*")) if devices is None else list(devices)
    closed = [port for port in ports if not os.access(port, os.R_OK | os.W_OK)]
    group = _serial_group()
    fix = f"sudo usermod -aG {group or _SERIAL_GROUPS[0]} {os.environ.get('USER', '$USER')}, then log in again"
    if closed:
        return absent(name, f"you may not open {closed[0]}", [fix], needed=needed)
    if ports:
        return Finding(name, "ok", f"you may open {ports[0]}")
    if group is None or not _in_group(group):
        return absent(name, f"you are not in the group {group or _SERIAL_GROUPS[0]}", [fix], needed=needed)
    return Finding(name, "ok", f"you are in the group {group}")


def disk(folders: Sequence[Path] | None = None) -> Finding:
    """Whether there is room for what n6gen writes."""
    places = [cache_dir(), state_dir(), Path.cwd()] if folders is None else folders
    free = {place: shutil.disk_usage(_existing(place)).free // 1_000_000 for place in places}
    tightest = min(free, key=lambda place: free[place])
    if free[tightest] < _DISK_MB:
        detail = f"{free[tightest]} MB free at {tightest}, {_DISK_MB} MB are needed"
        return absent("disk", detail, ["Free some space, or set N6GEN_CACHE_DIR and N6GEN_STATE_DIR."], needed=True)
    return Finding("disk", "ok", f"{free[tightest]} MB free at {tightest}")


def is_root() -> bool:
    """Whether this process may do everything."""
    return sys.platform != "win32" and os.geteuid() == 0


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _grants(line: str) -> bool:
    matches = dict(re.findall(r'ATTRS?\{(idVendor|idProduct)\}\s*==\s*"([^"]*)"', line))
    if not _fits(matches.get("idVendor", ""), _VENDOR) or not _fits(matches.get("idProduct", "*"), _PRODUCT):
        return False
    mode = re.search(r'MODE\s*:?=\s*"0?(\d{3})"', line)
    return bool(re.search(r'TAG\s*\+=\s*"uaccess"|GROUP\s*:?=\s*"', line)) or bool(mode and mode[1][-1] in "67")


def _fits(pattern: str, value: str) -> bool:
    # udev: shell patterns, alternatives between "|".
    return any(fnmatch.fnmatchcase(value, one) for one in pattern.lower().split("|"))


def _serial_group() -> str | None:
    import grp

    known = {entry.gr_name for entry in grp.getgrall()}
    return next((name for name in _SERIAL_GROUPS if name in known), None)


def _in_group(name: str) -> bool:
    import grp

    return grp.getgrnam(name).gr_gid in {os.getgid(), *os.getgroups()}


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
