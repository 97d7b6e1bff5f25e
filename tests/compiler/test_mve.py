"""The Helium kernels on an emulated Cortex-M55 against onnxruntime, byte for byte, many networks at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu import compile as cpu_compile
from n6gen.compiler.cpu.addition import whole_sum
from n6gen.compiler.cpu.compile import compile_graph
from n6gen.compiler.cpu.composite import Block, PixelConv
from n6gen.compiler.cpu.kernels import KERNEL_SETS
from n6gen.compiler.cpu.lower import lower
from n6gen.compiler.cpu.plan import Plan
from n6gen.model.reference import IntegerReference
from tests.compiler.on_board import BoardCompiler, Job, Outcome
from tests.compiler.on_host import Tensor, gaps_of, images, spread_plan
from tests.support.qdq import QdqBuilder, segmenter
from tests.support.random_models import qdq_models

pytestmark = pytest.mark.qemu

#: Networks in one emulator.
_BATCH = 25


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> BoardCompiler:
    """Kernels built once, as users' apps build them."""
    return BoardCompiler(tmp_path_factory.mktemp("board"))


def _inputs(reference: IntegerReference, count: int = 2) -> list[Tensor]:
    source = reference.graph.tensors[reference.graph.input]
    return images(source.height, source.width, source.channels)[:count]


def _job(reference: IntegerReference, out: Path, *, spread: bool) -> Job:
    """With `spread`, no two tensors share memory, and what lies between them must stay untouched."""
    plans: list[Plan] = []
    with pytest.MonkeyPatch.context() as patch:
        if spread:
            patch.setattr(cpu_compile, "make_plan", lambda *words: plans.append(spread_plan(*words)) or plans[-1])
        network = compile_graph(reference.graph, out, kernels="mve", head=None, decode="argmax")
    return Job(network, _inputs(reference), gaps_of(plans[0]) if spread else ())


def _differences(reference: IntegerReference, job: Job, outcome: Outcome) -> Iterator[str]:
    layers = KERNEL_SETS["mve"].rewrite(lower(reference.graph)).layers
    for image, found in zip(job.inputs, outcome.layers, strict=True):
        expected = reference.tensors(image)
        at = 0
        for info, layer in zip(job.network.layers, layers, strict=True):
            size = info.height * info.width * info.channels
            part = found[at : at + size].reshape(info.height, info.width, info.channels)
            at += size
            if layer.output not in reference.graph.tensors:
                continue  # the set's own
            wrong = np.argwhere(part != expected[layer.output])
            if len(wrong):
                yield f"{info}: {len(wrong)} bytes differ, the first at {wrong[0]}"


def _check(board: BoardCompiler, protos: Sequence[onnx.ModelProto], folder: Path) -> None:
    references = [IntegerReference(proto) for proto in protos]
    # Every other one with room between its tensors.
    jobs = [_job(each, folder / str(at), spread=at % 2 == 1) for at, each in enumerate(references)]
    for at, (reference, job, outcome) in enumerate(zip(references, jobs, board.run(jobs), strict=True)):
        found = list(_differences(reference, job, outcome))
        if found:
            onnx.save(protos[at], folder / "wrong.onnx")
        assert found == [], f"{folder / 'wrong.onnx'}"


