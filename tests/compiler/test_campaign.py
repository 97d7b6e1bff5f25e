"""Generated networks that together reach every operator of docs/operators.md, with each kernel set, byte for byte."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from n6gen.model.operators import OPERATORS
from n6gen.model.reference import IntegerReference
from n6gen.model.view import View, op_type
from tests.compiler.checking import Job, Tensor, differences, job_of
from tests.compiler.on_board import BoardCompiler
from tests.compiler.on_host import HostCompiler
from tests.support.random_models import bundles, mobile_models, qdq_models

#: Networks of each kernel set; the large form of the proof runs more. Half of them are for one operator each.
GRAPHS = int(os.environ.get("GRAPHS", "120"))

#: Networks in one emulator.
_BATCH = 25

#: Runs jobs; for each of them and each of its inputs, the bytes of all layers.
Run = Callable[[Sequence[Job]], list[Sequence[Tensor]]]


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path: Path, kernels: str) -> Run:
    """For mve the emulated board; else the host, with sanitizers for networks with gaps between their tensors."""
    if kernels == "mve":
        board = BoardCompiler(tmp_path / "board")
        return lambda jobs: [outcome.layers for outcome in board.run(jobs)]
    fast: HostCompiler = request.getfixturevalue("fast")
    sanitized: HostCompiler = request.getfixturevalue("sanitized")
    return lambda jobs: [(sanitized if job.gaps else fast).run(job.network, job.inputs, job.gaps) for job in jobs]


@pytest.mark.slow
@pytest.mark.parametrize("kernels", ["c", "ref", pytest.param("mve", marks=pytest.mark.qemu)])
def test_every_operator_byte_for_byte(tmp_path: Path, run: Run, kernels: str) -> None:
    """Every tensor of every layer is onnxruntime's, nothing else is written, and no operator is left out."""
    reached: Counter[str] = Counter()
    wrong: list[str] = []
    graphs = compared = 0
    models = _networks(GRAPHS)
    while batch := list(islice(models, _BATCH)):
        references = [IntegerReference(proto) for proto in batch]
        folder = tmp_path / "batch"
        # Every other one with room between its tensors.
        jobs = [job_of(each, folder / str(at), kernels, spread=at % 2 == 1) for at, each in enumerate(references)]
        for proto, reference, job, outcome in zip(batch, references, jobs, run(jobs), strict=True):
            found = list(differences(reference, job, kernels, outcome))
            if found:
                onnx.save(proto, tmp_path / f"wrong_{graphs}.onnx")
                wrong += [f"{tmp_path}/wrong_{graphs}.onnx: {each}" for each in found]
            reached.update({op_type(node) for node in View(proto, "model").needed()} & set(OPERATORS))
            graphs += 1
            compared += sum(each.size for each in outcome)
        shutil.rmtree(folder)
    print(f"{kernels}: {graphs} networks, {compared} bytes, {len(wrong)} layers differ; networks with each operator:")
    print(", ".join(f"{name} {reached[name]}" for name in sorted(OPERATORS)))
    assert wrong == []
    assert sorted(reached) == sorted(OPERATORS)


def _networks(count: int) -> Iterator[onnx.ModelProto]:
    """The same ones every time: some for each operator, then `count` in all of several operators each."""
    share = max(1, count // 2 // len(OPERATORS))
    for number, operator in enumerate(sorted(OPERATORS)):
        yield from _examples(bundles(operator), share, number)
    mixed = st.one_of(qdq_models(), qdq_models(max_channels=40, max_nodes=4), mobile_models())
    for at in range(share * len(OPERATORS), count, _BATCH):
        yield from _examples(mixed, min(_BATCH, count - at), at)


def _examples(strategy: st.SearchStrategy[onnx.ModelProto], count: int, number: int) -> list[onnx.ModelProto]:
    """`count` of them behind the first, which is always the simplest one there is."""
    made: list[onnx.ModelProto] = []

    @seed(number)
    @settings(
        max_examples=count + 1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(proto: onnx.ModelProto) -> None:
        made.append(proto)

    keep()
    return made[1 : count + 1]
