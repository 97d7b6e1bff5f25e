"""What the importer refuses, and that it names the culprit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from tests.support.qdq import QdqBuilder, segmenter


def _first(proto: onnx.ModelProto, kind: str) -> onnx.NodeProto:
    return next(node for node in proto.graph.node if node.op_type == kind)


def _reader(proto: onnx.ModelProto, tensor: str) -> onnx.NodeProto:
    return next(node for node in proto.graph.node if tensor in node.input)


def _replace(proto: onnx.ModelProto, name: str, array: np.ndarray) -> None:
    initializer = next(value for value in proto.graph.initializer if value.name == name)
    initializer.CopyFrom(numpy_helper.from_array(array, name))


def _attribute(node: onnx.NodeProto, name: str, value: object) -> None:
    for attribute in [attribute for attribute in node.attribute if attribute.name == name]:
        node.attribute.remove(attribute)
    node.attribute.append(helper.make_attribute(name, value))


def _said(proto: onnx.ModelProto) -> str:
    with pytest.raises(InputError) as caught:
        import_qdq(proto, "m.onnx")
    message = caught.value.message
    assert message.startswith("m.onnx: ")
    assert "\n" not in message
    return message


def _floated(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model without any quantisation, as it was before it was quantised."""
    aliases: dict[str, str] = {}
    kept = []
    for node in proto.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            aliases[node.output[0]] = aliases.get(node.input[0], node.input[0])
        else:
            node.input[:] = [aliases.get(name, name) for name in node.input]
            kept.append(node)
    kept[-1].output[0] = proto.graph.output[0].name
    result = onnx.ModelProto()
    result.CopyFrom(proto)
    del result.graph.node[:]
    result.graph.node.extend(kept)
    return result


def test_a_float_model() -> None:
    assert "a float model: it has no QuantizeLinear or DequantizeLinear node" in _said(_floated(segmenter()))


@pytest.mark.parametrize("make", [lambda: _floated(segmenter()), segmenter])
@pytest.mark.parametrize("kind", ["QLinearConv", "ConvInteger"])
def test_operator_format(make: Callable[[], onnx.ModelProto], kind: str) -> None:
    """ONNX's other way of quantising is told apart, with Q and DQ at the ends of the model or without."""
    proto = make()
    _first(proto, "Conv").op_type = kind
    assert f"({kind}): quantised in operator format" in _said(proto)


def test_weights_quantised_at_run_time() -> None:
    proto = segmenter()
    conv = _first(proto, "Conv")
    dequantize = next(node for node in proto.graph.node if conv.input[1] in node.output)
    floats = helper.make_node("QuantizeLinear", ["w", *dequantize.input[1:]], [dequantize.input[0]], axis=0)
    gone = next(value for value in proto.graph.initializer if value.name == dequantize.input[0])
    proto.graph.initializer.append(numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), "w"))
    proto.graph.initializer.remove(gone)
    proto.graph.node.insert(0, floats)
    assert f"node '{conv.name}' (Conv): its weights" in _said(proto)


def test_a_result_that_is_not_quantised() -> None:
    """The first float node is named: here a convolution whose Q and DQ were left out."""
    proto = segmenter()
    conv = _first(proto, "Conv")
    quantize = _reader(proto, conv.output[0])
    dequantize = _reader(proto, quantize.output[0])
    for node in proto.graph.node:
        node.input[:] = [conv.output[0] if name == dequantize.output[0] else name for name in node.input]
    proto.graph.node.remove(quantize)
    proto.graph.node.remove(dequantize)
    said = _said(proto)
    assert f"partly quantised: the first float node is node '{conv.name}' (Conv)" in said


def test_float_weights() -> None:
    """A node that was excluded from quantisation has float weights between quantised neighbours."""
    proto = segmenter()
    conv = _first(proto, "Conv")
    weights = next(node for node in proto.graph.node if conv.input[1] in node.output)
    proto.graph.node.remove(weights)
    proto.graph.initializer.append(numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), conv.input[1]))
    assert f"partly quantised: the first float node is node '{conv.name}' (Conv)" in _said(proto)


def test_a_float_node_at_the_input() -> None:
    proto = segmenter()
    quantize = _first(proto, "QuantizeLinear")
    proto.graph.node.insert(0, helper.make_node("Add", ["image", "image"], ["twice"], name="twice"))
    quantize.input[0] = "twice"
    assert "partly quantised: the first float node is node 'twice' (Add)" in _said(proto)


