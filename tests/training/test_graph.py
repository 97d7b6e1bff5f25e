"""The float graph, its quantisation and the re-resolution, on random weights: no torch, no training."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from n6gen.rewrite import at_resolution
from n6gen.scenes import render
from training.floatgraph import build
from training.quantise import KEPT_OPERATORS, quantise, to_input
from training.topology import aspp, backbone, head


@pytest.fixture(scope="module")
def weights():
    """Random weights for every convolution of the topology."""
    rng = np.random.default_rng(1)
    specs = [c for b in backbone() for c in b.convs] + [c for b in aspp() for c in b] + list(head())
    out = {}
    for s in specs:
        fan_in = s.kernel**2 * (1 if s.depthwise else s.cin)
        shape = (s.cout, 1 if s.depthwise else s.cin, s.kernel, s.kernel)
        weight = rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))
        out[s.name] = weight, rng.standard_normal(s.cout, np.float32) * np.float32(0.1)
    return out


@pytest.fixture(scope="module")
def int8(weights) -> onnx.ModelProto:
    """The random network at 64 x 64, quantised on three scenes."""
    return quantise(build(weights, 64), [render(seed, 64).image for seed in range(3)])


def _run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def test_the_topology_has_the_macs_of_the_original_at_320() -> None:
    """396,822,528 multiply-accumulates, as the network that the topology follows."""
    size, total = 320, 0
    pooled = aspp()[-1][0].name
    for spec in [c for b in backbone() for c in b.convs] + [c for b in aspp() for c in b] + list(head()):
        size //= spec.stride
        pixels = 1 if spec.name == pooled else size * size
        total += pixels * spec.cout * spec.kernel**2 * (1 if spec.depthwise else spec.cin)
    assert total == 396_822_528


def test_only_the_plain_operators_remain_after_quantisation(int8: onnx.ModelProto) -> None:
    """No Clip, Relu, Pad or anything else: the Q ranges clip."""
    assert {node.op_type for node in int8.graph.node} == KEPT_OPERATORS
    assert (int8.ir_version, int8.opset_import[0].version) == (8, 17)


def test_int8_agrees_with_float_within_the_quantisation(weights, int8: onnx.ModelProto) -> None:
    """The outputs correlate: nothing is clipped, scaled or wired wrongly."""
    x = to_input(render(2, 64).image)  # one of the calibration scenes: no value outside the ranges
    a, b = _run(build(weights, 64), x).ravel(), _run(int8, x).ravel()
    assert np.corrcoef(a, b)[0, 1] > 0.95


def test_every_convolution_is_int8_per_channel_with_an_int32_bias(int8: onnx.ModelProto) -> None:
    """Weights symmetric per output channel; the bias scale is input scale times weight scale."""
    constants = {t.name: numpy_helper.to_array(t) for t in int8.graph.initializer}
    source = {name: node for node in int8.graph.node for name in node.output}
    convs = [node for node in int8.graph.node if node.op_type == "Conv"]
    assert len(convs) == 50
    for conv in convs:
        x, w, b = (source[name] for name in conv.input)
        weight, bias = constants[w.input[0]], constants[b.input[0]]
        assert (weight.dtype, bias.dtype) == (np.int8, np.int32)
        assert constants[w.input[1]].shape == (weight.shape[0],)
        assert not constants[w.input[2]].any()
        np.testing.assert_allclose(constants[b.input[1]], constants[x.input[1]] * constants[w.input[1]], rtol=1e-5)


def test_a_resize_keeps_scale_and_zero_point(int8: onnx.ModelProto) -> None:
    """Both Resize nodes interpolate codes: their input and output share one quantisation."""
    constants = {t.name: numpy_helper.to_array(t) for t in int8.graph.initializer}
    source = {name: node for node in int8.graph.node for name in node.output}
    for node in (n for n in int8.graph.node if n.op_type == "Resize"):
        before = source[node.input[0]]
        (after,) = (n for n in int8.graph.node if n.op_type == "QuantizeLinear" and n.input[0] == node.output[0])
        assert [constants[before.input[k]] for k in (1, 2)] == [constants[after.input[k]] for k in (1, 2)]


@pytest.mark.parametrize("size", [48, 96])
def test_at_resolution_gives_what_building_at_that_size_gives(weights, size: int) -> None:
    """The float graph built at 64 and re-resolved equals the one built at the other size."""
    x = to_input(render(4, size).image)
    assert np.array_equal(_run(at_resolution(build(weights, 64), size), x), _run(build(weights, size), x))


@pytest.mark.parametrize("size", [0, 50, -16])
def test_a_size_that_is_no_multiple_of_the_stride_is_refused(weights, size: int) -> None:
    """Neither the builder nor the rewrite makes such a graph."""
    with pytest.raises(ValueError, match="multiple"):
        build(weights, size)
