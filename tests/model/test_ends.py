"""What is cut off at a model's ends, that the mask stays the same, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from n6gen.decode import argmax
from n6gen.errors import InputError
from n6gen.model import load
from n6gen.model.ends import cut_ends
from n6gen.model.import_qdq import import_qdq
from n6gen.model.reference import IntegerReference, default_run
from n6gen.rewrite import cut_head
from tests.support.qdq import QdqBuilder, Value, segmenter

_CLASSES = 5


def _network() -> tuple[QdqBuilder, Value]:
    b = QdqBuilder(6, 7, zero_point=0)
    return b, b.conv(b.input, _CLASSES, 3, pads=(1, 1, 1, 1), zero_point=-9, name="logits")


def _ends_with(b: QdqBuilder, output: str, shape: list[int], kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
    proto = b.model(b.input)
    del proto.graph.output[:]
    proto.graph.output.append(helper.make_tensor_value_info(output, kind, shape))
    return proto


def _softmax(b: QdqBuilder, x: Value, axis: int = 1) -> str:
    return b.node("Softmax", [x.name], axis=axis)


def _quantised_softmax(b: QdqBuilder, x: Value) -> str:
    return b.quantise(_softmax(b, x), 6, 7, _CLASSES, 1 / 256, -128).name


def _last(b: QdqBuilder, x: Value) -> str:
    return b.node("Transpose", [x.name], perm=[0, 2, 3, 1])


_TAILS: dict[str, tuple[Callable[[QdqBuilder, Value], str], tuple[str, ...]]] = {
    "softmax": (_softmax, ("cut-softmax",)),
    "log softmax": (lambda b, x: b.node("LogSoftmax", [x.name], axis=-3), ("cut-logsoftmax",)),
    "quantised softmax": (_quantised_softmax, ("cut-softmax",)),
    "argmax": (lambda b, x: b.node("ArgMax", [x.name], axis=1), ("cut-argmax",)),
    "argmax without its axis": (lambda b, x: b.node("ArgMax", [x.name], axis=-3, keepdims=0), ("cut-argmax",)),
    "both": (lambda b, x: b.node("ArgMax", [_softmax(b, x)], axis=1), ("cut-softmax", "cut-argmax")),
    "cast": (
        lambda b, x: b.node("Cast", [b.node("ArgMax", [x.name], axis=1)], to=TensorProto.FLOAT),
        ("cut-argmax", "cut-cast"),
    ),
    "channels last": (_last, ("cut-transpose",)),
    "argmax of channels last": (
        lambda b, x: b.node("ArgMax", [b.node("Softmax", [_last(b, x)], axis=-1)], axis=3, keepdims=0),
        ("cut-transpose", "cut-softmax", "cut-argmax"),
    ),
    "identity and softmax": (lambda b, x: b.node("Softmax", [b.node("Identity", [x.name])], axis=1), ("cut-softmax",)),
}


def _mask(proto: onnx.ModelProto, image: np.ndarray) -> np.ndarray:
    """The class of each pixel, from whatever the model as it is puts out."""
    (result,) = onnxruntime_run(proto, image)
    found = np.asarray(result)
    if found.ndim == 4 and _CLASSES in (found.shape[1], found.shape[3]):
        found = found.argmax(axis=1 if found.shape[1] == _CLASSES else 3)
    return found.reshape(6, 7).astype(int)


def onnxruntime_run(proto: onnx.ModelProto, image: np.ndarray) -> list[Any]:
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results: list[Any] = session.run(None, {session.get_inputs()[0].name: image})
    return results


@pytest.mark.parametrize("name", _TAILS)
def test_a_tail_is_cut_off(name: str) -> None:
    """Named; the model that is left is a valid one, and its largest logits are the mask of the one before."""
    make, names = _TAILS[name]
    b, logits = _network()
    proto = _ends_with(b, make(b, logits), [])
    del proto.graph.output[0].type.tensor_type.shape.dim[:]
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    if "argmax" in " ".join(names) and "cut-cast" not in names:
        proto.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    left, cut = cut_ends(proto)
    assert cut == names
    onnx.checker.check_model(left, full_check=True)
    graph = import_qdq(left)
    assert graph.output == "logits:0_q"
    for seed in range(3):
        image = np.random.default_rng(seed).uniform(-1, 1, (1, 3, 6, 7)).astype(np.float32)
        found = argmax((default_run(left, image, optimise=False) / logits.scale - 9).round().astype(np.int8))
        expected = _mask(proto, image)
        if name == "quantised softmax":
            # Its own ties go to the lowest class; elsewhere there is no difference.
            assert np.mean(found == expected) > 0.5
        else:
            assert np.array_equal(found, expected)


def _left_alone(proto: onnx.ModelProto, culprit: str) -> None:
    left, cut = cut_ends(proto)
    assert cut == ()
    assert left is proto
    with pytest.raises(InputError, match=culprit):
        import_qdq(proto)


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda b, x: _softmax(b, x, axis=2), "Softmax"),
        (lambda b, x: b.node("ArgMax", [x.name], axis=1, select_last_index=1), "ArgMax"),
        (lambda b, x: b.node("ArgMax", [x.name], axis=2), "ArgMax"),
        (lambda b, x: b.node("ArgMax", [_last(b, x)], axis=1), "Transpose"),
        (lambda b, x: b.node("Transpose", [x.name], perm=[0, 1, 3, 2]), "Transpose"),
        (lambda b, x: b.node("Cast", [x.name], to=TensorProto.FLOAT16), "Cast"),
        (lambda b, x: b.node("ArgMin", [x.name], axis=1), "ArgMin"),
        (lambda b, x: b.node("Sigmoid", [x.name]), "is not the result of a DequantizeLinear"),
        (lambda b, x: b.node("Add", [b.node("Softmax", [x.name], axis=1), x.name]), "Softmax"),
    ],
)
def test_another_tail_is_left_alone(make: Callable[[QdqBuilder, Value], str], culprit: str) -> None:
    """And the importer says what is not supported."""
    b, logits = _network()
    _left_alone(_ends_with(b, make(b, logits), [1, 1, 6, 7]), culprit)


def test_logits_that_something_else_reads() -> None:
    """A second reader of what would be cut off is a reason to leave it."""
    b, logits = _network()
    soft = _softmax(b, logits)
    both = b.node("Mul", [b.node("ArgMax", [soft], axis=1), soft])
    _left_alone(_ends_with(b, both, [1, 1, 6, 7]), "supported")


def test_an_argmax_behind_a_resize() -> None:
    """The head is cut off as well."""
    proto = segmenter(16, 16, classes=3, factor=4)
    logits = proto.graph.output[0].name
    proto.graph.node.append(helper.make_node("ArgMax", [logits], ["mask"], axis=1))
    del proto.graph.output[:]
    proto.graph.output.append(helper.make_tensor_value_info("mask", TensorProto.INT64, ["N", 1, 16, 16]))
    left, cut = cut_ends(proto)
    assert cut == ("cut-argmax",)
    _, head = cut_head(left)
    assert head is not None
    assert head.classes == 3


def _channels_last(*, quantised: bool) -> onnx.ModelProto:
    """A network whose picture has its channels last, as TensorFlow's converter leaves it."""
    proto = segmenter(16, 12)
    dims = proto.graph.input[0].type.tensor_type.shape.dim
    for dim, size in zip(dims[1:], (16, 12, 3), strict=True):
        dim.dim_value = size
    quantize, dequantize = proto.graph.node[:2]
    assert (quantize.op_type, dequantize.op_type) == ("QuantizeLinear", "DequantizeLinear")
    node = helper.make_node("Transpose", ["image"], ["turned"], name="turn", perm=[0, 3, 1, 2])
    if quantised:
        pair = [
            helper.make_node("QuantizeLinear", ["image", *quantize.input[1:]], ["image_nhwc_q"]),
            helper.make_node("DequantizeLinear", ["image_nhwc_q", *quantize.input[1:]], ["image_nhwc"]),
        ]
        node.input[0] = "image_nhwc"
        for index, each in enumerate([*pair, node]):
            proto.graph.node.insert(index, each)
    else:
        proto.graph.node.insert(0, node)
    next(each for each in proto.graph.node if each.name == quantize.name).input[0] = "turned"
    return proto


