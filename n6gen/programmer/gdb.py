"""Runs a program from RAM: a gdb server at the probe, gdb that loads the program and sets the core up to run it.

The core is brought into the state that it has after a reset by writing its registers. A reset of the system would do
more than that: on an STM32N6 it erases the RAM that the program was just loaded into, and starts the boot ROM.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

import attrs

from n6gen.errors import BoardError, MissingToolError, N6genError
from n6gen.programmer import console
from n6gen.programmer.base import RamProgram
from n6gen.programmer.failures import LIMITS, Failure
from n6gen.tools.find import Tool, find
from n6gen.tools.run import Background, background

GDB = Tool(names=("arm-none-eabi-gdb", "gdb-multiarch"), variables=("N6GEN_GDB",))
_PLUGIN = "plugins/com.st.stm32cube.ide.mcu.externaltools.stlink-gdb-server.*/tools/bin"
STLINK_SERVER = Tool(
    names=("ST-LINK_gdbserver",),
    variables=("N6GEN_GDBSERVER",),
    folders={
        "linux": (
            "/opt/st/stm32cubeclt_*/STLink-gdb-server/bin",
            "/opt/ST/STM32CubeCLT*/STLink-gdb-server/bin",
            "~/ST/STM32CubeCLT*/STLink-gdb-server/bin",
            f"/opt/st/stm32cubeide_*/{_PLUGIN}",
            "~/.local/share/stm32cube/bundles/stlink-gdbserver/*/bin",
        ),
        "macos": (
            "/opt/ST/STM32CubeCLT*/STLink-gdb-server/bin",
            f"/Applications/STM32CubeIDE.app/Contents/Eclipse/{_PLUGIN}",
        ),
        "windows": (
            "C:/ST/STM32CubeCLT*/STLink-gdb-server/bin",
            f"C:/ST/STM32CubeIDE_*/STM32CubeIDE/{_PLUGIN}",
            "$LOCALAPPDATA/stm32cube/bundles/stlink-gdbserver/*/bin",
        ),
    },
)

_VTOR = 0xE000_ED08
#: What a reset of an Armv8-M core writes: interrupts off and none pending, no SysTick, MPU, caches or faults pending.
_CORE_RESET: Sequence[tuple[int, int]] = (
    (0xE000_E010, 0),
    *((0xE000_E180 + 4 * n, 0xFFFF_FFFF) for n in range(8)),
    *((0xE000_E280 + 4 * n, 0xFFFF_FFFF) for n in range(8)),
    (0xE000_ED04, 0x0A00_0000),
    (0xE000_ED14, 0x201),
    (0xE000_EF50, 0),
    (0xE000_ED24, 0),
    (0xE000_ED28, 0xFFFF_FFFF),
    (0xE000_ED2C, 0xFFFF_FFFF),
    (0xE000_ED94, 0),
)
#: Registers that a reset clears and that not every server shows.
_CLEARED = ("control", "primask", "faultmask", "basepri", "msplim")
_DONE = "n6gen: the program runs"


@attrs.frozen
class Server:
    """A gdb server: what is typed to start it, with ``{port}`` for the TCP port, and descriptors that it inherits."""

    argv: tuple[str, ...]
    keep: tuple[int, ...] = ()


def find_gdb() -> Path:
    """A gdb for Arm; MissingToolError if there is none."""
    found = find(GDB)
    if found.path is None:
        raise MissingToolError(
            "there is no gdb for Arm on this machine",
            "Install arm-none-eabi-gdb or gdb-multiarch, or name it: N6GEN_GDB.",
            "Or use the flash: --strategy flash.",
        )
    return found.path


def script(program: RamProgram, port: int) -> str:
    """What gdb does, to its end or to the first error."""
    word = "*(unsigned int *)"
    lines = [
        "set pagination off",
        "set confirm off",
        "set mem inaccessible-by-default off",
        "set tcp auto-retry on",
        "set tcp connect-timeout 15",
        f"target remote 127.0.0.1:{port}",
        *(f"set {{unsigned int}}{address:#010x} = {value:#010x}" for address, value in _CORE_RESET),
        "load",
        "compare-sections",
        f"set {{unsigned int}}{_VTOR:#010x} = {program.vectors:#010x}",
        "set $xpsr = 0x01000000",
        *(f"if ! $_isvoid(${name})\nset ${name} = 0\nend" for name in _CLEARED),
        f"set $sp = {word}{program.vectors:#010x}",
        f"set $pc = {word}{program.vectors + 4:#010x} & ~1",
        "detach",
        f"echo {_DONE}\\n",
    ]
    return "\n".join(lines) + "\n"


def run_program(
    gdb: Path,
    server: Server,
    program: RamProgram,
    folder: Path,
    log: Path,
    error: Callable[[Failure, Sequence[str]], N6genError],
) -> None:
    """Load and start a program; `folder` is for the script, `log` gets what all said.

    Raises BoardError if that fails, or `error` of the server's failure.
    """
    port = _free_port()
    commands = folder / "run.gdb"
    commands.write_text(script(program, port), encoding="utf-8")
    words = [str(gdb), "-nx", "-batch", "-x", str(commands), str(program.elf)]
    argv = [word.format(port=port) for word in server.argv]
    with background(argv, keep=server.keep) as serving, background(words) as debugger:
        code = _end_of(debugger, serving, LIMITS.work(program.elf.stat().st_size))
        # A server that serves one client ends by itself; let it let go of the probe.
        serving.ended(2.0)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(argv)}\n{serving.output}\n$ {' '.join(words)}\n{debugger.output}\n")
    lines = console.lines_of(debugger.output)
    if any("MIS-MATCHED" in line for line in lines):
        raise BoardError("the RAM does not hold the program that was loaded", f"All that was said: {log}")
    if _DONE in debugger.output and code == 0:
        return
    said = console.lines_of(serving.output)
    failure = console.recognise(said)
    if failure is not None:
        raise error(failure, said)
    how = "did not end in time" if code is None else "failed"
    raise BoardError(f"loading the program {how}: {console.complaint(lines)}", f"All that was said: {log}")


def _end_of(debugger: Background, serving: Background, timeout: float) -> int | None:
    """How gdb ended; None if it did not in time, or has no server any more that it could talk to."""
    deadline = monotonic() + timeout
    while monotonic() < deadline:
        alone = serving.ended() is not None
        code = debugger.ended(2.0 if alone else 0.2)
        if code is not None or alone:
            return code
    return None


def stlink_server(cube: Path, serial: str, access_port: int, keep: tuple[int, ...]) -> Server:
    """ST's gdb server for a probe. `cube`: the folder of STM32_Programmer_CLI, which it needs.

    It attaches to a running processor: an STM32N6 is not halted by it otherwise. MissingToolError if it is not there.
    """
    found = find(STLINK_SERVER)
    if found.path is None:
        raise MissingToolError(
            "there is no ST-LINK_gdbserver on this machine",
            "Install STM32CubeCLT or STM32CubeIDE from st.com, or name it: N6GEN_GDBSERVER.",
            "Or use the other programmer, --programmer probe-rs, or the flash: --strategy flash.",
        )
    words = ["-p", "{port}", "-l", "1", "-d", "-s", "-cp", str(cube), "-m", str(access_port), "-g", "-i", serial]
    return Server((str(found.path), *words), keep)


def _free_port() -> int:
    """A TCP port of this machine that nothing listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