@st.composite
def mobile_models(draw: st.DrawFn) -> onnx.ModelProto:
    """Chains of expand, depthwise and project, as in mobile networks."""
    b = QdqBuilder(
        draw(st.integers(4, 20)),
        draw(st.integers(4, 24)),
        draw(st.integers(1, 8)),
        zero_point=draw(st.sampled_from([-128, 0, 127])),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
    x = b.input
    for _ in range(draw(st.integers(1, 3))):
        kernels = [1, 1, 2] if min(x.height, x.width) > 1 else [1]
        expanded = b.conv(x, 4 * draw(st.integers(1, 8)), draw(st.sampled_from(kernels)))
        stride = draw(st.integers(1, 2))
        pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
        if expanded.height + pads[0] + pads[2] < 3 or expanded.width + pads[1] + pads[3] < 3:
            break
        reduced = b.depthwise(expanded, strides=(stride, stride), pads=pads, lowest=-128)
        made = b.conv(reduced, draw(st.integers(1, 9)))
        alike = (made.height, made.width, made.channels) == (x.height, x.width, x.channels)
        x = b.add(made, x) if alike else made
    return b.model(x)


@pytest.mark.slow
@settings(
    deadline=None,
    derandomize=True,
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    protos=st.lists(
        st.one_of(qdq_models(), qdq_models(max_channels=40, max_nodes=4), mobile_models()),
        min_size=_BATCH,
        max_size=_BATCH,
    )
)
def test_random_networks(board: BoardCompiler, tmp_path: Path, protos: list[onnx.ModelProto]) -> None:
    """Whatever the importer takes, every tensor of every layer is onnxruntime's, and nothing else is written."""
    _check(board, protos, tmp_path)


def test_a_small_segmenter(board: BoardCompiler, tmp_path: Path) -> None:
    """All operators in one network, tightly packed and with room."""
    proto = segmenter(24, 20, classes=3, factor=5)
    _check(board, [proto, proto], tmp_path)


def _conv(height: int, width: int, channels: int, out: int, **options: object) -> onnx.ModelProto:
    b = QdqBuilder(height, width, channels, zero_point=-9)
    return b.model(b.conv(b.input, out, **options))


def test_shapes_of_products(board: BoardCompiler, tmp_path: Path) -> None:
    """Depths below, at and above what each loop takes at a time, odd channels, one to five pixels."""
    depths = [1, 3, 4, 8, 15, 16, 17, 20, 32, 36, 48, 500, 512, 516, 528, 1024, 1040, 1300]
    shapes = [(height, width) for height, width in ((1, 1), (1, 2), (3, 1), (2, 2), (1, 5), (2, 3))]
    protos = [_conv(*shapes[at % len(shapes)], depth, 1 + at % 5, lowest=-128) for at, depth in enumerate(depths)]
    kernels = [(3, 3), (1, 7), (5, 2), (2, 1)]
    protos += [
        _conv(9, 8, channels, 6 + at, kernel=kernel, pads=(1, 0, 2, 3), strides=(1 + at % 2, 1 + at % 3))
        for at, kernel in enumerate(kernels)
        for channels in (1, 3, 5, 16, 20)
    ]
    _check(board, protos, tmp_path)


def test_shapes_of_depthwise(board: BoardCompiler, tmp_path: Path) -> None:
    """Channels around 16, kernels that lie half or wholly outside, strides and dilations of each direction."""
    protos = []
    for at, channels in enumerate((1, 2, 7, 15, 16, 17, 31, 32, 33, 48)):
        for kernel, pads, strides, dilations in (
            ((3, 3), (1, 1, 1, 1), (1, 1), (1, 1)),
            ((3, 3), (0, 0, 1, 1), (2, 2), (1, 1)),
            ((3, 3), (7, 8, 7, 8), (1, 1), (7, 8)),
            ((1, 5), (0, 9, 0, 4), (3, 1), (1, 2)),
            ((4, 2), (5, 0, 6, 3), (1, 2), (2, 1)),
        ):
            b = QdqBuilder(6, 7, channels, zero_point=(-128, -9, 0, 127)[at % 4])
            x = b.depthwise(b.input, kernel, pads=pads, strides=strides, dilations=dilations)
            protos.append(b.model(x))
    _check(board, protos, tmp_path)


def _block(
    height: int,
    width: int,
    channels: int,
    *,
    first: dict[str, object],
    depthwise: dict[str, object],
    zero_point: int = -128,
    out: int = 6,
) -> onnx.ModelProto:
    b = QdqBuilder(height, width, channels, zero_point=3)
    x = b.conv(b.input, zero_point=zero_point, lowest=-128, **first)
    return b.model(b.conv(b.depthwise(x, lowest=-128, **depthwise), out))


def test_shapes_of_blocks(board: BoardCompiler, tmp_path: Path) -> None:
    """Expand, depthwise and project in one go: odd heights, widths that eight outputs do not divide, paddings of any
    kind, first convolutions that gather, both strides; zero points at both ends."""
    around, behind = {"pads": (1, 1, 1, 1)}, {"pads": (0, 0, 1, 1), "strides": (2, 2)}
    depthwise = [
        around,
        behind,
        {"pads": (1, 1, 1, 1), "strides": (2, 2)},
        {},
        {"strides": (2, 2)},
        {"pads": (2, 0, 0, 2)},
        {"pads": (0, 3, 4, 0), "strides": (2, 2)},
    ]
    firsts = [
        {"channels": 12},
        {"channels": 4, "kernel": 3, "strides": (2, 1), "pads": (1, 1, 1, 1)},
        {"channels": 20, "kernel": (1, 2), "pads": (0, 0, 0, 1)},
    ]
    protos = [
        _block(6 + at, 17 + 2 * at, 3 + at % 3, first=first, depthwise=each, zero_point=(-128, 127, -5)[at % 3])
        for at, each in enumerate(depthwise)
        for first in firsts
    ]
    protos += [_block(20, 20, 48, first={"channels": 96}, depthwise=each, out=13) for each in (around, behind)]
    references = [IntegerReference(proto) for proto in protos]
    kinds = [[type(layer.operation) for layer in KERNEL_SETS["mve"].rewrite(lower(r.graph)).layers] for r in references]
    assert kinds == [[Block]] * len(protos)
    _check(board, protos, tmp_path)


@pytest.mark.parametrize(
    ("ratio", "zero_points", "whole"),
    [
        (1.2345, (15, -4), True),
        (0.9071, (-128, 127), True),
        (3.7113, (127, 127), True),
        (1.0, (0, 0), True),
        # Half of all sums lie between two steps, and are rounded to the even one.
        (2.0, (0, 0), False),
        (1e-4, (3, 4), False),
    ],
)
def test_every_sum_of_two_bytes(
    board: BoardCompiler, tmp_path: Path, ratio: float, zero_points: tuple[int, int], whole: bool
) -> None:
    """In whole numbers where that is proven, in float32 where it is not: all 65,536 pairs are right."""
    b = QdqBuilder(256, 256, 2, scale=0.05, zero_point=zero_points[0])
    swap = np.array([0, 64, 64, 0], np.int8).reshape(2, 2, 1, 1)
    swapped = b.conv(
        b.input, 2, weights=swap, weight_scale=np.full(2, 1 / 64, np.float32), bias=False, zero_point=zero_points[0]
    )
    made = b.add(b.input, swapped, zero_point=zero_points[1])
    for value, scale in ((swapped, 0.05), (made, 0.05 * ratio)):
        b.constant(value.quantised.removesuffix("_q") + "_scale", np.float32(scale))
    reference = IntegerReference(b.model(made))
    graph = reference.graph
    a, c, out = (graph.tensors[name] for name in (graph.input, swapped.quantised, graph.output))
    assert (whole_sum(a, c, out) is not None) == whole
    job = attrs.evolve(_job(reference, tmp_path, spread=True), inputs=[_all_pairs()])
    assert not list(_differences(reference, job, board.run([job])[0]))


def _all_pairs() -> Tensor:
    return np.stack(np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)), -1).astype(np.int8)


