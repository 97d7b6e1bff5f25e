"""The cut network and the decode together are the whole network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from n6gen import decode
from n6gen.model.reference import IntegerReference
from n6gen.rewrite import Head, cut_head
from tests.support.qdq import QdqBuilder, segmenter


def _image(reference: IntegerReference, seed: int) -> np.ndarray:
    tensor = reference.graph.tensors[reference.graph.input]
    return np.random.default_rng(seed).integers(-128, 128, (tensor.height, tensor.width, 3), dtype=np.int8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 5), factor=st.sampled_from([2, 4, 8]))
def test_rounded_decode_of_the_cut_network_is_the_whole_network(seed: int, classes: int, factor: int) -> None:
    """The arg max of the whole network's quantised output, pixel for pixel; and the logits are the same bytes."""
    proto = segmenter(16, 16, classes=classes, factor=factor, seed=seed)
    cut, head = cut_head(proto)
    assert head is not None
    whole, rest = IntegerReference(proto), IntegerReference(cut)
    image = _image(whole, seed)
    logits = rest.logits(image)
    assert np.array_equal(logits, whole.tensors(image)[rest.graph.output])
    mask = decode.rounded(logits, head.scale, head.zero_point, (head.factor_h, head.factor_w))
    assert np.array_equal(mask, whole.logits(image).argmax(axis=2))


def test_what_is_left_and_what_is_said() -> None:
    """The cut model is valid, ends with the logits, keeps versions and batch, and nothing of the head stays."""
    proto = segmenter(16, 16, classes=3, factor=4)
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    proto = onnx.shape_inference.infer_shapes(proto)
    before = proto.SerializeToString(deterministic=True)
    cut, head = cut_head(proto)
    assert proto.SerializeToString(deterministic=True) == before
    onnx.checker.check_model(cut, full_check=True)
    assert (cut.ir_version, len(cut.opset_import), cut.opset_import[0].version) == (8, 1, 17)
    dims = cut.graph.output[0].type.tensor_type.shape.dim
    assert (dims[0].dim_param, [dim.dim_value for dim in dims][1:]) == ("N", [3, 4, 4])
    used = {name for node in cut.graph.node for name in node.input}
    assert {value.name for value in cut.graph.initializer} <= used
    assert cut.graph.output[0].name not in {value.name for value in cut.graph.value_info}
    assert len(proto.graph.node) - len(cut.graph.node) == 3
    logits = IntegerReference(cut).graph
    tensor = logits.tensors[logits.output]
    assert head == Head(4, 4, 3, tensor.scale, tensor.zero_point)


def test_a_model_without_such_a_head_is_left_alone() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 2))
    cut, head = cut_head(proto)
    assert head is None
    assert cut is proto


def test_cutting_twice_cuts_once() -> None:
    cut, _ = cut_head(segmenter())
    again, head = cut_head(cut)
    assert head is None
    assert again is cut


@pytest.mark.parametrize("name", ["320_fft", "256_resized", "416_resized"])
def test_sts_networks(shared: Path, name: str) -> None:
    """ST's head is a Resize by 16 of two classes; its foreign opsets go with it."""
    proto = onnx.load(shared / "models" / f"deeplab_v3_mobilenetv2_05_16_{name}_qdq_int8.onnx")
    cut, head = cut_head(proto)
    assert head is not None
    assert (head.factor_h, head.factor_w, head.classes, head.zero_point) == (16, 16, 2, 0)
    assert [entry.domain for entry in cut.opset_import] == [""]
    onnx.checker.check_model(cut, full_check=True)
    whole, rest = IntegerReference(proto), IntegerReference(cut)
    for seed in range(2):
        image = _image(whole, seed)
        mask = decode.rounded(rest.logits(image), head.scale, head.zero_point, (16, 16))
        assert np.array_equal(mask, whole.logits(image).argmax(axis=2))