def test_a_float_node_at_the_output() -> None:
    """A network must end with a DequantizeLinear."""
    proto = segmenter()
    resize = next(node for node in reversed(proto.graph.node) if node.op_type == "Resize")
    proto.graph.output[0].name = resize.output[0]
    assert f"the first float node is node '{resize.name}' (Resize): its result is not quantised" in _said(proto)


@pytest.mark.parametrize("kind", ["Softmax", "LSTM", "Where", "LpPool", "InstanceNormalization"])
def test_an_unsupported_node_inside(kind: str) -> None:
    """It is named with its operator, and what is supported is listed."""
    proto = segmenter()
    node = _first(proto, "Add")
    node.op_type, node.name = kind, "culprit"
    said = _said(proto)
    assert f"node 'culprit' ({kind}) is not supported; supported: Abs, Add, " in said


def test_an_unsupported_node_between_operator_and_quantisation() -> None:
    proto = segmenter()
    conv = _first(proto, "Conv")
    _reader(proto, conv.output[0]).input[0] = "relu"
    index = list(proto.graph.node).index(conv)
    proto.graph.node.insert(index + 1, helper.make_node("LRN", [conv.output[0]], ["relu"], name="culprit"))
    said = _said(proto)
    assert "partly quantised: the first float node is node 'culprit' (LRN), which is not supported; supported" in said


def test_a_function_between_operator_and_quantisation() -> None:
    """Relu and Clip trade places with the quantisation; what changes more than limits does not."""
    proto = segmenter()
    conv = _first(proto, "Conv")
    _reader(proto, conv.output[0]).input[0] = "leaky"
    index = list(proto.graph.node).index(conv)
    proto.graph.node.insert(index + 1, helper.make_node("LeakyRelu", [conv.output[0]], ["leaky"], name="culprit"))
    said = _said(proto)
    assert f"float node is node '{conv.name}' (Conv): node 'culprit' (LeakyRelu) reads its result before it" in said


def test_an_unsupported_node_of_another_domain() -> None:
    proto = segmenter()
    node = _first(proto, "Add")
    node.op_type, node.domain = "Gelu", "com.microsoft"
    assert "(com.microsoft.Gelu) is not supported" in _said(proto)


def test_an_unsupported_node_behind_the_network() -> None:
    proto = segmenter()
    proto.graph.node.append(helper.make_node("ArgMax", [proto.graph.output[0].name], ["mask"], name="culprit", axis=1))
    proto.graph.output[0].name = "mask"
    assert "the first float node is node 'culprit' (ArgMax), which is not supported" in _said(proto)


@pytest.mark.parametrize(("axis", "word"), [(1, "channels"), (2, "height"), (3, "width")])
def test_symbolic_sizes(axis: int, word: str) -> None:
    """Only the batch may be symbolic."""
    proto = segmenter()
    proto.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = "side"
    assert f"input 'image' has a symbolic {word} ('side')" in _said(proto)


def test_a_size_that_is_left_out() -> None:
    proto = segmenter()
    proto.graph.input[0].type.tensor_type.shape.dim[2].Clear()
    assert "input 'image' has a symbolic height" in _said(proto)


def test_a_batch() -> None:
    proto = segmenter()
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    assert "has a batch of 4" in _said(proto)


def test_wrong_rank() -> None:
    proto = segmenter()
    del proto.graph.input[0].type.tensor_type.shape.dim[3]
    assert "input 'image' has rank 3" in _said(proto)


def test_an_input_that_is_not_float() -> None:
    proto = segmenter()
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    assert "input 'image' is uint8" in _said(proto)


def test_two_inputs() -> None:
    proto = segmenter()
    proto.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1, 3, 8, 8]))
    assert "2 inputs ('image', 'second')" in _said(proto)


def test_two_outputs() -> None:
    proto = segmenter()
    proto.graph.output.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1, 3, 8, 8]))
    assert "2 outputs" in _said(proto)


def test_no_output() -> None:
    proto = segmenter()
    del proto.graph.output[:]
    assert "0 outputs (none)" in _said(proto)


def test_uint8_activations() -> None:
    proto = segmenter()
    quantize = _first(proto, "QuantizeLinear")
    _replace(proto, quantize.input[2], np.array(128, np.uint8))
    assert f"node '{quantize.name}' (QuantizeLinear) has uint8 activations" in _said(proto)


