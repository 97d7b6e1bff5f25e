"""The Helium kernels on an emulated Cortex-M55 against onnxruntime, byte for byte, many networks at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import onnx
import pytest

from n6gen.compiler.cpu.addition import whole_sum
from n6gen.compiler.cpu.composite import Block, Branches, PixelConv
from n6gen.compiler.cpu.kernels import KERNEL_SETS
from n6gen.compiler.cpu.lower import lower
from n6gen.model.reference import IntegerReference
from tests.compiler.checking import Tensor, differences, job_of
from tests.compiler.on_board import BoardCompiler
from tests.support.qdq import QdqBuilder, segmenter

pytestmark = pytest.mark.qemu


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> BoardCompiler:
    """Kernels built once, as users' apps build them."""
    return BoardCompiler(tmp_path_factory.mktemp("board"))


def _check(board: BoardCompiler, protos: Sequence[onnx.ModelProto], folder: Path) -> None:
    references = [IntegerReference(proto) for proto in protos]
    # Every other one with room between its tensors.
    jobs = [job_of(each, folder / str(at), "mve", spread=at % 2 == 1) for at, each in enumerate(references)]
    for at, (reference, job, outcome) in enumerate(zip(references, jobs, board.run(jobs), strict=True)):
        found = list(differences(reference, job, "mve", outcome.layers))
        if found:
            onnx.save(protos[at], folder / "wrong.onnx")
        assert found == [], f"{folder / 'wrong.onnx'}"


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
    job = job_of(reference, tmp_path, "mve", spread=True, inputs=[_all_pairs()])
    assert list(differences(reference, job, "mve", board.run([job])[0].layers)) == []


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


def test_upsampling(board: BoardCompiler, tmp_path: Path) -> None:
    """Any scale, factors, channels and zero point: the float32 quotient is the nearest one every time. Scales at which
    steps are denormal numbers are none of Helium's. From 20x20x2 to 320x320 in 2.8 M instructions."""
    random = np.random.default_rng(0)
    protos = []
    for at, scale in enumerate([2.0**-60, 2.0**60, 1e-25, 1 / 3, *(2.0 ** random.uniform(-12, 4, 20))]):
        height, width, channels, down, along = (int(n) for n in random.integers(1, 9, 5))
        b = QdqBuilder(height + 1, width + 1, channels, scale=scale, zero_point=(3, -128, 127)[at % 3])
        protos.append(b.model(b.resize(b.input, (down, along + 1))))
    _check(board, protos, tmp_path)
    b = QdqBuilder(20, 20, 2, scale=0.19202861)
    job = job_of(IntegerReference(b.model(b.resize(b.input, (16, 16)))), tmp_path / "head", "mve", spread=False)
    assert 0 < board.run([job])[0].instructions[0] <= 2_850_000


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


def test_ties_are_rounded_to_even(board: BoardCompiler, tmp_path: Path) -> None:
    """A multiplier of a power of two makes every other sum a tie: with even and odd zero points, in products, in pairs
    of places, in tiles of both strides, and with one channel whose results leave int16 before the clamp."""
    protos = []
    for at, zero_point in enumerate((-128, -2, 0, 4, -127, 5)):
        b = QdqBuilder(12, 16, 8, scale=1.0, zero_point=0)
        halves = {"weight_scale": np.full(8, 0.5, np.float32), "zero_point": zero_point}
        few = np.random.default_rng(at).integers(-1, 2, (8, 9)).astype(np.int8)
        bias = np.array([0, 1, -1, 3, 2**20 if at % 2 else 7, 2, -5, 9], np.int32)
        x = b.conv(b.input, 8, weights=few[:, :8].reshape(8, 8, 1, 1), bias_values=bias, **halves)
        b.constant(f"{x.name.removesuffix('_d')}_scale", np.float32(1.0))
        taps = few.reshape(8, 1, 3, 3)
        x = b.depthwise(x, weights=taps, strides=(1 + at % 2,) * 2, pads=(1, 1, 1, 1), bias=False, **halves)
        b.constant(f"{x.name.removesuffix('_d')}_scale", np.float32(1.0))
        x = b.conv(x, 8, weights=few[:, 1:].reshape(8, 8, 1, 1), bias=False, **halves)
        b.constant(f"{x.name.removesuffix('_d')}_scale", np.float32(1.0))
        protos.append(b.model(x))
    _check(board, protos, tmp_path)


