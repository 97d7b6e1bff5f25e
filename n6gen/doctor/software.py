"""The programs that n6gen calls, and whether their versions fit."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from n6gen.app.toolchain import GCC, TooOldError, find_gcc
from n6gen.board.facts import load_board
from n6gen.compiler.stedgeai.locate import Located, locate
from n6gen.doctor.finding import Finding, absent
from n6gen.emulator.qemu import find_qemu, qemu_version
from n6gen.errors import InputError, MissingToolError
from n6gen.tools.find import Tool, Version, find
from n6gen.tools.known import CUBE_PROGRAMMER, PROBE_RS, SIGNING_TOOL, said_version

_GIT_FIXES = (
    "Debian, Ubuntu: sudo apt-get install git",
    "Fedora: sudo dnf install git",
    "macOS: brew install git",
    "Windows: winget install Git.Git",
)
_CUBE_FIXES = (
    "Install STM32CubeProgrammer 2.21 or newer from st.com (free, needs an account), or probe-rs.",
    "If it is installed: set N6GEN_CUBEPROGRAMMER to its folder.",
)
_PROBE_RS_FIXES = (
    "Install probe-rs 0.32 or newer: https://probe.rs, or 'cargo install probe-rs-tools'.",
    "If it is installed: set N6GEN_PROBE_RS to the program.",
)
#: The first of each that can write this board's flash. One release in between often cannot erase an N6.
_OLDEST_CUBE: Version = (2, 18)
_BROKEN_CUBE: Version = (2, 20, 0)
_OLDEST_PROBE_RS: Version = (0, 32)


def python() -> Finding:
    """The interpreter that runs n6gen; it starts only where that is new enough."""
    return Finding("python", "ok", f"{sys.version.split()[0]}, {sys.executable}")


def gcc() -> Finding:
    """The cross compiler and its C library."""
    try:
        path, said = find_gcc()
    except MissingToolError as error:
        return Finding(GCC, "old" if isinstance(error, TooOldError) else "missing", error.message, error.things_to_try)
    version = re.search(r"\d+\.\d+\.\d+", said)
    return Finding(GCC, "ok", f"{version[0] if version else said}, {path}")


def build_tool(name: str) -> Finding:
    """CMake or Ninja: the one that came from PyPI with n6gen, else the one on PATH."""
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        return Finding(
            name, "missing", "neither beside n6gen nor on PATH", (f"{sys.executable} -m pip install {name}",)
        )
    return Finding(name, "ok", f"{_dotted(said_version(Path(path)))}, {path}")


def qemu(*, needed: bool) -> Finding:
    """The emulator that the virtual board is."""
    machine = load_board("virtual").raw["emulator"]["machine"]
    try:
        path = find_qemu(machine)
    except MissingToolError as error:
        return absent("qemu", error.message, error.things_to_try, needed=needed)
    version = re.search(r"\d+(?:\.\d+)+", qemu_version(path))
    return Finding("qemu", "ok", f"{version[0] if version else 'unknown version'} with {machine}, {path}")


def git(*, needed: bool) -> Finding:
    """What fetches vendor packages."""
    path = shutil.which("git")
    if path is None:
        return absent("git", "not on PATH", _GIT_FIXES, needed=needed)
    return Finding("git", "ok", f"{_dotted(said_version(Path(path)))}, {path}")


def stedgeai(*, needed: bool) -> tuple[Finding, Located | None]:
    """ST's compiler for the NPU, and where it is."""
    try:
        found = locate()
    except (MissingToolError, InputError) as error:
        return absent("stedgeai", error.message, error.things_to_try, needed=needed), None
    return Finding("stedgeai", "ok", f"{found.core.number}, {found.program} ({found.source})"), found


def programmers(*, needed: bool) -> list[Finding]:
    """The programs that write the board's flash: one of them is enough."""
    cube = _programmer("STM32CubeProgrammer", CUBE_PROGRAMMER, _OLDEST_CUBE, _CUBE_FIXES, broken=_BROKEN_CUBE)
    probe_rs = _programmer("probe-rs", PROBE_RS, _OLDEST_PROBE_RS, _PROBE_RS_FIXES)
    one_is_enough = not needed or "ok" in {cube.state, probe_rs.state}
    signing = _search("signing tool", SIGNING_TOOL, ("Not needed: n6gen signs images itself.",))
    return [_eased(cube) if one_is_enough else cube, _eased(probe_rs), _eased(signing)]


def _search(name: str, tool: Tool, fixes: tuple[str, ...]) -> Finding:
    """A program with its version, or what was tried to find it."""
    try:
        found = find(tool, version=said_version)
    except InputError as error:
        return Finding(name, "missing", error.message, error.things_to_try)
    if found.path is None:
        return Finding(name, "missing", f"no {tool.names[0]} in the environment, on PATH or where it usually is", fixes)
    return Finding(name, "ok", f"{_dotted(said_version(found.path))}, {found.path} ({found.source})")


def _programmer(
    name: str, tool: Tool, oldest: Version, fixes: tuple[str, ...], broken: Version | None = None
) -> Finding:
    finding = _search(name, tool, fixes)
    if finding.state != "ok":
        return finding
    number = finding.detail.partition(",")[0]
    version = tuple(int(part) for part in number.split(".")) if number[:1].isdigit() else ()
    if version == broken:
        return Finding(name, "old", f"{finding.detail}: this release often cannot erase an N6", fixes)
    if version < oldest:
        return Finding(name, "old", f"{finding.detail}: {_dotted(oldest)} is the oldest that works", fixes)
    return finding


def _eased(finding: Finding) -> Finding:
    """The same for something that is not needed."""
    return Finding(finding.name, "optional", finding.detail, finding.fixes) if finding.bad else finding


def _dotted(version: Version) -> str:
    return ".".join(map(str, version)) or "unknown version"
