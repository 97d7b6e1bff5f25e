"""How bytes become a network's input: who says so, and that the numbers are those of the float model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from n6gen.errors import InputError
from n6gen.model import InputDeclaration, InputSpec, ir, load
from n6gen.model.input import declared_in_metadata
from tests.support.qdq import QdqBuilder, segmenter

_HALF = (127.5, 127.5, 127.5)
_IMAGENET = InputDeclaration((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


def _tensor(scale: float, zero_point: int, side: int = 4) -> ir.Tensor:
    return ir.Tensor("q", side, side, 3, np.float32(scale), zero_point)


def _quantize_linear(values: np.ndarray, tensor: ir.Tensor) -> np.ndarray:
    """What onnxruntime's QuantizeLinear makes of `values`."""
    graph = helper.make_graph(
        [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"])],
        "q",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", TensorProto.INT8, None)],
        [
            numpy_helper.from_array(np.asarray(tensor.scale), "s"),
            numpy_helper.from_array(np.array(tensor.zero_point, np.int8), "z"),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values})[0]


@settings(max_examples=100, deadline=None)
@given(
    mean=st.floats(0, 255, width=32),
    std=st.floats(0.5, 300, width=32),
    scale=st.floats(2**-13, 10, width=32),
    zero_point=st.integers(-128, 127),
)
def test_the_table_is_quantize_linear_of_the_levels(mean: float, std: float, scale: float, zero_point: int) -> None:
    """Rounding half to even and saturation included, byte for byte as onnxruntime does it."""
    spec = InputSpec("x", 4, 4, (mean,) * 3, (std,) * 3)
    tensor = _tensor(scale, zero_point)
    table = spec.table(tensor)
    assert table.dtype == np.int8
    assert np.array_equal(table, _quantize_linear(spec.levels(), tensor))


def test_levels_of_minus_one_to_one_are_computed_as_trained() -> None:
    """byte / 127.5 - 1 in float32, not (byte - 127.5) / 127.5, which differs in the last bit."""
    levels = InputSpec("x", 4, 4, _HALF, _HALF).levels()
    byte = np.arange(256, dtype=np.float32)
    assert np.array_equal(levels[0], byte / np.float32(127.5) - np.float32(1))
    assert levels[0][[0, 255]].tolist() == [-1.0, 1.0]


def test_each_channel_has_its_own_mapping_and_source() -> None:
    """BGR: the network's first channel is blue, and mean and std are in the network's order."""
    spec = InputSpec("x", 2, 2, (0.0, 10.0, 20.0), (1.0, 1.0, 1.0), "bgr")
    frame = np.zeros((2, 2, 3), np.uint8)
    frame[0, 1] = (100, 50, 30)
    tensor = _tensor(1.0, 0, 2)
    assert spec.channels == (2, 1, 0)
    assert spec.quantise(frame, tensor)[0, 1].tolist() == [30, 40, 80]
    assert spec.floats(frame)[0, :, 0, 1].tolist() == [30.0, 40.0, 80.0]
    assert spec.floats(frame).shape == (1, 3, 2, 2)


def test_a_frame_of_another_size_is_a_mistake() -> None:
    spec = InputSpec("x", 2, 2, _HALF, _HALF)
    with pytest.raises(ValueError, match="a frame must be uint8"):
        spec.floats(np.zeros((2, 3, 3), np.uint8))


def _saved(path: Path, scale: float, zero_point: int, metadata: dict[str, str] | None = None) -> Path:
    b = QdqBuilder(4, 4, scale=scale, zero_point=zero_point)
    proto = b.model(b.conv(b.input, 2))
    helper.set_model_props(proto, metadata or {})
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize(
    ("scale", "zero_point", "mean", "std"),
    [
        (1 / 127.5, 0, 127.5, 127.5),
        (1 / 128.6, 0, 127.5, 127.5),
        (2 / 255, -1, 127.5, 127.5),
        (1 / 255, -128, 0, 255),
        (1, -128, 0, 1),
        (0.99, -128, 0, 1),
    ],
)
def test_the_range_tells_the_mapping(tmp_path: Path, scale: float, zero_point: int, mean: float, std: float) -> None:
    """A quantised range of about [-1, 1], [0, 1] or [0, 255] is taken for it, and said to be a guess."""
    spec = load(_saved(tmp_path / "m.onnx", scale, zero_point)).input
    assert (spec.mean, spec.std) == ((mean,) * 3, (std,) * 3)
    assert (spec.order, spec.source, spec.order_source) == ("rgb", "quantisation range", "assumed")


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 100, 0), (0.0186, -14), (1 / 127.5, 20), (1.1, -128)])
def test_another_range_must_be_declared(tmp_path: Path, scale: float, zero_point: int) -> None:
    path = _saved(tmp_path / "m.onnx", scale, zero_point)
    with pytest.raises(InputError, match="cannot tell how bytes become the input") as caught:
        load(path)
    assert "--mean" in caught.value.things_to_try[0]
    spec = load(path, _IMAGENET).input
    assert (spec.mean, spec.source) == (_IMAGENET.mean, "declared")


