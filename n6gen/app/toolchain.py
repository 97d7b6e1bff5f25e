"""Find the tools that build the app: arm-none-eabi-gcc, CMake, Ninja."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import attrs

from n6gen.errors import MissingToolError
from n6gen.tools.run import run

GCC = "arm-none-eabi-gcc"
#: The first GCC whose Cortex-M55 code the kernels were tested with.
OLDEST_GCC = 11
_GCC_HINTS = (
    "Debian, Ubuntu: sudo apt install gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "Fedora: sudo dnf install arm-none-eabi-gcc-cs arm-none-eabi-newlib",
    "macOS: brew install --cask gcc-arm-embedded",
    "Windows: winget install Arm.GnuArmEmbeddedToolchain",
    "STM32CubeIDE brings one too: put the folder that holds arm-none-eabi-gcc on PATH.",
)
_VERSION_TIMEOUT_S = 30.0


class TooOldError(MissingToolError):
    """A tool is there, but a newer one is needed."""


@attrs.frozen
class Toolchain:
    """Absolute paths of the tools, and what each says about its version."""

    gcc: Path
    cmake: Path
    ninja: Path
    versions: dict[str, str]


def find_toolchain() -> Toolchain:
    """Find all tools; raises MissingToolError, with what to install, for the first that is missing or too old."""
    gcc, gcc_version = find_gcc()
    cmake, ninja = _python_tool("cmake"), _python_tool("ninja")
    versions = {
        GCC: gcc_version,
        "cmake": _first_line(cmake, "--version"),
        "ninja": _first_line(ninja, "--version"),
    }
    return Toolchain(gcc, Path(cmake), Path(ninja), versions)


def find_gcc() -> tuple[Path, str]:
    """The cross compiler and the first line of what it says about its version.

    Raises TooOldError if it is too old, MissingToolError if it is absent or without a C library.
    """
    gcc = shutil.which(GCC)
    if gcc is None:
        raise MissingToolError(f"{GCC} is not on PATH", *_GCC_HINTS)
    said = _first_line(gcc, "--version")
    version = re.search(r" (\d+)\.\d+\.\d+", said)
    if version is None or int(version[1]) < OLDEST_GCC:
        raise TooOldError(f"{gcc} is too old ({said}), GCC {OLDEST_GCC} is the oldest that works", *_GCC_HINTS)
    if not Path(_first_line(gcc, "-print-file-name=nano.specs")).is_absolute():
        raise MissingToolError(f"{gcc} comes without newlib (there is no nano.specs)", *_GCC_HINTS)
    return Path(gcc), said


def _python_tool(name: str) -> str:
    """A tool that came from PyPI with n6gen, else the one on PATH."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise MissingToolError(f"{name} is missing", f"{sys.executable} -m pip install {name}")
    return found


def _first_line(*argv: str) -> str:
    result = run(argv, timeout=_VERSION_TIMEOUT_S)
    lines = result.output.strip().splitlines()
    if not result.ok or not lines:
        raise MissingToolError(f"{argv[0]} does not run: {result.tail(1) or 'it says nothing'}")
    return lines[0].strip()