def test_activations_without_a_zero_point_are_uint8() -> None:
    proto = segmenter()
    del _first(proto, "QuantizeLinear").input[2]
    assert "has no zero point and so makes uint8" in _said(proto)


def test_int16_activations() -> None:
    proto = segmenter()
    _replace(proto, _first(proto, "QuantizeLinear").input[2], np.array(0, np.int16))
    assert "has int16 activations" in _said(proto)


def test_uint8_weights() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 2, name="culprit"))
    _replace(proto, "culprit_w", np.zeros((2, 3, 1, 1), np.uint8))
    _replace(proto, "culprit_w_zero", np.zeros(2, np.uint8))
    assert "node 'culprit' (Conv) has uint8 weights" in _said(proto)


def test_asymmetric_weights() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 2, name="culprit"))
    _replace(proto, "culprit_w_zero", np.array([0, 3], np.int8))
    assert "node 'culprit' (Conv) has asymmetric weights" in _said(proto)


def test_weight_scales_along_another_axis() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 3, name="culprit"))
    _attribute(next(node for node in proto.graph.node if node.name == "culprit_w_D"), "axis", 1)
    assert "per-channel scales must lie along axis 0" in _said(proto)


def test_a_bias_scale_that_is_not_the_product() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 2, name="culprit"))
    scale = next(value for value in proto.graph.initializer if value.name == "culprit_b_scale")
    _replace(proto, "culprit_b_scale", numpy_helper.to_array(scale) * np.float32(1.001))
    assert "node 'culprit' (Conv): the scale of its bias is not input scale times weight scale" in _said(proto)


def test_a_bias_scale_may_be_rounded_otherwise() -> None:
    """One step of float32 either way is a quantizer's freedom."""
    b = QdqBuilder(4, 4)
    proto = b.model(b.conv(b.input, 2, name="culprit"))
    scale = next(value for value in proto.graph.initializer if value.name == "culprit_b_scale")
    _replace(proto, "culprit_b_scale", np.nextafter(numpy_helper.to_array(scale), np.float32(1)))
    import_qdq(proto)


def test_scales_that_are_no_scales() -> None:
    proto = segmenter()
    _replace(proto, _first(proto, "QuantizeLinear").input[1], np.array(np.nan, np.float32))
    assert "a scale must be above 0" in _said(proto)


def test_a_dequantisation_by_another_scale() -> None:
    proto = segmenter()
    dequantize = next(node for node in proto.graph.node if node.name == "image_D")
    proto.graph.initializer.append(numpy_helper.from_array(np.float32(0.5).reshape(()), "other"))
    dequantize.input[1] = "other"
    assert "but 'image_q' was quantised with" in _said(proto)


@pytest.mark.parametrize(("kind", "said"), [("Add", "do not fit each other"), ("Div", "has two activations")])
def test_operands_that_do_not_fit(kind: str, said: str) -> None:
    """Only a single row, column or channel is repeated; some operations are for constants only."""
    b = QdqBuilder(4, 4)
    x = b.conv(b.input, 3, 3) if kind == "Add" else b.conv(b.input, 3)
    message = _said(b.model(b.operator(kind, [b.input, x], b.input, scale=0.1)))
    assert said in message
    assert f"({kind})" in message


@pytest.mark.parametrize(
    ("constant", "said"),
    [
        (np.zeros((1, 3, 4, 4), np.float32), "has a constant of [1, 3, 4, 4] for 4x4x3; one number, or one a channel"),
        (np.zeros((1, 4), np.float32), "has a constant of [1, 4] for 4x4x3"),
        (np.zeros((1, 1, 3, 1, 1), np.float32), "has a constant of [1, 1, 3, 1, 1] for 4x4x3"),
        (np.zeros(1, np.float64), "has a constant of type float64"),
    ],
)
def test_a_constant_operand(constant: np.ndarray, said: str) -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.operator("Mul", [b.input], b.input, scale=0.1, constants=[constant]))
    assert said in _said(proto)


def test_two_constant_operands() -> None:
    b = QdqBuilder(4, 4)
    two = b.node("Mul", [b.constant("one", np.float32(1)), b.constant("two", np.float32(2))])
    made = b.node("Add", [b.input.name, two])
    assert "has constant inputs only" in _said(b.model(b.quantise(made, 4, 4, 3, 0.1, 0)))


