"""The numbers that `n6gen model show` gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from n6gen.model import ir, load
from n6gen.model.import_qdq import import_qdq
from n6gen.model.liveness import peak_bytes
from n6gen.model.show import dead_channels, facts, kind
from tests.support.qdq import QdqBuilder, segmenter


@pytest.mark.parametrize(
    ("name", "peak"), [("320_fft", 1_536_000), ("256_resized", 983_040), ("416_resized", 2_595_840)]
)
def test_sts_networks(shared: Path, name: str, peak: int) -> None:
    """Published weights and MACs, and the known lower bound of the activations."""
    found = facts(load(shared / "models" / f"deeplab_v3_mobilenetv2_05_16_{name}_qdq_int8.onnx"))
    assert found["weight_bytes"] == 861_552
    assert found["bias_bytes"] == 27_304
    assert found["peak_activation_bytes"] == peak
    assert found["operators"]["Conv"] == 50
    assert sum(map(len, found["dead_channels"].values())) == 5
    assert sum(layer["macs"] for layer in found["layers"]) == found["macs"]
    assert json.loads(json.dumps(found)) == found


def test_peak_counts_what_is_alive() -> None:
    """A tensor that is read again later keeps its room until then."""
    b = QdqBuilder(8, 8)
    skip = b.conv(b.input, 4)
    x = b.conv(b.conv(skip, 2), 4)
    graph = import_qdq(b.model(b.add(x, skip)))
    # At the sum: two inputs and the result.
    assert peak_bytes(graph) == (3 * 4 * 64, graph.nodes[-1].name)


def test_a_pad_that_convolutions_fold_and_views_take_no_room() -> None:
    b = QdqBuilder(8, 8, 4)
    graph = import_qdq(b.model(b.conv(b.pad(b.input, (1, 1, 1, 1)), 1, 3)))
    assert peak_bytes(graph)[0] == 4 * 64 + 64
    b = QdqBuilder(8, 8, 4)
    padded = b.pad(b.input, (1, 1, 1, 1))
    graph = import_qdq(b.model(b.add(padded, padded)))
    assert peak_bytes(graph)[0] == 2 * 4 * 100


def test_dead_channels() -> None:
    """Channels whose sum cannot move the output off its zero point, whatever the input."""
    b = QdqBuilder(2, 2)
    weights = np.ones((3, 3, 1, 1), np.int8)
    weights[1] = 0
    scale = np.array([0.01, 0.01, 1e-20], np.float32)
    out = b.conv(b.input, 3, weights=weights, weight_scale=scale, bias_values=np.array([0, 0, -(2**31)], np.int32))
    graph = import_qdq(b.model(out))
    conv = graph.nodes[0]
    assert isinstance(conv, ir.Conv)
    assert dead_channels(graph, conv) == [1, 2]


def test_kinds_in_words() -> None:
    b = QdqBuilder(9, 9, 4)
    b.conv(b.input, 4)
    nodes = [
        b.conv(b.input, 4, (3, 1), strides=(2, 1)),
        b.depthwise(b.input, strides=(2, 2)),
        b.conv(b.input, 4, 3, groups=2, dilations=(2, 2)),
        b.pool(b.input),
    ]
    graphs = [import_qdq(b.model(node)) for node in nodes]
    words = [kind(graph, graph.nodes[0]) for graph in graphs]
    assert words == ["conv 3x1 /(2, 1)", "depthwise 3x3 /2", "conv in 2 3x3 dilated 2", "global average"]


def test_facts_of_a_small_model(tmp_path: Path) -> None:
    """The declared input comes with who declared it, and how many byte values stay apart."""
    onnx.save(segmenter(), tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    found = facts(model)
    assert found["input"]["source"] == "quantisation range"
    table = model.input.table(model.graph.tensors[model.graph.input])
    assert found["input"]["levels"] == [len(set(row.tolist())) for row in table]
    assert found["output"]["classes"] == 2
    assert [layer["index"] for layer in found["layers"]] == list(range(len(found["layers"])))