def test_who_is_believed(tmp_path: Path) -> None:
    """Flags before metadata before the catalogue before the range; order apart from mean and std."""
    said = {"n6gen.input.mean": "1,2,3", "n6gen.input.std": "[4, 5, 6]", "n6gen.input.order": "BGR"}
    path = _saved(tmp_path / "st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8.onnx", 1.0, -128, said)
    spec = load(path).input
    assert (spec.mean, spec.std, spec.order) == ((1, 2, 3), (4, 5, 6), "bgr")
    assert (spec.source, spec.order_source) == ("model metadata", "model metadata")
    spec = load(path, InputDeclaration(order="rgb")).input
    assert (spec.source, spec.order, spec.order_source) == ("model metadata", "rgb", "declared")
    _saved(path, 1.0, -128)
    spec = load(path).input
    assert (spec.mean, spec.source, spec.order_source) == (_HALF, "catalogue", "catalogue")


def test_one_number_stands_for_three() -> None:
    declaration = declared_in_metadata({"n6gen.input.mean": "0", "n6gen.input.std": "255"}, "m")
    assert (declaration.mean, declaration.std) == ((0, 0, 0), (255, 255, 255))


@pytest.mark.parametrize(
    "metadata",
    [
        {"n6gen.input.mean": "1 2"},
        {"n6gen.input.mean": "1 2 3"},
        {"n6gen.input.mean": "1 2 3", "n6gen.input.std": "1 2 0"},
        {"n6gen.input.mean": "1 2 3", "n6gen.input.std": "1 2 nan"},
        {"n6gen.input.mean": "one", "n6gen.input.std": "1"},
        {"n6gen.input.order": "grb"},
    ],
)
def test_metadata_that_cannot_be_right(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = _saved(tmp_path / "m.onnx", 1.0, -128, metadata)
    with pytest.raises(InputError, match=r"m\.onnx: metadata"):
        load(path)


def test_half_a_declaration() -> None:
    with pytest.raises(InputError, match="mean without std") as caught:
        InputDeclaration(mean=_HALF)
    assert caught.value.things_to_try == ("Give both --mean and --std.",)


def test_grey_and_channels_last_are_refused(tmp_path: Path) -> None:
    for sides, said in (((4, 4, 1), "1 channels"), ((4, 3, 4), "channels first")):
        height, width, channels = sides
        b = QdqBuilder(height, width, channels)
        onnx.save(b.model(b.conv(b.input, 2)), tmp_path / "m.onnx")
        with pytest.raises(InputError) as caught:
            load(tmp_path / "m.onnx")
        assert said in " ".join((caught.value.message, *caught.value.things_to_try))


def test_resolution(tmp_path: Path) -> None:
    """`--res` must agree with the model, or not be there."""
    onnx.save(segmenter(16, 16), tmp_path / "m.onnx")
    model = load(tmp_path / "m.onnx")
    assert (model.input.height, model.classes) == (16, 2)
    model.check_resolution(16)
    model.check_resolution(None)
    with pytest.raises(InputError, match="--res 320 contradicts the model, whose input is 16x16"):
        model.check_resolution(320)