def test_three_summands() -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.operator("Sum", [b.input, b.input, b.input], b.input, scale=0.1))
    assert "has 3 inputs; two are supported" in _said(proto)


def test_a_function_that_is_no_number() -> None:
    """Zero divided by zero has no quantised value."""
    b = QdqBuilder(4, 4)
    made = b.node("Div", [b.constant("zero", np.float32(0)), b.input.name], "culprit")
    assert "culprit: Div of some input is not a number" in _said(b.model(b.quantise(made, 4, 4, 3, 0.1, 0)))


@pytest.mark.parametrize(
    ("limit", "said"), [(None, "must be a constant"), (np.zeros(2, np.float32), "must be one number, not [2]")]
)
def test_limits_of_a_clip(limit: np.ndarray | None, said: str) -> None:
    b = QdqBuilder(4, 4)
    made = b.node("Clip", [b.input.name, b.input.name if limit is None else b.constant("limit", limit)])
    assert said in _said(b.model(b.quantise(made, 4, 4, 3, 0.1, 0)))


_BREAKS: list[tuple[str, str, object, str]] = [
    ("Resize", "mode", "cubic", "has mode 'cubic'; supported: linear, nearest"),
    ("Resize", "coordinate_transformation_mode", "tf_crop_and_resize", "coordinate_transformation_mode 'tf_crop_and_r"),
    ("Resize", "coordinate_transformation_mode", "half_pixel_symmetric", "half_pixel_symmetric'; supported: align_"),
    ("Resize", "nearest_mode", "simple", "has nearest_mode 'simple'"),
    ("Resize", "antialias", 1, "has antialias 1; supported: 0"),
    ("Resize", "axes", [2, 3], "needs a constant scale or size for each of its 2 axes"),
    ("Resize", "exclude_outside", 1, "has exclude_outside 1"),
    ("Concat", "axis", 0, "has axis 0; only 1 (channels), 2 and 3"),
    ("Pad", "mode", "somehow", "pads in mode 'somehow', which ONNX does not know"),
    ("Conv", "kernel_shape", [1, 1], "kernel_shape [1, 1] is not that of its weights"),
    ("Conv", "group", 2, "do not fit"),
    ("Conv", "strides", [0, 1], "has strides [0, 1]"),
    ("Conv", "pads", [1, 1, 1], "four numbers"),
    ("Conv", "dilations", [20, 20], "which is not possible"),
    ("Conv", "auto_pad", "SOMEHOW", "auto_pad 'SOMEHOW'"),
    ("Conv", "surprise", 1, "has the attribute 'surprise', which is not supported"),
    ("Conv", "group", [1], "cannot be read"),
]


@pytest.mark.parametrize(("kind", "attribute", "value", "said"), _BREAKS)
def test_attributes_that_ask_for_something_else(kind: str, attribute: str, value: object, said: str) -> None:
    """What is not understood is never ignored."""
    proto = segmenter()
    node = _first(proto, kind)
    _attribute(node, attribute, value)
    message = _said(proto)
    assert said in message
    assert f"({kind})" in message


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ([1, 2, 2, 2], "resizes by [1.0, 2.0, 2.0, 2.0]; only height and width"),
        ([1, 1, 0, 2], "resizes by"),
        ([1, 1, -1, 2], "resizes by"),
        ([1, 1, np.nan, 2], "resizes by"),
        ([1, 1, np.inf, 2], "which is not possible"),
        ([1, 1, 0.1, 1], "which is not possible"),
        ([2, 2], "needs a constant scale or size for each of its 4 axes"),
    ],
)
def test_resize_factors(factors: list[float], said: str) -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.resize(b.input, (2, 2)))
    _replace(proto, _first(proto, "Resize").input[2], np.array(factors, np.float32))
    message = _said(proto)
    assert "(Resize)" in message
    assert said in message


@pytest.mark.parametrize("pads", [[0, 1, 0, 0, 0, 0, 0, 0], [0, 0, -1, 0, 0, 0, 0, 0], [0, 0, 1, 1]])
def test_pads(pads: list[int]) -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.pad(b.input, (1, 0, 0, 0)))
    _replace(proto, _first(proto, "Pad").input[1], np.array(pads, np.int64))
    assert "(Pad)" in _said(proto)


