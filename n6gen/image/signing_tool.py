"""ST's own signing tool, for who wants it: used, and its result checked.

From 2.21 on it puts the payload at 0x240 unless it is told to align it. Such an image leaves a board dead and silent.
"""

from __future__ import annotations

import re
from pathlib import Path

from n6gen.errors import InputError, MissingToolError
from n6gen.image import stm32
from n6gen.image.stm32 import Place
from n6gen.tools.find import Tool, find
from n6gen.tools.run import run

_TOOL = Tool(
    names=("STM32_SigningTool_CLI",),
    option="--tool",
    variables=("STM32_SIGNINGTOOL_CLI", "STM32_PRG_PATH"),
    folders={
        "linux": (
            "~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
            "/usr/local/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
            "/opt/stm32cubeprog",
            "/opt/st/stm32cubeclt_*/STM32CubeProgrammer/bin",
        ),
        "macos": (
            "/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/MacOs/bin",
        ),
        "windows": ("C:/Program Files/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",),
    },
)
_TYPES = {stm32.FSBL: "fsbl", stm32.APP: "ssbl"}
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.\d+")
#: From this version on alignment has to be asked for.
_ASK_TO_ALIGN = (2, 21)
_TIMEOUT_S = 60.0


def sign(source: Path, out: Path, *, binary_type: int, header: str, place: Place, program: str | None) -> Path:
    """Have the tool make `out` of the payload `source`; returns the program that did it. `program`: where it is.

    Raises MissingToolError without the tool, InputError if it fails or its image would not boot.
    """
    found = find(_TOOL, program).path
    if found is None:
        raise MissingToolError(
            "STM32_SigningTool_CLI is not on this machine",
            "It comes with STM32CubeProgrammer.",
            "n6gen signs without it: leave --tool out.",
        )
    said = _VERSION.search(run([found, "--version"], timeout=_TIMEOUT_S).output)
    version = (int(said[1]), int(said[2])) if said else _ASK_TO_ALIGN
    words: list[str | Path] = [found, "-bin", source, "-nk", "-t", _TYPES[binary_type], "-hv", header, "-o", out, "-s"]
    if version >= _ASK_TO_ALIGN:
        words.append("-align")
    out.unlink(missing_ok=True)
    result = run(words, timeout=_TIMEOUT_S)
    if not result.ok or not out.is_file():
        raise InputError(f"{found} failed: {result.tail(1) or 'it says nothing'}", "n6gen signs without it, too.")
    problems = stm32.problems(out.read_bytes(), place)
    if problems:
        raise InputError(
            f"{found} made an image that would not boot: {problems[0]}", "Sign with n6gen: without --tool."
        )
    return found
