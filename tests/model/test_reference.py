"""The integer reference is what ONNX's QLinearConv says, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from n6gen.errors import InputError
from n6gen.model import ir, load
from n6gen.model.qlinear import to_qlinear
from n6gen.model.reference import IntegerReference, QdqReference, default_run
from tests.support.qdq import QdqBuilder, segmenter
from tests.support.random_models import qdq_models


def _image(reference: IntegerReference, seed: int = 0) -> np.ndarray:
    tensor = reference.graph.tensors[reference.graph.input]
    shape = (tensor.height, tensor.width, tensor.channels)
    return np.random.default_rng(seed).integers(-128, 128, shape, dtype=np.int8)


def _conv(graph: ir.Graph, node: ir.Conv, image: np.ndarray) -> np.ndarray:
    """QLinearConv by its definition: whole numbers, one float32 multiplication, rounding half to even."""
    source, out = graph.tensors[node.inputs[0]], graph.tensors[node.output]
    top, left, bottom, right = node.pads
    whole = np.pad(image.astype(np.int64) - source.zero_point, ((top, bottom), (left, right), (0, 0)))
    sums = np.zeros((out.height, out.width, out.channels), np.int64)
    inside, outside = source.channels // node.groups, out.channels // node.groups
    for row in range(node.weights.shape[1]):
        for column in range(node.weights.shape[2]):
            y, x = row * node.dilations[0], column * node.dilations[1]
            part = whole[y : y + (out.height - 1) * node.strides[0] + 1 : node.strides[0]]
            part = part[:, x : x + (out.width - 1) * node.strides[1] + 1 : node.strides[1]]
            for group in range(node.groups):
                outs = slice(group * outside, (group + 1) * outside)
                taps = node.weights[outs, row, column].astype(np.int64)
                sums[..., outs] += part[..., group * inside : (group + 1) * inside] @ taps.T
    sums += node.bias
    multiplier = (source.scale * node.weight_scale) / out.scale
    steps = np.rint(sums.astype(np.float32) * multiplier) + np.float32(out.zero_point)
    return steps.clip(-128, 127).astype(np.int8)


@settings(max_examples=80, deadline=None)
@given(qdq_models(), st.integers(0, 2**32 - 1))
def test_convolutions_are_exact(proto: onnx.ModelProto, seed: int) -> None:
    """Every Conv of a random network, weights of -128 included, computes its definition from its actual input."""
    reference = IntegerReference(proto)
    tensors = reference.tensors(_image(reference, seed))
    for node in reference.graph.nodes:
        if isinstance(node, ir.Conv):
            wanted = _conv(reference.graph, node, tensors[node.inputs[0]])
            assert np.array_equal(tensors[node.output], wanted), node.name


@pytest.mark.parametrize("value", [-128, 127])
def test_extremes_do_not_saturate_inside(value: int) -> None:
    """The largest products add up in full, which int8 kernels of some CPUs do not manage."""
    b = QdqBuilder(3, 3, 64, zero_point=-value - 1)
    weights = np.full((4, 64, 3, 3), 127, np.int8)
    out = b.conv(b.input, 4, 3, weights=weights, bias_values=np.full(4, -(2**23), np.int32), zero_point=0)
    reference = IntegerReference(b.model(out))
    image = np.full((3, 3, 64), value, np.int8)
    node = reference.graph.nodes[0]
    assert isinstance(node, ir.Conv)
    assert np.array_equal(reference.logits(image), _conv(reference.graph, node, image))


def test_a_saturated_bias_under_a_vanishing_scale_is_a_dead_channel() -> None:
    """INT32_MIN as bias, as quantizers leave it, yields the zero point."""
    b = QdqBuilder(2, 2)
    out = b.conv(
        b.input,
        1,
        weight_scale=np.array([1e-22], np.float32),
        bias_values=np.array([np.iinfo(np.int32).min], np.int32),
        zero_point=9,
    )
    proto = b.model(out)
    # The builder derives the output's scale from that of the weights; here it must be an ordinary one.
    scale = next(value for value in proto.graph.initializer if value.name == "conv_1:0_scale")
    scale.CopyFrom(onnx.numpy_helper.from_array(np.array(0.1, np.float32), scale.name))
    reference = IntegerReference(proto)
    assert (reference.logits(_image(reference)) == 9).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_bias_at_the_limit_of_int32_does_not_wrap_around(sign: int) -> None:
    """As newer quantisers make it for filters next to nothing; onnxruntime's own QLinearConv gives the opposite."""
    b = QdqBuilder(4, 4, 16, zero_point=-128)
    limit = np.float32(2**31)
    out = b.conv(
        b.input,
        2,
        3,
        weights=np.full((2, 16, 3, 3), 127 * sign, np.int8),
        weight_scale=np.array([80 / limit, 1e-4], np.float32) / b.input.scale,
        bias_values=np.array([sign * (2**31 - 100), 1000], np.int32),
        zero_point=0,
        name="limit",
    )
    b.constant("limit:0_scale", np.float32(1))
    reference = IntegerReference(b.model(out))
    image = _image(reference)
    node = reference.graph.nodes[0]
    assert isinstance(node, ir.Conv)
    wanted = _conv(reference.graph, node, image)
    assert np.all(wanted[..., 0] == sign * 80)
    assert np.array_equal(reference.logits(image), wanted)


