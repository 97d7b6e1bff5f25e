"""Builds compiled networks for a Cortex-M55 and runs many of them in one QEMU, keeping every layer's output."""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from n6gen.compiler import Network
from n6gen.resources import data_dir
from n6gen.tools.run import run
from tests.compiler.checking import Job, Tensor

_C = Path(__file__).resolve().parent.parent / "c"
_BOARD = ("-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb")
_WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow")
_FLAGS = (*_BOARD, "-std=c11", *_WARNINGS, "-ffp-contract=off", "-fno-math-errno", "-ffunction-sections")
_HOOK = """#include <stddef.h>
void layer_done(int index, const void *data, size_t size);
#define NETWORK_LAYER_DONE(index, data, size) layer_done(index, data, size)
"""
_DDR = 64 << 20
_SHARED = 32 << 20
_ORDER = 8
#: `enum state` of test_mve_board.c.
_STATES = ("was not run", "good", "init failed", "run failed", "a kernel wrote outside of its tensors")
#: Ticks of the system counter in instructions, with -icount.
_PER_TICK = 31.25


@attrs.frozen(eq=False)
class Outcome:
    """For every input all layers' outputs, one flat array; instructions of each layer for the first one."""

    layers: Sequence[Tensor]
    instructions: Sequence[float]


class BoardCompiler:
    """arm-none-eabi-gcc with fixed flags; kernels are built once and kept in `folder`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.flags = (*_FLAGS, *(flags or ("-O3",)))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hook.h").write_text(_HOOK)

    def run(self, jobs: Sequence[Job], *, timeout: float = 250) -> list[Outcome]:
        """Run all jobs in one emulator. Fails, naming the job, if one does not end well."""
        memory = _Memory(self.folder / "ddr.bin")
        orders = [memory.order(job) for job in jobs]
        memory.write(orders)
        words = ["qemu-system-arm", "-M", "mps3-an547,memory-backend=ddr", "-nodefaults", "-display", "none"]
        share = f"memory-backend-file,id=ddr,mem-path={memory.file},share=on,size={2 << 30}"
        words += ["-object", share, "-semihosting", "-icount", "shift=0", "-kernel", str(self.build(jobs))]
        result = run(words, timeout=timeout)
        assert result.ok, f"QEMU ended with {result.returncode}: {result.output}"
        pairs = zip(jobs, orders, strict=True)
        outcomes = [memory.outcome(index, job, order) for index, (job, order) in enumerate(pairs)]
        memory.file.unlink()
        return outcomes

    def build(self, jobs: Sequence[Job]) -> Path:
        """The program that runs `jobs`."""
        templates = data_dir("templates")
        networks = [job.network for job in jobs]
        sources = dict.fromkeys(name for network in networks for name in network.sources)
        folders = dict.fromkeys(name for network in networks for name in (*network.includes, "app/core"))
        includes = [f"-I{templates / name}" for name in folders]
        objects = [self._object(templates / name, includes) for name in sources]
        objects.append(self._object(_C / "test_mve_board.c", includes))
        for index, network in enumerate(networks):
            names = ("init", "input", "run", "output", "input_info", "output_info", "layers", "walk", "unit", "runtime")
            renamed = [f"-Dnetwork_{name}=network_{index}_{name}" for name in names]
            made = self.folder / f"network_{index}.o"
            words = [*renamed, *includes, "-include", self.folder / "hook.h"]
            _checked("arm-none-eabi-gcc", *self.flags, *words, "-c", network.source_file, "-o", made)
            objects.append(made)
        table = self.folder / "jobs.c"
        table.write_text(_table(len(networks)))
        program = self.folder / "program.elf"
        link = ("-nostartfiles", "--specs=nano.specs", f"-T{_C / 'test_mve.ld'}", "-Wl,--gc-sections", "-lm")
        where = [*includes, f"-I{_C}"]
        _checked("arm-none-eabi-gcc", *self.flags, *where, table, *objects, *link, "-o", program)
        return program

    def _object(self, source: Path, includes: list[str]) -> Path:
        made = self.folder / f"{source.parent.name}_{source.stem}_{source.suffix[1:]}.o"
        if not made.is_file():
            _checked("arm-none-eabi-gcc", *self.flags, *includes, f"-I{_C}", "-c", source, "-o", made)
        return made


class _Memory:
    """The DDR as a file that QEMU maps."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.at = 1 << 16
        with file.open("wb") as made:
            made.truncate(2 << 30)

    def order(self, job: Job) -> list[int]:
        """Lay out one job; its `struct order`."""
        weights = self._place(job.network.weights_file.read_bytes())
        inputs = self._place(b"".join(image.tobytes() for image in job.inputs))
        gaps = self._place(np.array(list(job.gaps), np.int32).tobytes())
        results = self._place(bytes(len(job.inputs) * _results(job.network)))
        ticks = self._place(bytes(4 * len(job.network.layers)))
        return [weights, inputs, len(job.inputs), gaps, len(job.gaps), results, ticks, 0]

    def _place(self, data: bytes) -> int:
        place, self.at = self.at, self.at + -(-len(data) // 64) * 64
        assert self.at <= _SHARED, "too much for one run"
        with self.file.open("r+b") as file:
            file.seek(place)
            file.write(data)
        return place

    def write(self, orders: Sequence[Sequence[int]]) -> None:
        """Put the orders where the program looks for them."""
        with self.file.open("r+b") as file:
            file.write(np.array(orders, "<u4").tobytes())

    def outcome(self, index: int, job: Job, order: Sequence[int]) -> Outcome:
        """What one job left."""
        with self.file.open("rb") as file, mmap.mmap(file.fileno(), _SHARED, access=mmap.ACCESS_READ) as memory:
            state = int.from_bytes(memory[4 * (_ORDER * index + 7) :][:4], "little")
            assert _STATES[state] == "good", f"job {index}: {_STATES[state]}"
            size = _results(job.network)
            results, ticks = order[5], order[6]
            layers = [memory[results + at * size : results + (at + 1) * size] for at in range(len(job.inputs))]
            counted = memory[ticks : ticks + 4 * len(job.network.layers)]
        return Outcome(
            [np.frombuffer(each, np.int8) for each in layers],
            [float(tick) * _PER_TICK for tick in np.frombuffer(counted, "<u4")],
        )


def _results(network: Network) -> int:
    return sum(layer.height * layer.width * layer.channels for layer in network.layers)


def _table(count: int) -> str:
    lines = ['#include "test_mve_jobs.h"', ""]
    for index in range(count):
        lines += [
            f"int network_{index}_init(const void *);",
            f"void *network_{index}_input(void);",
            f"int network_{index}_run(void);",
            f"extern const struct network_tensor network_{index}_input_info;",
        ]
    lines += ["", "const struct job jobs[] = {"]
    lines += [
        f"    {{network_{index}_init, network_{index}_input, network_{index}_run, &network_{index}_input_info}},"
        for index in range(count)
    ]
    return "\n".join([*lines, "};", f"const uint32_t job_count = {count};", ""])


def _checked(*argv: str | Path) -> None:
    result = run([shutil.which(str(argv[0])) or argv[0], *argv[1:]], timeout=120)
    assert result.ok, result.output