@pytest.mark.parametrize("scale", [0.02, 1e-30])
def test_averages_that_lie_between_two_steps(board: BoardCompiler, tmp_path: Path, scale: float) -> None:
    """With equal scales many exact means end in .5, and the float32 sum's own order decides; tiny scales are none of
    Helium's."""
    protos = []
    for height, width, channels in ((20, 20, 64), (13, 7, 5), (1, 3, 18)):
        b = QdqBuilder(height, width, channels, scale=scale, zero_point=-128)
        made = b.node("GlobalAveragePool", [b.input.name])
        protos.append(b.model(b.quantise(made, 1, 1, channels, b.input.scale, -128)))
    _check(board, protos, tmp_path)


def test_bytes_that_move(board: BoardCompiler, tmp_path: Path) -> None:
    """Joined with and without tables, padded, repeated; channels that 16 divides and that it doesn't."""
    protos = []
    for channels in (3, 16, 20):
        b = QdqBuilder(5, 6, channels, zero_point=-100)
        other = b.conv(b.input, 32, zero_point=-7)
        joined = b.concat([b.input, other, b.input], zero_point=3)
        repeated = b.resize(b.pool(joined), (5, 6))
        protos.append(b.model(b.pad(b.concat([repeated, joined], zero_point=9), (1, 2, 0, 3))))
    _check(board, protos, tmp_path)


