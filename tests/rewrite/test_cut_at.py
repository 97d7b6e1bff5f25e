"""A network that is cut anywhere computes what the whole one computes up to there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from n6gen.errors import InputError
from n6gen.model import load
from n6gen.model.import_qdq import import_qdq
from n6gen.model.reference import IntegerReference
from n6gen.rewrite import cut_at, cut_head, cuts
from n6gen.rewrite.end_at import end_at
from tests.support.qdq import QdqBuilder, segmenter


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_cut_computes_the_same_bytes(seed: int) -> None:
    """The output of each cut network is the whole one's tensor of that name, for one input."""
    proto = segmenter(16, 16, seed=seed)
    whole = IntegerReference(proto)
    image = np.random.default_rng(seed).integers(-128, 128, (16, 16, 3), dtype=np.int8)
    tensors = whole.tensors(image)
    found = cuts(proto, whole.graph)
    assert found
    for cut in found:
        part = IntegerReference(end_at(proto, cut.tensor))
        assert part.graph.output == cut.tensor.name
        assert np.array_equal(part.logits(image), tensors[cut.tensor.name])


def _paths_avoid(edges: dict[str, list[str]], start: str, end: str, without: str) -> bool:
    reached, stack = set(), [start]
    while stack:
        name = stack.pop()
        if name not in reached and name != without:
            reached.add(name)
            stack += edges.get(name, [])
    return end in reached


def test_the_trunk_is_what_no_path_avoids() -> None:
    """Checked by walking: a tensor is in the trunk if and only if without it the output cannot be reached."""
    proto, _ = cut_head(segmenter())
    graph = import_qdq(proto)
    edges: dict[str, list[str]] = {}
    for node in graph.nodes:
        for name in node.inputs:
            edges.setdefault(name, []).append(node.output)
    found = cuts(proto, graph)
    for cut in found:
        assert cut.trunk is not _paths_avoid(edges, graph.input, graph.output, cut.tensor.name), cut.tensor.name
    assert {cut.trunk for cut in found} == {True, False}
    order = {node.output: index for index, node in enumerate(graph.nodes)}
    assert [order[cut.tensor.name] for cut in found] == sorted(order[cut.tensor.name] for cut in found)
    # Tensors of rank 2, the input and the output are no places to cut.
    assert graph.flat
    assert not {cut.tensor.name for cut in found} & {graph.input, graph.output, *graph.flat}


def test_what_is_left_is_a_model_of_its_own(tmp_path: Path) -> None:
    """Valid, with the versions, batch and names of the whole; it can be saved, loaded and cut again."""
    proto = segmenter(16, 16, factor=4)
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(onnx.shape_inference.infer_shapes(proto), tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    name = cuts(model.proto, model.graph)[4].tensor.name
    before = model.proto.SerializeToString(deterministic=True)
    cut = cut_at(model, name)
    assert model.proto.SerializeToString(deterministic=True) == before
    onnx.checker.check_model(cut.proto, full_check=True)
    assert (cut.proto.ir_version, [entry.version for entry in cut.proto.opset_import]) == (8, [17])
    assert cut.rewrites == (*model.rewrites, "cut-at")
    assert (cut.sha256, cut.input, cut.graph.output) == (model.sha256, model.input, name)
    tensor = cut.graph.tensors[name]
    dims = cut.proto.graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in dims][1:] == [tensor.channels, tensor.height, tensor.width]
    assert dims[0].dim_param == "N"
    used = {name for node in cut.proto.graph.node for name in node.input}
    assert {value.name for value in cut.proto.graph.initializer} <= used
    onnx.save(cut.proto, tmp_path / "cut.onnx")
    again = cut_at(load(tmp_path / "cut.onnx"), cuts(model.proto, model.graph)[0].tensor.name)
    assert len(again.graph.nodes) < len(cut.graph.nodes)


def test_a_tensor_that_only_the_importer_sees_is_no_place(tmp_path: Path) -> None:
    """What is between a convolution and a Relu without quantisation of its own has a name for us, not in the file."""
    b = QdqBuilder(8, 8)
    x = b.conv(b.input, 4)
    b.insert("Relu")
    proto = b.model(b.conv(x, 2))
    onnx.save(proto, tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    assert len(model.graph.nodes) == 3
    assert [cut.tensor.name for cut in cuts(model.proto, model.graph)] == [x.quantised]


def test_a_name_that_is_none_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """What was meant, and what lists the names."""
    onnx.save(segmenter(), tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    name = cuts(model.proto, model.graph)[0].tensor.name
    with pytest.raises(InputError, match="cannot be cut at") as caught:
        cut_at(model, name + "x")
    assert caught.value.things_to_try[0] == f"Did you mean {name}?"
    assert "model show --cuts" in caught.value.things_to_try[1]
    with pytest.raises(InputError):
        cut_at(model, model.graph.output)


@pytest.mark.parametrize("name", ["320_fft", "256_resized", "416_resized"])
def test_sts_networks(shared: Path, name: str) -> None:
    """Every layer but those of rank 2 and the last one is a place; what is left can be imported."""
    proto, _ = cut_head(onnx.load(shared / "models" / f"deeplab_v3_mobilenetv2_05_16_{name}_qdq_int8.onnx"))
    graph = import_qdq(proto)
    found = cuts(proto, graph)
    assert len(found) == len(graph.nodes) - 1 - len(graph.flat)
    for cut in (found[0], found[len(found) // 2], found[-1]):
        part = import_qdq(end_at(proto, cut.tensor))
        assert part.tensors[part.output] == cut.tensor