def test_tensors_and_logits_agree() -> None:
    """All tensors have the sizes of the graph; the input is among them, the output equals logits()."""
    reference = IntegerReference(segmenter())
    image = _image(reference)
    tensors = reference.tensors(image)
    assert tensors.keys() == reference.graph.tensors.keys()
    for name, tensor in reference.graph.tensors.items():
        assert tensors[name].shape == (tensor.height, tensor.width, tensor.channels)
        assert tensors[name].dtype == np.int8
    assert np.array_equal(tensors[reference.graph.output], reference.logits(image))
    assert np.array_equal(tensors[reference.graph.input], image)


@settings(max_examples=40, deadline=None)
@given(qdq_models())
def test_the_qlinear_form_is_valid_and_equal(proto: onnx.ModelProto) -> None:
    """It passes ONNX's checker, has no Conv, and gives the reference's bytes when run as it stands."""
    form = to_qlinear(proto)
    onnx.checker.check_model(form, full_check=True)
    kinds = [node.op_type for node in form.graph.node]
    assert "Conv" not in kinds
    reference = IntegerReference(proto)
    graph, image = reference.graph, _image(reference)
    assert kinds.count("QLinearConv") == sum(isinstance(node, ir.Conv | ir.ConvTranspose) for node in graph.nodes)
    # The reference looks these up.
    assume(all(node.exact for node in graph.nodes if isinstance(node, ir.Map)))
    source, out = graph.tensors[graph.input], graph.tensors[graph.output]
    real = source.scale * (image.astype(np.float32) - source.zero_point)
    logits = default_run(form, real.transpose(2, 0, 1)[None].astype(np.float32), optimise=False)
    quantised = np.rint(logits / out.scale) + out.zero_point
    assert np.array_equal(quantised.astype(np.int8), reference.logits(image))


def test_the_form_leaves_its_source_alone() -> None:
    proto = segmenter()
    to_qlinear(proto)
    assert proto == segmenter()


def test_zero_points_may_be_left_out() -> None:
    """A DequantizeLinear without zero point means 0, in the reference too."""
    plain = segmenter()
    terse = segmenter()
    zeros = {value.name for value in terse.graph.initializer if not onnx.numpy_helper.to_array(value).any()}
    dropped = 0
    for node in terse.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[2] in zeros:
            del node.input[2]
            dropped += 1
    assert dropped > 10
    one, other = IntegerReference(plain), IntegerReference(terse)
    assert np.array_equal(one.logits(_image(one)), other.logits(_image(other)))


def test_an_image_of_another_size_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"int8 \[16, 16, 3\] is needed"):
        IntegerReference(segmenter()).logits(np.zeros((16, 15, 3), np.int8))


def test_what_onnxruntime_refuses_is_an_input_error() -> None:
    graph = helper.make_graph(
        [helper.make_node("NoSuchOperator", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    with pytest.raises(InputError, match="onnxruntime refuses the model"):
        QdqReference(helper.make_model(graph, ir_version=8))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """onnxruntime's warnings stay out of the terminal."""
    proto = segmenter()
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(3, np.float32), "nobody needs this"))
    reference = IntegerReference(proto)
    reference.logits(_image(reference))
    QdqReference(proto).run(np.zeros((1, 3, 16, 16), np.float32))
    assert capfd.readouterr() == ("", "")


def test_sts_network(shared: Path) -> None:
    """ST's 320 on a photo: integers and onnxruntime's default agree as well as onnxruntime does with itself (98 %)."""
    from n6gen.model.input import fit, read_image

    model = load(shared / "models" / "deeplab_v3_mobilenetv2_05_16_320_fft_qdq_int8.onnx")
    frame = fit(read_image(shared / "frames" / "astronaut.png"), 320)
    reference = IntegerReference(model.proto)
    logits = reference.logits(model.input.quantise(frame, model.graph.tensors[model.graph.input]))
    mask = logits.argmax(axis=2)
    assert 0.1 < mask.mean() < 0.9
    default = QdqReference(model.proto).run(model.input.floats(frame)).argmax(axis=2)
    assert (mask == default).mean() > 0.98
