"""Builds a compiled network with the host's gcc and runs it, keeping every layer's output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from n6gen.compiler import Network
from n6gen.compiler.cpu import compile as cpu_compile
from n6gen.compiler.cpu.lower import lower
from n6gen.compiler.cpu.plan import ALIGNMENT, Block, Plan, Step, scratch_name
from n6gen.model.reference import IntegerReference
from n6gen.resources import data_dir
from n6gen.tools.run import run

Tensor = npt.NDArray[np.int8]

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
    reference = IntegerReference(proto)
    network = cpu_compile.compile_graph(reference.graph, out, kernels=kernels, head=None, decode="argmax")
    check_layers(compiler, network, reference, inputs)


def check_layers(
    compiler: HostCompiler,
    network: Network,
    reference: IntegerReference,
    inputs: Sequence[Tensor],
    gaps: Iterable[tuple[int, int]] = (),
) -> None:
    """Assert that `network` computes the tensors of `reference`."""
    outputs = [layer.output for layer in lower(reference.graph).layers]
    assert len(outputs) == len(network.layers)
    for image, found in zip(inputs, compiler.run(network, inputs, gaps), strict=True):
        expected = reference.tensors(image)
        at = 0
        for layer, name in zip(network.layers, outputs, strict=True):
            tensor = expected[name]
            part = found[at : at + tensor.size].reshape(tensor.shape)
            wrong = np.argwhere(part != tensor)
            assert not len(wrong), f"{layer}: {len(wrong)} bytes differ, the first at {wrong[0]}"
            at += tensor.size
        assert at == found.size


def images(height: int, width: int, channels: int, seed: int = 0) -> list[Tensor]:
    """Noise, and inputs at the ends of the range."""
    random = np.random.default_rng(seed)
    shape = (height, width, channels)
    return [
        random.integers(-128, 128, shape).astype(np.int8),
        random.choice(np.array([-128, 127], np.int8), shape),
        np.full(shape, -128, np.int8),
        np.full(shape, 127, np.int8),
    ]


#: Bytes between two tensors of a spread plan; all of them are poisoned.
GAP = 64


def spread_plan(sizes: Mapping[str, int], steps: Sequence[Step], source: str, output: str) -> Plan:
    """A plan that shares no memory: the input at 0, and a gap behind every tensor."""
    wanted = {source: sizes[source], **{step.output: sizes[step.output] for step in steps}}
    wanted |= {scratch_name(index): step.scratch for index, step in enumerate(steps) if step.scratch}
    offsets, at = {}, 0
    for name, size in wanted.items():
        offsets[name] = at
        at += -(-size // ALIGNMENT) * ALIGNMENT + GAP
    blocks = tuple(Block((name,), size, -1, len(steps)) for name, size in wanted.items())
    return Plan(blocks, offsets, at, at)


def gaps_of(plan: Plan) -> list[tuple[int, int]]:
    """What a spread plan leaves free, as (offset, size)."""
    ends = [plan.offsets[block.names[0]] + block.size for block in plan.blocks]
    begins = [*(plan.offsets[block.names[0]] for block in plan.blocks[1:]), plan.size]
    return [(end, begin - end) for end, begin in zip(ends, begins, strict=True)]


def _checked(argv: Sequence[str | Path], timeout: float = 60) -> None:
    result = run(argv, timeout=timeout)
    assert result.ok, result.output
