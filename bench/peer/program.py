"""Links a folder of somebody's code with what runs it, and runs it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.app.elf import read_elf
from n6gen.emulator.qemu import find_qemu
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.resources import data_dir
from n6gen.tools.files import sha256_bytes
from n6gen.tools.run import Result, run

_HERE = Path(__file__).resolve().parent
_CORE = ("-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb")
_OWN = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow")
_LINK = (
    "-nostartfiles",
    "--specs=nosys.specs",
    "--specs=nano.specs",
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
)
_MACHINE = "mps3-an547"
_DDR = 2 << 30
#: Where the exchange of board.c lies in the DDR, how long its head is, and how many values each half takes.
_AT, _HEAD, _VALUES = 512 << 20, 36, 0x80000
#: Ticks of the system counter in instructions, with -icount.
_PER_TICK = 31.25
_BUILD_TIMEOUT_S, _RUN_TIMEOUT_S = 900.0, 900.0


@attrs.frozen(eq=False)
class Outcome:
    """One inference: instructions, bytes of data and of code and constants, and the output, real values [h, w, c]."""

    instructions: int
    ram: int
    rom: int
    output: npt.NDArray[np.float32]


def build(folder: Path, work: Path, flags: Sequence[str]) -> Path:
    """The program of the code in `folder`; objects go to `work`.

    Raises InputError if there is none or it does not compile or link, MissingToolError without a compiler.
    """
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc is None:
        raise MissingToolError("arm-none-eabi-gcc is not on PATH")
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    sources = sorted(path for kind in ("*.c", "*.S", "*.s") for path in folder.rglob(kind))
    objects = sorted(path for kind in ("*.o", "*.a") for path in folder.rglob(kind))
    if not sources and not objects:
        raise InputError(f"{folder}: no C or assembler files, objects or archives in it")
    templates = data_dir("templates")
    include = [f"-I{templates / 'app' / name}" for name in ("core", "cortexm")]
    own = [_HERE / "board.c", templates / "app" / "cortexm" / "startup.c"]
    made = [_compiled(gcc, source, work, [*_OWN, *include]) for source in own]
    made += [_compiled(gcc, source, work, [*flags, *include, f"-I{folder}"]) for source in sources]
    program = work / "program.elf"
    _checked(
        run(
            [gcc, *_CORE, *_LINK, f"-T{_HERE / 'board.ld'}", *made, *objects, "-lm", "-o", program],
            timeout=_BUILD_TIMEOUT_S,
        )
    )
    return program


def execute(program: Path, values: npt.NDArray[np.float32], work: Path) -> Outcome:
    """Run `program` on an input of real values [h, w, c]. Raises BoardError if it does not end well."""
    ddr = work / "ddr.bin"
    with ddr.open("wb") as file:
        file.truncate(_DDR)
        file.seek(_AT + _HEAD)
        file.write(np.ascontiguousarray(values, "<f4").tobytes())
    # QEMU's options separate by commas; in a path a comma is doubled.
    share = f"memory-backend-file,id=ddr,mem-path={str(ddr).replace(',', ',,')},share=on,size={_DDR}"
    words = [str(find_qemu(_MACHINE)), "-M", f"{_MACHINE},memory-backend=ddr", "-nodefaults", "-display", "none"]
    words += ["-object", share, "-semihosting", "-icount", "shift=0", "-kernel", str(program)]
    result = run(words, timeout=_RUN_TIMEOUT_S)
    with ddr.open("rb") as shared:
        shared.seek(_AT)
        head = np.frombuffer(shared.read(_HEAD), "<u4")
        shared.seek(_AT + _HEAD + 4 * _VALUES)
        data = shared.read(4 * _VALUES)
    ddr.unlink()
    if not result.ok:
        what = (
            "took too long" if result.timed_out else f"ended with {result.returncode} (network: {head[2].view('<i4')})"
        )
        raise BoardError(f"the program {what}", *result.tail(3).splitlines())
    if tuple(head[3:6]) != values.shape:
        raise BoardError(f"the program takes {tuple(map(int, head[3:6]))}, the model {values.shape}")
    shape = tuple(map(int, head[6:9]))
    output = np.frombuffer(data, "<f4")[: int(np.prod(shape))].reshape(shape)
    ram, rom = _sizes(program)
    return Outcome(round(float(head[0]) * _PER_TICK), ram + int(head[1]), rom, output)


def _sizes(program: Path) -> tuple[int, int]:
    sections = {section.name: section.size for section in read_elf(program).sections}
    return sections.get(".data", 0) + sections.get(".bss", 0), sections[".text"]


def _compiled(gcc: str, source: Path, work: Path, flags: Sequence[str]) -> Path:
    made = work / f"{source.stem}-{sha256_bytes(str(source).encode())[:8]}.o"
    _checked(
        run(
            [gcc, *_CORE, "-ffunction-sections", "-fdata-sections", *flags, "-c", source, "-o", made],
            timeout=_BUILD_TIMEOUT_S,
        )
    )
    return made


def _checked(result: Result) -> None:
    if not result.ok:
        raise InputError("it does not compile", *result.tail(6).splitlines())
