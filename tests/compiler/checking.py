"""A network compiled for a test, and where what it computed differs from onnxruntime, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from n6gen.compiler import Network
from n6gen.compiler.cpu import compile as cpu_compile
from n6gen.compiler.cpu.compile import compile_graph
from n6gen.compiler.cpu.kernels import KERNEL_SETS
from n6gen.compiler.cpu.lower import lower
from n6gen.compiler.cpu.plan import ALIGNMENT, Block, Plan, Step, scratch_name
from n6gen.model.reference import IntegerReference

Tensor = npt.NDArray[np.int8]
Gaps = Sequence[tuple[int, int]]

#: Bytes between two tensors of a spread plan; no kernel may touch them.
GAP = 64


@attrs.frozen(eq=False)
class Job:
    """A network, its inputs, and parts of its arena (offset from the input, size) that must stay untouched."""

    network: Network
    inputs: Sequence[Tensor]
    gaps: Gaps = ()


def job_of(
    reference: IntegerReference, out: Path, kernels: str, *, spread: bool, inputs: Sequence[Tensor] | None = None
) -> Job:
    """Compile all of a model. With `spread`, no two tensors share memory, and there are gaps between them."""
    plans: list[Plan] = []
    with pytest.MonkeyPatch.context() as patch:
        if spread:
            patch.setattr(cpu_compile, "make_plan", lambda *words: plans.append(_spread(*words)) or plans[-1])
        network = compile_graph(reference.graph, out, kernels=kernels, head=None, decode="argmax")
    source = reference.graph.tensors[reference.graph.input]
    inputs = images(*source.shape)[:2] if inputs is None else inputs
    return Job(network, inputs, _gaps(plans[0]) if spread else ())


def differences(reference: IntegerReference, job: Job, kernels: str, outcome: Sequence[Tensor]) -> Iterator[str]:
    """Layers with other bytes than onnxruntime's. `outcome` has all layers' bytes of each input."""
    layers = KERNEL_SETS[kernels].rewrite(lower(reference.graph)).layers
    for image, found in zip(job.inputs, outcome, strict=True):
        expected = reference.tensors(image)
        at = 0
        for info, layer in zip(job.network.layers, layers, strict=True):
            size = info.height * info.width * info.channels
            part = found[at : at + size].reshape(info.height, info.width, info.channels)
            at += size
            if layer.output not in reference.graph.tensors:
                continue  # the set's own
            wrong = np.argwhere(part != expected[layer.output])
            if len(wrong):
                yield f"{info}: {len(wrong)} bytes differ, the first at {wrong[0]}"
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


def _spread(sizes: Mapping[str, int], steps: Sequence[Step], source: str, output: str) -> Plan:
    """A plan that shares no memory: the input at 0, and a gap behind every tensor."""
    wanted = {source: sizes[source], **{step.output: sizes[step.output] for step in steps}}
    wanted |= {scratch_name(index): step.scratch for index, step in enumerate(steps) if step.scratch}
    offsets, at = {}, 0
    for name, size in wanted.items():
        offsets[name] = at
        at += -(-size // ALIGNMENT) * ALIGNMENT + GAP
    blocks = tuple(Block((name,), size, -1, len(steps)) for name, size in wanted.items())
    return Plan(blocks, offsets, at, at)


def _gaps(plan: Plan) -> list[tuple[int, int]]:
    """What a spread plan leaves free, as (offset, size)."""
    ends = [plan.offsets[block.names[0]] + block.size for block in plan.blocks]
    begins = [*(plan.offsets[block.names[0]] for block in plan.blocks[1:]), plan.size]
    return [(end, begin - end) for end, begin in zip(ends, begins, strict=True)]
