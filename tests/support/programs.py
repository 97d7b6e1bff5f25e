"""Small C programs that answer cases (tests/c/test_io.h): on this machine, sanitized, and on an emulated Cortex-M55."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from n6gen.resources import data_dir
from n6gen.tools.run import run

C_TESTS = Path(__file__).resolve().parents[1] / "c"
_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-ffp-contract=off", "-g"]
_SANITIZERS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
_CPU = ["-O3", "-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb", "-nostartfiles", "--specs=nano.specs"]
_MACHINE = ["-M", "mps3-an547", "-display", "none", "-monitor", "none", "-serial", "none"]
_SEMIHOSTING = ["-semihosting-config", "enable=on,target=native"]


class Program(Protocol):
    """Something that answers cases."""

    def answers(self, cases: bytes) -> bytes:
        """Run it once."""


class HostProgram:
    """Compiled for this machine; a sanitizer's complaint fails the test."""

    def __init__(self, folder: Path, sources: Sequence[Path], includes: Sequence[Path]) -> None:
        self._folder = folder
        _compile("gcc", [*_FLAGS, *_SANITIZERS], folder, [C_TESTS / "test_io.c", *sources], includes)

    def answers(self, cases: bytes) -> bytes:
        """Run it once."""
        return _answers(self._folder, [self._folder / "program"], cases)


class ArmProgram:
    """Compiled for the Cortex-M55 and run bare in QEMU. `counting`: one instruction takes one nanosecond."""

    def __init__(
        self, folder: Path, sources: Sequence[Path], includes: Sequence[Path], *, counting: bool = False
    ) -> None:
        self._folder = folder
        self._count = ["-icount", "shift=0"] if counting else []
        script = f"-T{C_TESTS / 'arm/test_io.ld'}"
        _compile("arm-none-eabi-gcc", [*_FLAGS, *_CPU, script], folder, [C_TESTS / "arm/test_io.c", *sources], includes)

    def answers(self, cases: bytes) -> bytes:
        """Run it once."""
        qemu = shutil.which("qemu-system-arm") or "qemu-system-arm"
        return _answers(
            self._folder, [qemu, *_MACHINE, *_SEMIHOSTING, *self._count, "-kernel", self._folder / "program"], cases
        )


def portable(folder: str, *names: str) -> list[Path]:
    """The C files of `folder` below templates/, or those of them called `names`."""
    files = sorted((data_dir("templates") / folder).glob("*.c"))
    return [path for path in files if not names or path.stem in names]


def with_twins(folder: str, *names: str) -> list[Path]:
    """As a board with Helium takes them: from the folder mve/ what it has."""
    files = {path.name: path for path in (*portable(folder, *names), *portable(f"{folder}/mve", *names))}
    return sorted(files.values())


def _compile(
    compiler: str, flags: Sequence[str], folder: Path, sources: Sequence[Path], includes: Sequence[Path]
) -> None:
    paths = [f"-I{path}" for path in (C_TESTS, *includes)]
    result = run([compiler, *flags, *paths, *sources, "-lm", "-o", folder / "program"], timeout=120)
    assert result.ok, result.output


def _answers(folder: Path, words: Sequence[str | Path], cases: bytes) -> bytes:
    (folder / "cases.bin").write_bytes(cases)
    result = run(words, timeout=240, cwd=folder)
    assert result.ok, f"exit {result.returncode}: {result.output}"
    return (folder / "answers.bin").read_bytes()
