"""Cut models for the NPU, compiled by the stand-in for stedgeai: what it is given, what comes of it, how often it runs.

What the NPU would compute is nobody's to say here: the bisection gets its answers from the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import onnx
import pytest

from n6gen.compiler.network import Network
from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler
from n6gen.errors import InputError
from n6gen.model.import_qdq import import_qdq
from n6gen.model.loader import Model, load
from n6gen.rewrite import cut_at, cut_head, cuts
from n6gen.verify.bisect import Bisection, Look, bisect
from n6gen.verify.difference import difference
from n6gen.verify.search import Place
from tests.support.qdq import QdqBuilder

Standing = Callable[[str], Path]
Making = Callable[..., StEdgeAiCompiler]


@pytest.mark.parametrize("release", ["2.0.0", "4.0.1"])
def test_every_cut_of_a_model_becomes_a_network(
    release: str, stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """The output is the tensor, int8 and channels last, with its quantisation; there is no mask and no head."""
    stand_in(release)
    places = cuts(model.proto, model.graph)
    for cut in (places[3], next(place for place in places if place.tensor.shape[:2] == (1, 1)), places[-1]):
        out = tmp_path / cut.tensor.name.replace(":", "_")
        network = compiler().compile(cut_at(model, cut.tensor.name), out, decode="none")
        made = network.output
        assert (made.height, made.width, made.channels) == cut.tensor.shape
        assert (made.type, made.order, made.zero_point) == ("int8", "hwc", cut.tensor.zero_point)
        assert np.float32(made.scale) == cut.tensor.scale
        assert (network.decode, network.head, network.mask_size) == ("none", None, (0, 0))
        assert Network.load(out) == network


def test_an_output_of_another_shape_is_refused(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """A network that ends elsewhere than asked for would be compared with the wrong tensor."""
    stand_in("4.0.1")
    places = cuts(model.proto, model.graph)
    cut = cut_at(model, places[0].tensor.name)
    other = cut_at(model, places[-1].tensor.name)
    assert other.graph.tensors[other.graph.output].shape != cut.graph.tensors[cut.graph.output].shape
    with pytest.raises(InputError, match="where it is cut"):
        compiler().compile(attrs.evolve(cut, graph=other.graph), tmp_path / "n", decode="none")


@attrs.define
class _Npu:
    """A board that is right up to `origin`. `failing`: tensors at which the tool breaks down."""

    model: Model
    compiler: StEdgeAiCompiler
    out: Path
    origin: int
    order: list[str]
    failing: tuple[str, ...]
    choose: Standing
    runs: int = 0

    def make(self, tensor: str) -> bool:
        self.choose("4.0.1 internal_error" if tensor in self.failing else "4.0.1")
        self.runs += 1
        self.compiler.compile(cut_at(self.model, tensor), self.out / str(self.order.index(tensor)), decode="none")
        return True

    def bring(self, tensor: str) -> None:
        assert (self.out / str(self.order.index(tensor)) / "network.c").is_file()

    def look(self, tensor: str) -> Look:
        network = Network.load(self.out / str(self.order.index(tensor)))
        shape = (network.output.height, network.output.width, network.output.channels)
        wrong = self.order.index(tensor) >= self.origin
        return Look(difference(np.zeros(shape, np.int8), np.full(shape, 40, np.int8)) if wrong else None, self.out)

    def restore(self) -> None:
        """Nothing is kept of it here."""


@pytest.mark.parametrize(("origin", "failing"), [(5, ()), (5, (3,)), (3, (3,))])
def test_a_bisection_compiles_the_logarithm_and_passes_over_failures(
    origin: int, failing: tuple[int, ...], stand_in: Standing, compiler: Making, tmp_path: Path
) -> None:
    """7 places take 3 runs of the tool; one that fails is passed over, and its layer named with the one behind it."""
    b = QdqBuilder(16, 16)
    x = b.input
    for index in range(8):
        x = b.conv(x, 4, name=f"layer_{index}")
    onnx.save(b.model(b.resize(x, (2, 2))), tmp_path / "chain.onnx")
    model = load(tmp_path / "chain.onnx")
    graph = import_qdq(cut_head(model.proto)[0])
    order = [cut.tensor.name for cut in cuts(cut_head(model.proto)[0], graph)]
    assert len(order) == 7
    log = tmp_path / "commands.txt"
    program = stand_in("4.0.1")
    text = program.read_text().replace(
        "#!/bin/sh\n", f"#!/bin/sh\ncase $1 in generate) echo \"$@\" >> '{log}';; esac\n"
    )
    program.write_text(text)
    npu = _Npu(model, compiler(), tmp_path / "cuts", origin, order, tuple(order[at] for at in failing), stand_in)
    output = difference(np.zeros((16, 16, 4), np.int8), np.full((16, 16, 4), 40, np.int8))
    assert output is not None
    result = Bisection("frame", 16, len(order), 3)
    bisect(result, graph, [Place(name, trunk=True) for name in order], output, npu, lambda _: None)
    assert result.stopped is None
    assert result.found is not None
    named = [origin, origin + 1] if origin in failing else [origin]
    assert result.found.layers == [f"layer_{index}" for index in named]
    lines = log.read_text().splitlines()
    assert len(lines) == npu.runs == len(result.tried) == (3 if not failing else npu.runs)
    assert len(lines) <= 3 + len(failing)
    assert all("--output-data-type int8" in line and "--outputs-ch-position chlast" in line for line in lines)
    assert [one.outcome for one in result.tried].count("not built") == len(failing)
