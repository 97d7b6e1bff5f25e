"""What the importer makes of quantised models, ours and ST's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from onnx import helper, numpy_helper

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq, supported_operators
from n6gen.model.normalise import normalise
from n6gen.model.show import dead_channels
from tests.support.qdq import QdqBuilder, segmenter
from tests.support.random_models import qdq_models

ST = "deeplab_v3_mobilenetv2_05_16_{}_qdq_int8.onnx"


@pytest.mark.parametrize(
    ("name", "side", "macs"),
    [("320_fft", 320, 396_822_528), ("256_resized", 256, 253_992_960), ("416_resized", 416, 670_579_200)],
)
def test_sts_network(shared: Path, name: str, side: int, macs: int) -> None:
    """ST's DeepLab is 67 integer nodes with the published MACs and weights, its dead channels left in."""
    graph = import_qdq(onnx.load(shared / "models" / ST.format(name)))
    convs = [node for node in graph.nodes if isinstance(node, ir.Conv)]
    assert len(graph.nodes) == 67
    assert len(convs) == 50
    assert sum(map(graph.macs, graph.nodes)) == macs
    assert sum(conv.weights.size for conv in convs) == 861_552
    source, out = graph.tensors[graph.input], graph.tensors[graph.output]
    assert (source.height, source.width, source.channels, source.zero_point) == (side, side, 3, 0)
    assert (out.height, out.width, out.channels) == (side, side, 2)
    dead = {conv.name: dead_channels(graph, conv) for conv in convs if dead_channels(graph, conv)}
    assert {name: len(channels) for name, channels in dead.items()} == {
        "model/Conv1/Conv2D": 4,
        "model/block_8_expand/Conv2D": 1,
    }
    first = convs[0]
    assert all(first.bias[channel] == np.iinfo(np.int32).min for channel in dead[first.name])


def test_every_operator_is_imported_in_reading_order() -> None:
    """The nodes come in an order in which each tensor is made before it is read, and keep their geometry."""
    graph = import_qdq(segmenter(16, 16))
    made = {graph.input}
    for node in graph.nodes:
        assert set(node.inputs) <= made
        made.add(node.output)
    kinds = {type(node) for node in graph.nodes}
    assert kinds == {ir.Conv, ir.Add, ir.GlobalAveragePool, ir.Resize, ir.Concat, ir.Pad, ir.Same}
    dilated = next(node for node in graph.nodes if isinstance(node, ir.Conv) and node.dilations == (2, 2))
    assert (dilated.pads, dilated.groups, dilated.weights.shape) == ((2, 2, 2, 2), 8, (8, 3, 3, 1))
    pooled = next(node for node in graph.nodes if isinstance(node, ir.Resize) and node.output != graph.output)
    assert pooled.factors == (4, 4)


@settings(max_examples=60, deadline=None)
@given(qdq_models())
def test_shapes_are_onnx_shapes(proto: onnx.ModelProto) -> None:
    """Every tensor has the size that ONNX's own shape inference finds."""
    graph = import_qdq(proto)
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    inferred = onnx.shape_inference.infer_shapes(normalise(proto), strict_mode=True, data_prop=True)
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in inferred.graph.value_info}
    for tensor in graph.tensors.values():
        flat = tensor.name in graph.flat
        wanted = [1, tensor.size] if flat else [1, tensor.channels, tensor.height, tensor.width]
        assert shapes[tensor.name] == wanted


def test_conv_weights_are_channels_last_and_scales_are_per_channel() -> None:
    """Weights are [out, height, width, in]; a scale for the whole tensor is repeated for each channel."""
    weights = np.arange(2 * 3 * 1 * 2, dtype=np.int8).reshape(2, 3, 1, 2)
    b = QdqBuilder(4, 4)
    out = b.conv(b.input, 2, (1, 2), weights=weights, per_channel=False, weight_scale=np.array([0.5], np.float32))
    conv = import_qdq(b.model(out)).nodes[0]
    assert isinstance(conv, ir.Conv)
    assert np.array_equal(conv.weights, weights.transpose(0, 2, 3, 1))
    assert conv.weight_scale.tolist() == [0.5, 0.5]


def test_a_missing_bias_is_zero() -> None:
    b = QdqBuilder(4, 4)
    conv = import_qdq(b.model(b.conv(b.input, 2, bias=False))).nodes[0]
    assert isinstance(conv, ir.Conv)
    assert conv.bias.tolist() == [0, 0]


