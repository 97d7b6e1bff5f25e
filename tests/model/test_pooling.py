"""Pooling: what each form means, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.import_qdq import import_qdq
from n6gen.model.reference import IntegerReference
from tests.support.qdq import QdqBuilder


def _node(kind: str, shape: tuple[int, int, int], *, opset: int = 17, **attributes: Any) -> ir.Node:
    constants = attributes.pop("constants", ())
    b = QdqBuilder(6, 7, opset=opset)
    out = b.operator(kind, [b.input], shape, scale=0.01, constants=constants, name="pool", **attributes)
    (node,) = import_qdq(b.model(out), "m.onnx").nodes
    return node


def _said(kind: str, **attributes: Any) -> str:
    with pytest.raises(InputError) as caught:
        _node(kind, (6, 7, 3), **attributes)
    return caught.value.message


def test_the_largest_value() -> None:
    """Windows and the whole image are the same operation."""
    node = _node("MaxPool", (3, 3, 3), kernel_shape=[2, 3], strides=[2, 2])
    assert node == ir.MaxPool("pool", ("image_q",), "pool:0_q", (2, 3), (2, 2), (1, 1), (0, 0))
    assert _node("GlobalMaxPool", (1, 1, 3)) == ir.MaxPool("pool", ("image_q",), "pool:0_q", (6, 7))


@pytest.mark.parametrize(
    ("opset", "attributes", "by_columns"),
    [
        (17, {}, True),
        (18, {"strides": [4, 2], "count_include_pad": 1}, True),
        (17, {"strides": [1, 3]}, False),
        (17, {"ceil_mode": 1, "count_include_pad": 1}, False),
        (17, {"ceil_mode": 1}, True),
        (19, {}, False),
    ],
)
def test_the_order_of_a_mean(opset: int, attributes: dict[str, Any], *, by_columns: bool) -> None:
    """onnxruntime's own depends on opset and attributes."""
    node = _node("AveragePool", (5, 6, 3), opset=opset, kernel_shape=[2, 2], **attributes)
    assert isinstance(node, ir.AveragePool)
    assert node.by_columns == by_columns
    assert node.counts_padding == bool(attributes.get("count_include_pad"))


def test_wide_images_and_large_windows() -> None:
    """What is too large for onnxruntime's older code is added up row by row."""
    found = []
    for width, taps in [(2045, 2), (2046, 2), (100, 32), (100, 33)]:
        b = QdqBuilder(2, width, 1)
        out = b.operator("AveragePool", [b.input], (1, width - taps + 1, 1), scale=0.1, kernel_shape=[2, taps])
        (node,) = import_qdq(b.model(out)).nodes
        assert isinstance(node, ir.AveragePool)
        found.append(node.by_columns)
    assert found == [True, False, True, False]


@pytest.mark.parametrize(
    ("opset", "kind"), [(17, ir.GlobalAveragePool), (18, ir.GlobalAveragePool), (19, ir.AveragePool)]
)
def test_a_window_as_large_as_the_image(opset: int, kind: type) -> None:
    """It is the global average, in onnxruntime's older code also in the order of the sum."""
    assert isinstance(_node("AveragePool", (1, 1, 3), opset=opset, kernel_shape=[6, 7]), kind)


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
def test_a_last_window_in_the_padding(kind: str) -> None:
    """With ceil_mode there is none, as in onnxruntime and PyTorch; ONNX's inference of shapes would have one."""
    b = QdqBuilder(5, 5, 1)
    attributes = {"kernel_shape": [2, 2], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1}
    proto = b.model(b.operator(kind, [b.input], (2, 2, 1), scale=0.01, **attributes))
    reference = IntegerReference(proto)
    out = reference.graph.tensors[reference.graph.output]
    assert reference.logits(np.zeros((5, 5, 1), np.int8)).shape == out.shape == (2, 2, 1)


def test_reduce_mean_is_the_global_average() -> None:
    wanted = ir.GlobalAveragePool("pool", ("image_q",), "pool:0_q")
    assert _node("ReduceMean", (1, 1, 3), axes=[2, 3]) == wanted
    assert _node("ReduceMean", (1, 1, 3), opset=18, constants=[np.array([-1, -2], np.int64)], keepdims=0) == wanted


@pytest.mark.parametrize("axes", [[2], [1], [2, 3, 1], [6, 3], []])
def test_other_means(axes: list[int]) -> None:
    attributes = {"axes": axes} if axes else {}
    assert f"has axes {axes}; only height and width" in _said("ReduceMean", **attributes)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "has the kernel shape []"),
        ({"kernel_shape": [2]}, "has the kernel shape [2]"),
        ({"kernel_shape": [2, 2], "pads": [2, 0, 0, 0]}, "has pads [2, 0, 0, 0] and the kernel [2, 2], which must be"),
        (
            {"kernel_shape": [2, 2], "pads": [1, 1, 1, 1], "dilations": [7, 1]},
            "a window with nothing but padding in it",
        ),
        ({"kernel_shape": [9, 2]}, "which is not possible"),
        ({"kernel_shape": [2, 2], "strides": [1]}, "has strides [1]"),
        ({"kernel_shape": [2, 2], "surprise": 1}, "has the attribute 'surprise'"),
    ],
)
@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
def test_windows_that_cannot_be(kind: str, attributes: dict[str, Any], said: str) -> None:
    """The node is named, with what is wrong about it."""
    message = _said(kind, **attributes)
    assert message.startswith(f"m.onnx: node 'pool' ({kind})")
    assert said in message


def test_a_second_output() -> None:
    """Where the largest value was found is not told."""
    b = QdqBuilder(6, 7)
    proto = b.model(b.operator("MaxPool", [b.input], (5, 6, 3), scale=0.01, kernel_shape=[2, 2]))
    next(node for node in proto.graph.node if node.op_type == "MaxPool").output.append("indices")
    with pytest.raises(InputError, match=r"\(MaxPool\) has a second output \('indices'\)"):
        import_qdq(proto)