def test_pooled_branches(board: BoardCompiler, tmp_path: Path) -> None:
    """A pixel repeated over the image and joined with others, at any place, with and without a table."""
    protos = []
    for at, channels in enumerate((8, 20, 7)):
        for scale_free in (True, False):
            b = QdqBuilder(5, 4, channels, zero_point=-128)
            pooled = b.resize(b.conv(b.pool(b.input), 9 + at, zero_point=-128), (5, 4))
            parts = [b.input, b.conv(b.input, 12)]
            parts.insert(at, pooled)
            joined = b.concat(parts)
            if scale_free:
                b.constant(joined.quantised.removesuffix("_q") + "_scale", pooled.scale)
                joined = attrs.evolve(joined, scale=pooled.scale)
            protos.append(b.model(b.conv(joined, 3 + 2 * at + channels)))
    references = [IntegerReference(proto) for proto in protos]
    folded = [
        any(isinstance(layer.operation, PixelConv) for layer in KERNEL_SETS["mve"].rewrite(lower(r.graph)).layers)
        for r in references
    ]
    assert folded == [True] * 4 + [False] * 2
    _check(board, protos, tmp_path)


def test_lowest_weights(board: BoardCompiler, tmp_path: Path) -> None:
    """Weights of -128 throughout, which the sum of two products of int16 would not survive; one a channel, which it
    does."""
    all_lowest = QdqBuilder(6, 6, 16, zero_point=127)
    x = all_lowest.conv(all_lowest.input, 6, 3, weights=np.full((6, 16, 3, 3), -128, np.int8))
    x = all_lowest.depthwise(x, weights=np.full((6, 1, 3, 3), -128, np.int8))
    one_lowest = QdqBuilder(6, 6, 20)
    weights = np.full((20, 1, 3, 3), -127, np.int8)
    weights[:, 0, 1, 1] = -128
    protos = [all_lowest.model(x), one_lowest.model(one_lowest.depthwise(one_lowest.input, weights=weights))]
    _check(board, protos, tmp_path)


def test_sums_beyond_24_bits_and_wide_steps(board: BoardCompiler, tmp_path: Path) -> None:
    """Sums that float32 cannot hold, multipliers that take every sum far beyond int8 and int16, dead channels."""
    protos = []
    bias = np.array([(2 * n + 1) * 2**19 for n in (40, 41, 100, 101, -73, -72)], np.int32)
    for out_scale, weight_scale in ((1.0, 2.0**-13), (1e-12, 1.0), (1e-3, 1e-3)):
        b = QdqBuilder(16, 16, 1, scale=2.0**-7)
        made = b.conv(
            b.input,
            6,
            weights=np.array([1, 1, 1, -1, 1, -1], np.int8).reshape(6, 1, 1, 1),
            weight_scale=np.full(6, weight_scale, np.float32),
            bias_values=bias,
            zero_point=100,
        )
        b.constant("conv_1:0_scale", np.float32(out_scale))
        protos.append(b.model(made))
    b = QdqBuilder(6, 6, zero_point=-128)
    bias = np.array([100, -(2**31), 2**31 - 1, -50], np.int32)
    scale = np.array([0.002, 9e-24, 1e-20, 0.001], np.float32)
    protos.append(b.model(b.conv(b.input, 4, 3, weight_scale=scale, bias_values=bias, zero_point=5)))
    _check(board, protos, tmp_path)
