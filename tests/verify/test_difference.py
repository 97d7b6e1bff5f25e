"""How tensors differ, which layers are to blame, and a board that does not repeat itself."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu.compile import compile_graph
from n6gen.compiler.network import LayerInfo, Network
from n6gen.errors import BoardError, NotComparableError
from n6gen.measure.frames import Frame
from n6gen.model.reference import IntegerReference
from n6gen.verify.conduct import Task, verify
from n6gen.verify.difference import difference
from n6gen.verify.layers import check_output, expected, roots
from tests.support.qdq import segmenter
from tests.support.random_models import qdq_models


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1, 1.0]),
)
def test_a_difference_counts_what_differs(shape: tuple[int, int, int], seed: int, share: float) -> None:
    """Against plain loops: count, largest, channels, places, in order."""
    random = np.random.default_rng(seed)
    one = random.integers(-128, 128, shape).astype(np.int8)
    other = np.where(random.random(shape) < share, random.integers(-128, 128, shape), one).astype(np.int8)
    places = [at for at in np.ndindex(*shape) if one[at] != other[at]]
    found = difference(one, other)
    if not places:
        assert found is None
        return
    assert found is not None
    assert found.count == len(places)
    assert found.largest == max(abs(int(one[at]) - int(other[at])) for at in places)
    assert found.channels == len({channel for _, _, channel in places})
    assert [element.at for element in found.elements] == places[:8]
    assert all((e.expected, e.found) == (one[e.at], other[e.at]) for e in found.elements)
    assert int(found.pixels.sum()) == len(places)


def _layers(*inputs: tuple[int, ...]) -> list[LayerInfo]:
    return [LayerInfo(i, f"l{i}", "conv", 0, 1, 1, 1, f"t{i}", None, each) for i, each in enumerate(inputs)]


@pytest.mark.parametrize(
    ("differing", "origins"),
    [
        ([], []),
        ([0, 1, 2, 3, 4], [0]),
        ([1, 3, 4], [1]),  # one branch is wrong, the other, which runs later, is right
        ([1, 2, 3, 4], [1, 2]),  # both are, each by itself
        ([1, 4], [1, 4]),  # what is wrong is hidden, and later something else is
        ([2], [2]),
    ],
)
def test_origins_are_layers_whose_inputs_are_right(differing: list[int], origins: list[int]) -> None:
    """Whatever the order of right and wrong layers is; the first that differs is always one."""
    layers = _layers((-1,), (0,), (0,), (1, 2), (3,))
    assert roots(layers, differing) == origins


def test_a_layer_without_some_channels() -> None:
    """Those that a folded branch left to its reader are not compared."""
    whole = np.arange(12).astype(np.int8).reshape(1, 2, 6)
    layer = LayerInfo(0, "join", "concat", 0, 1, 2, 4, "t", (1, 3))
    assert (expected(layer, {"t": whole}) == whole[:, :, [0, 3, 4, 5]]).all()
    with pytest.raises(NotComparableError, match="another shape"):
        expected(layer, {"t": whole[:, :, :5]})
    with pytest.raises(NotComparableError, match="no tensor t"):
        expected(layer, {})


class _Reference:
    """The host's side of a network without a head."""

    def __init__(self, reference: IntegerReference) -> None:
        self._reference = reference
        self.output = reference.graph.tensors[reference.graph.output]
        self.tensors = reference.tensors

    def quantised(self, frame: np.ndarray) -> np.ndarray:
        return (frame ^ 0x80).view(np.int8)

    def decoded(self, logits: np.ndarray) -> np.ndarray:
        return logits.argmax(axis=2).astype(np.uint8)

    def mask(self, frame: np.ndarray) -> np.ndarray:
        return self.decoded(self._reference.logits(self.quantised(frame)))

    default = mask


class _Client:
    """A board that computes right, but for one layer: other bytes each time."""

    def __init__(self, reference: _Reference, frame: np.ndarray, layers: list[LayerInfo], broken: int) -> None:
        self._tensors = reference.tensors(reference.quantised(frame))
        self._mask, self._input = reference.mask(frame), reference.quantised(frame)
        self._output, self._layers, self._broken = self._tensors[reference.output.name], layers, broken
        self._runs = 0

    def run(self, frames: int, repeat: int, *, timeout: float) -> None:
        pass

    def mask(self) -> bytes:
        return self._mask.tobytes()

    def bulk(self, type_: str, name: str, *, before: object, timeout: float, layer: str = "") -> bytes:
        self._runs += 1
        if type_ == "digests":
            made = [self._layer(index) for index in range(len(self._layers))]
            return b"".join(len(d).to_bytes(4, "little") + zlib.crc32(d).to_bytes(4, "little") for d in made)
        if layer in ("input", "output"):
            return (self._input if layer == "input" else self._output).tobytes()
        return self._layer(int(layer))

    def _layer(self, index: int) -> bytes:
        data = bytearray(expected(self._layers[index], self._tensors).tobytes())
        if index == self._broken:
            data[0] ^= self._runs
        return bytes(data)


def test_a_board_that_does_not_repeat_itself(tmp_path: Path) -> None:
    """The tensor that is fetched is not the one that was summed up: the board failed, no layer is blamed."""
    proto = segmenter(16, 16)
    integer = IntegerReference(proto)
    network = compile_graph(integer.graph, tmp_path, kernels="c", head=None, decode="argmax")
    reference, pixels = _Reference(integer), np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    client = _Client(reference, pixels, list(network.layers), broken=3)
    task = Task(network, reference, [Frame("noise", pixels)], every_tensor=True, timeout=1)
    shape = (network.output.height, network.output.width)
    with pytest.raises(BoardError, match=r"layer 3 \(.*\) was computed twice from one frame and differs"):
        next(verify(task, client, shape, lambda _: None, keeps=False))
    right = _Client(reference, pixels, list(network.layers), broken=-1)
    assert next(verify(task, right, shape, lambda _: None, keeps=False)).exact


@pytest.mark.parametrize("kernels", ["c", "mve"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(proto=qdq_models())
def test_every_layer_of_any_network_has_its_tensor(tmp_path: Path, kernels: str, proto: onnx.ModelProto) -> None:
    """Whatever a kernel set makes of a network: each layer's tensor is one of the model's, in its shape."""
    reference = IntegerReference(proto)
    network = compile_graph(reference.graph, tmp_path / "network", kernels=kernels, head=None, decode="argmax")
    source = reference.graph.tensors[reference.graph.input]
    tensors = reference.tensors(np.zeros(source.shape, np.int8))
    for layer in Network.load(tmp_path / "network").layers:
        assert expected(layer, tensors).shape == (layer.height, layer.width, layer.channels)
        assert layer.inputs
        assert all(-1 <= index < layer.index for index in layer.inputs)
    check_output(network, reference.graph.tensors[reference.graph.output])