@pytest.mark.parametrize(("mode", "pad"), [("reflect", 4), ("wrap", 5)])
def test_more_padding_than_image(mode: str, pad: int) -> None:
    protos = []
    for pads in [(pad - 1, 0, 0, 0), (0, 0, 0, pad)]:
        b = QdqBuilder(4, 4)
        protos.append(b.model(b.pad(b.input, pads)))
        _attribute(_first(protos[-1], "Pad"), "mode", mode)
    import_qdq(protos[0])
    proto = protos[1]
    assert f"too many for 4x4x3 in mode '{mode}'" in _said(proto)


@pytest.mark.parametrize("value", [np.array([1, 2], np.float32), np.array(np.inf, np.float32), np.array(True)])
def test_a_pad_with_something_that_is_no_number(value: np.ndarray) -> None:
    b = QdqBuilder(4, 4)
    proto = b.model(b.pad(b.input, (1, 0, 0, 0)))
    _first(proto, "Pad").input.append("value")
    proto.graph.initializer.append(numpy_helper.from_array(value, "value"))
    assert "(Pad): a single number is needed" in _said(proto)


@pytest.mark.parametrize("value", [0, -3])
def test_a_quantised_pad_value(value: int) -> None:
    """A pad value behind a DequantizeLinear is what it means at the scale of the result."""
    b = QdqBuilder(4, 4, zero_point=0)
    proto = b.model(b.pad(b.input, (1, 0, 0, 0)))
    _first(proto, "Pad").input.append("value")
    proto.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int8), "quantised value"))
    inputs = ["quantised value", "image_scale", "image_zero"]
    proto.graph.node.insert(0, helper.make_node("DequantizeLinear", inputs, ["value"]))
    (node,) = import_qdq(proto).nodes
    assert isinstance(node, ir.Pad if value == 0 else ir.Frame)
    assert not isinstance(node, ir.Frame) or node.value == value


@pytest.mark.parametrize(("shape", "ok"), [([0, -1, 4, 4], True), ([1, 3, 16], False), ([1, 48, 1, 1], False)])
def test_reshape(shape: list[int], *, ok: bool) -> None:
    """Only shapes that move no channel are views."""
    b = QdqBuilder(4, 4)
    made = b.node("Reshape", [b.input.name, b.constant("shape", np.array(shape, np.int64))])
    proto = b.model(b.quantise(made, 4, 4, 3, b.input.scale, 0))
    if ok:
        import_qdq(proto)
    else:
        assert f"turns [1, 3, 4, 4] into {shape}; only [1, 3, 4, 4] and, flattened, [1, 48]" in _said(proto)


def test_rank_2_reaches_no_operator() -> None:
    b = QdqBuilder(1, 1)
    flat = b.squeeze(b.input)
    assert "of rank 2" in _said(b.model(b.conv(flat, 2)))
    assert import_qdq(b.model(flat)).flat


@pytest.mark.parametrize("opset", [11, 12, 99])
def test_opsets(opset: int) -> None:
    proto = segmenter()
    proto.opset_import[0].version = opset
    assert f"uses opset {opset}" in _said(proto)


def test_no_opset() -> None:
    proto = segmenter()
    del proto.opset_import[:]
    assert "declares no opset" in _said(proto)


def test_a_circle() -> None:
    """A graph that reads its own results is refused, not followed for ever."""
    proto = segmenter()
    add = _first(proto, "Add")
    last = next(node for node in proto.graph.node if node.name == f"{add.output[0]}_D")
    add.input[0] = last.output[0]
    _said(proto)


def test_a_tensor_made_twice() -> None:
    proto = segmenter()
    proto.graph.node.append(proto.graph.node[0])
    assert "is made by two nodes" in _said(proto)


def test_a_tensor_that_nothing_makes() -> None:
    proto = segmenter()
    _first(proto, "Add").input[0] = "nowhere"
    assert "nowhere" in _said(proto)


def test_every_remedy_is_there() -> None:
    """The common refusals say what to do."""
    proto = segmenter()
    proto.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "h"
    refusals: list[Callable[[], onnx.ModelProto]] = [lambda: _floated(segmenter()), lambda: proto]
    for make in refusals:
        with pytest.raises(InputError) as caught:
            import_qdq(make())
        assert caught.value.things_to_try
