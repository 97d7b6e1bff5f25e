"""`at_resolution`: exact where its preconditions hold, a ValueError where they do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from n6gen.rewrite import at_resolution


def _model(size: int = 32, *, broadcast: bool = True, out: int | None = None) -> onnx.ModelProto:
    """A stride-4 network with a pooled branch: conv, pool, spread, add, upsample."""
    weight = numpy_helper.from_array(np.ones((2, 3, 4, 4), np.float32), "weight")
    spread = numpy_helper.from_array(np.array([1, 1, size // 4, size // 4], np.float32), "spread")
    up = numpy_helper.from_array(np.array([1, 1, 4, 4], np.float32), "up")
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["features"], strides=[4, 4]),
        helper.make_node("GlobalAveragePool", ["features"], ["pooled"]),
        helper.make_node(
            "Resize", ["pooled" if broadcast else "features", "", "spread" if broadcast else "up"], ["wide"]
        ),
        helper.make_node("Add", ["features", "wide"], ["sum"])
        if broadcast
        else helper.make_node("Identity", ["features"], ["sum"]),
        helper.make_node("Resize", ["sum", "", "up"], ["masks"], mode="linear"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("masks", TensorProto.FLOAT, [1, 2, out or size, out or size])],
        [weight, spread, up],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def _run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def test_the_argument_is_left_alone() -> None:
    """The rewrite is a pure function."""
    model = _model()
    before = model.SerializeToString()
    at_resolution(model, 64)
    assert model.SerializeToString() == before


def test_shapes_and_the_broadcast_follow_the_size_and_nothing_else_does() -> None:
    """The final upsampling keeps its factor although it is a Resize too."""
    model = at_resolution(_model(32), 64)
    constants = {t.name: numpy_helper.to_array(t).tolist() for t in model.graph.initializer if t.dims == [4]}
    resizes = [n for n in model.graph.node if n.op_type == "Resize"]
    assert [constants[n.input[2]] for n in resizes] == [[1, 1, 16, 16], [1, 1, 4, 4]]
    x = np.random.default_rng(0).standard_normal((1, 3, 64, 64), np.float32)
    assert np.array_equal(_run(model, x), _run(_model(64), x))


def test_there_and_back_is_the_same_network() -> None:
    """Two rewrites undo each other."""
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 32), np.float32)
    assert np.array_equal(_run(at_resolution(at_resolution(_model(32), 64), 32), x), _run(_model(32), x))


@pytest.mark.parametrize("size", [0, -32, 30])
def test_an_impossible_size_is_refused(size: int) -> None:
    """A size must be positive and a multiple of the stride."""
    with pytest.raises(ValueError, match=r"positive|multiple"):
        at_resolution(_model(), size)


def test_a_model_that_is_not_square_or_not_known_is_refused() -> None:
    """A symbolic or oblong input has no one size to change."""
    for position, value in ((2, 0), (3, 16)):
        model = _model()
        dim = model.graph.input[0].type.tensor_type.shape.dim[position]
        dim.Clear()
        if value:
            dim.dim_value = value
        else:
            dim.dim_param = "height"
        with pytest.raises(ValueError, match="square"):
            at_resolution(model, 64)


def test_a_resize_by_computed_sizes_is_refused() -> None:
    """What cannot be rewritten exactly is not rewritten."""
    model = _model()
    model.graph.node[2].input.append("sizes")
    model.graph.node[2].input[2] = ""
    with pytest.raises(ValueError, match="constant scales"):
        at_resolution(model, 64)


@pytest.mark.shared
@pytest.mark.parametrize("size", [256, 416])
def test_a_published_network_becomes_its_resized_twin(shared: Path, size: int) -> None:
    """From the 320 file, the outputs at 256 and 416 are bit for bit those of independently resized files."""
    folder = shared / "models"
    source = onnx.load(folder / "deeplab_v3_mobilenetv2_05_16_320_fft_qdq_int8.onnx")
    twin = onnx.load(folder / f"deeplab_v3_mobilenetv2_05_16_{size}_resized_qdq_int8.onnx")
    x = np.random.default_rng(size).uniform(-1, 1, (1, 3, size, size)).astype(np.float32)
    assert np.array_equal(_run(at_resolution(source, size), x), _run(twin, x))
