"""The vendors' programs that more than one part of n6gen looks for, and where they are known to be installed."""

from __future__ import annotations

import re
from pathlib import Path

from n6gen.errors import MissingToolError
from n6gen.tools.find import System, Tool, Version
from n6gen.tools.run import run

#: Java and Qt programs start slowly on a cold disk.
_VERSION_TIMEOUT_S = 60.0

_CUBE = "STMicroelectronics/STM32Cube/STM32CubeProgrammer"
_IDE = "plugins/com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.*/tools/bin"
_CUBE_FOLDERS: dict[System, tuple[str, ...]] = {
    "linux": (
        f"~/{_CUBE}/bin",
        f"/usr/local/{_CUBE}/bin",
        f"/opt/{_CUBE}/bin",
        "/opt/stm32cubeprog/bin",
        "/opt/stm32cubeprog",
        "/opt/st/stm32cubeclt_*/STM32CubeProgrammer/bin",
        "/opt/ST/STM32CubeCLT*/STM32CubeProgrammer/bin",
        "~/ST/STM32CubeCLT*/STM32CubeProgrammer/bin",
        f"/opt/st/stm32cubeide_*/{_IDE}",
        "~/.local/share/stm32cube/bundles/programmer/*/bin",
    ),
    "macos": (
        f"/Applications/{_CUBE}/STM32CubeProgrammer.app/Contents/MacOs/bin",
        f"/Applications/{_CUBE}/STM32CubeProgrammer.app/Contents/Resources/bin",
        "/opt/ST/STM32CubeCLT*/STM32CubeProgrammer/bin",
        f"/Applications/STM32CubeIDE.app/Contents/Eclipse/{_IDE}",
    ),
    "windows": (
        "$ProgramFiles/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
        "C:/Program Files (x86)/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
        "C:/ST/STM32CubeCLT*/STM32CubeProgrammer/bin",
        f"C:/ST/STM32CubeIDE_*/STM32CubeIDE/{_IDE}",
        "$LOCALAPPDATA/stm32cube/bundles/programmer/*/bin",
    ),
}
# Names that other tools use for it: the program, its folder or the install's root.
_CUBE_VARIABLES = (
    "STM32_CUBE_PROG_EXE",
    "STM32_PRG_PATH",
    "STM32_CUBE_PROGRAMMER",
    "STM32CUBEPROG",
    "STM32_PROGRAMMER_PATH",
)

CUBE_PROGRAMMER = Tool(
    names=("STM32_Programmer_CLI",),
    variables=("N6GEN_CUBEPROGRAMMER", *_CUBE_VARIABLES),
    folders=_CUBE_FOLDERS,
)
SIGNING_TOOL = Tool(
    names=("STM32_SigningTool_CLI",),
    variables=("N6GEN_SIGNINGTOOL", "STM32_SIGNINGTOOL_CLI", *_CUBE_VARIABLES[1:]),
    folders=_CUBE_FOLDERS,
)
PROBE_RS = Tool(
    names=("probe-rs",),
    variables=("N6GEN_PROBE_RS",),
    folders={"linux": ("~/.cargo/bin",), "macos": ("~/.cargo/bin",), "windows": ("~/.cargo/bin",)},
)


def said_version(program: Path) -> Version:
    """The first dotted number that `program --version` prints, () if it prints none or does not run.

    "STM32CubeProgrammer v2.22.0" → (2, 22, 0). Orders several installs where their paths say nothing.
    """
    try:
        output = run([program, "--version"], timeout=_VERSION_TIMEOUT_S).output
    except MissingToolError:
        return ()
    # Colours come even into a pipe, and hold numbers.
    found = re.search(r"\d+(?:\.\d+)+", re.sub(r"\x1b\[[0-9;]*m", "", output))
    return tuple(int(part) for part in found.group().split(".")) if found else ()
