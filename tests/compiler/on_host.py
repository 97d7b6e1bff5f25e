"""Builds a compiled network with the host's gcc and runs it, keeping every layer's output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx

from n6gen.compiler import Network
from n6gen.model.reference import IntegerReference
from n6gen.resources import data_dir
from n6gen.tools.run import run
from tests.compiler.checking import Tensor, differences, job_of

WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow")
FLAGS = ("-std=c11", *WARNINGS, "-ffp-contract=off")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

_HOOK = """#include <stddef.h>
void layer_done(int index, const void *data, size_t size);
#define NETWORK_LAYER_DONE(index, data, size) layer_done(index, data, size)
"""
_MAIN = Path(__file__).resolve().parent.parent / "c" / "test_kernels_network.c"


class HostCompiler:
    """gcc with fixed flags; kernels are built once and kept in `folder`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.flags = (*FLAGS, *flags)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hook.h").write_text(_HOOK)

    def run(self, network: Network, inputs: Sequence[Tensor], gaps: Iterable[tuple[int, int]] = ()) -> list[Tensor]:
        """All layers' outputs, one flat array an input. `gaps` of the arena (offset, size) must stay untouched."""
        folder = network.folder
        program = self.build(network)
        (folder / "inputs.bin").write_bytes(b"".join(each.tobytes() for each in inputs))
        (folder / "gaps.bin").write_bytes(np.array(list(gaps), np.int32).tobytes())
        files = [folder / name for name in ("weights.bin", "inputs.bin", "layers.bin", "gaps.bin")]
        _checked([program, *files], 120)
        return np.split(np.fromfile(folder / "layers.bin", np.int8), len(inputs))

    def build(self, network: Network) -> Path:
        """The test program around `network`."""
        templates = data_dir("templates")
        includes = [f"-I{templates / name}" for name in (*network.includes, "app/core")]
        objects = [self._object(templates / name, includes) for name in network.sources]
        objects.append(self._object(_MAIN, includes))
        program = network.folder / "program"
        hook = ["-include", self.folder / "hook.h"]
        _checked(["gcc", *self.flags, *includes, *hook, network.source_file, *objects, "-lm", "-o", program])
        return program

    def _object(self, source: Path, includes: list[str]) -> Path:
        made = self.folder / f"{source.parent.name}_{source.stem}.o"
        if not made.is_file():
            _checked(["gcc", *self.flags, *includes, "-c", source, "-o", made])
        return made


def compare(compiler: HostCompiler, proto: onnx.ModelProto, out: Path, kernels: str, inputs: Sequence[Tensor]) -> None:
    """Compile all of `proto` and assert that every tensor of every layer is onnxruntime's, byte for byte."""
    check(compiler, IntegerReference(proto), out, kernels, spread=False, inputs=inputs)


def check(
    compiler: HostCompiler,
    reference: IntegerReference,
    out: Path,
    kernels: str,
    *,
    spread: bool,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """The same; with `spread`, sanitizers find whatever is touched between two tensors."""
    job = job_of(reference, out, kernels, spread=spread, inputs=inputs)
    assert list(differences(reference, job, kernels, compiler.run(job.network, job.inputs, job.gaps))) == []


def _checked(argv: Sequence[str | Path], timeout: float = 60) -> None:
    result = run(argv, timeout=timeout)
    assert result.ok, result.output