@pytest.mark.parametrize("pixel", [True, False], ids=["with a pixel", "without"])
def test_branches_a_few_rows_at_a_time(board: BoardCompiler, tmp_path: Path, pixel: bool) -> None:
    """Pointwise branches, those behind a depthwise convolution of any reach, with one scale for all and with tables;
    widths of which one to four rows are taken at a time, and heights that are no multiple of that."""
    protos = []
    for at, (height, width) in enumerate(((5, 4), (7, 6), (5, 7), (20, 20), (3, 9))):
        b = QdqBuilder(height, width, 8 + 4 * at, zero_point=(-128, 3)[at % 2])
        parts = [b.conv(b.input, 5 + at, zero_point=-128)]
        for reach in (1, 4, 12):
            front = b.depthwise(
                b.input, dilations=(reach, reach), pads=(reach,) * 4, lowest=-128 if at % 2 else -127, zero_point=-128
            )
            parts.append(b.conv(front, 4, zero_point=(-128, 7)[at % 2]))
        parts.append(b.conv(b.input, 4 - (sum(part.channels for part in parts)) % 4))
        if pixel:
            pooled = b.conv(b.pool(b.input), 9, zero_point=-128)
            parts.insert(at % 3, b.resize(pooled, (height, width)))
        joined = b.concat(parts, zero_point=-128)
        protos.append(b.model(b.conv(joined, 3 + 2 * at)))
    for proto in protos:
        layers = KERNEL_SETS["mve"].rewrite(lower(IntegerReference(proto).graph)).layers
        assert [layer for layer in layers if isinstance(layer.operation, Branches)], proto.graph.node[-1]
    _check(board, protos, tmp_path)


def test_branches_that_are_read_elsewhere_stay_whole(board: BoardCompiler, tmp_path: Path) -> None:
    """One that two read, one of another image, one whose depthwise convolution has a stride of its own reader."""
    protos = []
    for case in range(3):
        b = QdqBuilder(6, 8, 8)
        one, two = b.conv(b.input, 4), b.conv(b.input, 8)
        if case == 1:
            two = b.conv(b.depthwise(b.conv(b.input, 8), pads=(1, 1, 1, 1)), 8)
        joined = b.concat([one, two])
        last = b.conv(joined, 8)
        if case == 0:
            last = b.add(last, two)
        elif case == 2:
            last = b.conv(b.concat([last, joined]), 3)
        protos.append(b.model(last))
    found = [
        any(isinstance(layer.operation, Branches) for layer in KERNEL_SETS["mve"].rewrite(lower(r.graph)).layers)
        for r in map(IntegerReference, protos)
    ]
    assert found == [False, False, False]
    _check(board, protos, tmp_path)


def test_blocks_write_over_what_they_have_read(board: BoardCompiler, tmp_path: Path) -> None:
    """Outputs larger and smaller than inputs, both strides of both convolutions, all in the least memory."""
    protos = []
    for at in range(16):
        stride, first = 1 + at % 2, 1 + at // 2 % 2
        b = QdqBuilder(26 + 3 * (at % 4), 34, 4 + 8 * (at // 8), zero_point=-4)
        kernel, pads = (3, (1, 1, 1, 1)) if at // 4 % 2 else (1, (0, 0, 0, 0))
        x = b.conv(b.input, 16, kernel, strides=(first, first), pads=pads)
        x = b.depthwise(x, strides=(stride, stride), pads=(1, 1, 1, 1))
        protos.append(b.model(b.conv(x, (4, 12, 40)[at % 3])))
    over = 0
    for proto in protos:
        program = KERNEL_SETS["mve"].rewrite(lower(IntegerReference(proto).graph))
        lead = program.lead(program.layers[0])
        assert lead is not None
        size = program.tensors[program.output].size
        over += lead < size
    assert over >= len(protos) // 2
    references = [IntegerReference(proto) for proto in protos]
    jobs = [job_of(each, tmp_path / str(at), "mve", spread=False) for at, each in enumerate(references)]
    for reference, job, outcome in zip(references, jobs, board.run(jobs), strict=True):
        assert list(differences(reference, job, "mve", outcome.layers)) == []