def test_weights_of_minus_128_are_kept() -> None:
    b = QdqBuilder(4, 4)
    out = b.conv(b.input, 1, weights=np.full((1, 3, 1, 1), -128, np.int8))
    conv = import_qdq(b.model(out)).nodes[0]
    assert isinstance(conv, ir.Conv)
    assert conv.weights.min() == -128


@pytest.mark.parametrize(
    ("mode", "pads"), [("SAME_UPPER", (0, 0, 1, 1)), ("SAME_LOWER", (1, 1, 0, 0)), ("VALID", (0, 0, 0, 0))]
)
def test_auto_pad_becomes_pads(mode: str, pads: tuple[int, ...]) -> None:
    """The pads are those that ONNX computes from the sizes."""
    b = QdqBuilder(8, 8)
    out = b.conv(b.input, 2, 3, strides=(2, 2), pads=(0, 0, 1, 1) if mode != "VALID" else (0, 0, 0, 0))
    proto = b.model(out)
    conv = next(node for node in proto.graph.node if node.op_type == "Conv")
    conv.attribute.remove(next(attribute for attribute in conv.attribute if attribute.name == "pads"))
    conv.attribute.append(helper.make_attribute("auto_pad", mode))
    graph = import_qdq(proto)
    assert graph.nodes[0].pads == pads  # type: ignore[union-attr]
    assert graph.tensors[graph.output].height == (4 if mode != "VALID" else 3)


def test_constants_may_come_from_constant_nodes() -> None:
    """An initializer and a Constant node mean the same."""
    proto = segmenter()
    initializers = list(proto.graph.initializer)
    del proto.graph.initializer[:]
    nodes = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.extend(helper.make_node("Constant", [], [value.name], value=value) for value in initializers)
    proto.graph.node.extend(nodes)
    assert [node.name for node in import_qdq(proto).nodes] == [node.name for node in import_qdq(segmenter()).nodes]


def test_initializers_among_the_inputs_are_no_inputs() -> None:
    """Files of IR version 3 list their constants as inputs too."""
    proto = segmenter()
    proto.graph.input.extend(
        helper.make_tensor_value_info(value.name, value.data_type, list(value.dims))
        for value in proto.graph.initializer
    )
    assert len(import_qdq(proto).nodes) == len(import_qdq(segmenter()).nodes)


def test_resize_may_be_given_by_sizes() -> None:
    """Output sizes that are whole multiples mean the same as factors."""
    b = QdqBuilder(3, 5)
    proto = b.model(b.resize(b.input, (2, 4)))
    node = next(node for node in proto.graph.node if node.op_type == "Resize")
    node.input[2] = ""
    node.input.append("sizes")
    proto.graph.initializer.append(numpy_helper.from_array(np.array([1, 3, 6, 20], np.int64), "sizes"))
    resize = import_qdq(proto).nodes[0]
    assert isinstance(resize, ir.Resize)
    assert resize.factors == (2, 4)


def test_nodes_that_nothing_needs_are_ignored() -> None:
    proto = segmenter()
    proto.graph.node.append(helper.make_node("Softmax", [proto.graph.input[0].name], ["nobody"], name="left over"))
    assert len(import_qdq(proto).nodes) == len(import_qdq(segmenter()).nodes)


def test_foreign_opset_imports_do_not_matter() -> None:
    proto = segmenter()
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    import_qdq(proto)


def test_node_names_are_made_unique() -> None:
    """Two nodes of one name, or of none, are still told apart."""
    b = QdqBuilder(4, 4)
    x = b.conv(b.input, 2)
    proto = b.model(b.conv(x, 2))
    for node in proto.graph.node:
        if node.op_type == "Conv":
            node.name = "same"
    assert [node.name for node in import_qdq(proto).nodes] == ["same", "same#2"]


def test_what_is_supported_is_said_as_it_is() -> None:
    """The list in messages and docs is made from the code that imports."""
    assert set(supported_operators()) >= {"Add", "Concat", "Conv", "HardSwish", "Pad", "Resize", "QuantizeLinear"}
    proto = segmenter()
    next(node for node in proto.graph.node if node.op_type == "Add").op_type = "Softmax"
    with pytest.raises(InputError, match=", ".join(supported_operators())):
        import_qdq(proto)