@pytest.mark.parametrize("quantised", [False, True])
def test_channels_last_in_front(*, quantised: bool) -> None:
    """The picture's view is cut off; the network computes the same."""
    proto = _channels_last(quantised=quantised)
    left, cut = cut_ends(proto)
    assert cut == ("cut-transpose",)
    onnx.checker.check_model(left, full_check=True)
    assert [dim.dim_value for dim in left.graph.input[0].type.tensor_type.shape.dim[1:]] == [3, 16, 12]
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 16, 12)).astype(np.float32)
    plain = default_run(segmenter(16, 12), image, optimise=False)
    assert np.array_equal(default_run(left, image, optimise=False), plain)
    assert np.array_equal(onnxruntime_run(proto, image.transpose(0, 2, 3, 1))[0][0].transpose(1, 2, 0), plain)
    reference = IntegerReference(left)
    assert reference.logits(np.zeros((16, 12, 3), np.int8)).shape == (16, 12, 2)


def test_an_ordinary_model_comes_back_as_it_is() -> None:
    proto = segmenter()
    left, cut = cut_ends(proto)
    assert left is proto
    assert cut == ()


def test_a_loaded_model_says_what_was_cut_off(tmp_path: Path) -> None:
    """In its rewrites; the file's hash stays that of the file."""
    proto = _channels_last(quantised=False)
    logits = proto.graph.output[0].name
    proto.graph.node.append(helper.make_node("ArgMax", [logits], ["mask"], axis=1))
    del proto.graph.output[:]
    proto.graph.output.append(helper.make_tensor_value_info("mask", TensorProto.INT64, ["N", 1, 16, 12]))
    onnx.save(proto, tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    assert model.rewrites == ("cut-transpose", "cut-argmax")
    assert (model.input.height, model.input.width, model.classes) == (16, 12, 2)


def test_other_views_in_front_are_refused() -> None:
    """A picture on its side is not one with its channels last."""
    proto = _channels_last(quantised=False)
    next(node for node in proto.graph.node if node.name == "turn").attribute[0].CopyFrom(
        helper.make_attribute("perm", [0, 3, 2, 1])
    )
    left, cut = cut_ends(proto)
    assert cut == ()
    with pytest.raises(InputError, match="node 'turn'"):
        import_qdq(left)


def test_a_circle_in_front_ends() -> None:
    """A quantisation that takes its scale from its own result is followed once."""
    proto = segmenter()
    quantize, dequantize = proto.graph.node[:2]
    quantize.input[1] = dequantize.output[0]
    for node in proto.graph.node[2:]:
        node.input[:] = ["other" if name == dequantize.output[0] else name for name in node.input]
    proto.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 3, 16, 16), np.float32), "other"))
    assert cut_ends(proto)[1] == ()
