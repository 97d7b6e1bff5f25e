"""The decodes as a board with Helium has them, in QEMU, against the portable ones on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from tests.decode.decoder import Case, Decoder, on_arm, on_host

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_FACTORS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 17, 24, 32, 33)
_SCALES = (0.19202861, 1.0, 0.0235294, 3e-5, 7.7, 2.0**-60, 2.0**60)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return on_host(tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return on_arm(tmp_path_factory.mktemp("arm"))


def _logits(
    random: np.random.Generator, kind: int, shape: tuple[int, ...], low: int, high: int
) -> npt.NDArray[np.int_]:
    """Noise, few values, both ends of the range, all close to each other, halfway between steps, smooth."""
    match kind:
        case 0:
            return random.integers(low, high + 1, shape)
        case 1:
            return random.integers(1, 4, shape)
        case 2:
            return random.choice([low, low + 1, low + 2, high - 1, high], shape)
        case 3:
            base = (
                random.integers(low, high + 1, (1, 1, shape[2]))
                if random.random() < 0.5
                else random.integers(low, high)
            )
            return np.clip(base + random.integers(-3, 4, shape), low, high)
        case 4:
            step = int(random.choice([2, 4, 8, 16, 24]))
            return np.clip(random.integers(-3, 4, shape) * step + random.integers(low, high), low, high)
        case _:
            steps = random.integers(-25, 26, shape).cumsum(0).cumsum(1) // 2
            return np.clip(steps + (low + high + 1) // 2, low, high)


def _case(random: np.random.Generator, decode: str, shape: tuple[int, int, int], factor: tuple[int, int]) -> Case:
    dtype = np.dtype(random.choice(["int8", "uint8"]))
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return Case(
        decode,
        _logits(random, int(random.integers(6)), shape, low, high).astype(dtype),
        factor,
        scale=float(np.float32(random.choice(_SCALES))),
        zero_point=int(random.choice([low, high, random.integers(low, high + 1)])),
        order=int(random.integers(2)),
    )


def _heads(count: int, seed: int = 0) -> Iterator[Case]:
    """Heads of 1x1 to 8x8 with each number of classes in turn, both interpolating decodes."""
    random = np.random.default_rng([count, seed])
    for index in range(count):
        height, width = (int(side) for side in random.integers(1, 9, 2))
        factor = (int(random.choice(_FACTORS)), int(random.choice(_FACTORS)))
        yield _case(random, ("fine", "rounded")[index % 2], (height, width, 2 + index // 2 % 31), factor)


def _extremes() -> Iterator[Case]:
    """What sizes and factors allow: the longest rows and columns, cells of many vectors, the largest units."""
    random = np.random.default_rng(0)
    for decode in ("fine", "rounded"):
        for width, classes in ((2048, 2), (1365, 3), (819, 5), (455, 9), (240, 17), (128, 32)):
            yield _case(random, decode, (2, width, classes), (2, int(random.choice([1, 3, 4]))))
        yield _case(random, decode, (4096, 1, 2), (1, 5))
        yield _case(random, decode, (600, 1, 3), (3, 1))
        yield _case(random, decode, (2, 3, 4), (65, 129))
        yield _case(random, decode, (2, 2, 3), (256, 256))
        yield _case(random, decode, (2, 2, 3), (256, 257))
        yield _case(random, decode, (1, 2, 32), (7, 2000))
        yield _case(random, decode, (1, 1, 2), (65535, 1))
        yield _case(random, decode, (1, 1, 5), (1, 65535))
    for classes in (2, 3):
        ends = np.tile(np.array([0, 255, 0], np.uint8)[:classes], (2, 2, 1))
        ends[0, 1], ends[1, 0] = 255 - ends[0, 1], 255 - ends[1, 0]
        yield Case("fine", ends, (1024, 1024))


def _picks(count: int) -> Iterator[Case]:
    """No upsampling: each number of classes in turn, types and orders; fewer pixels than a vector has, and more."""
    random = np.random.default_rng(count)
    for index in range(count):
        height, width = (int(side) for side in random.integers(1, 9, 2))
        case = _case(random, "argmax", (height, width, 2 + index % 31), (1, 1))
        order = (index // 31) % 2
        yield attrs.evolve(case, logits=case.logits.astype(("int8", "uint8")[(index // 62) % 2]), order=order)


def _compare(cases: list[Case], host: Decoder, arm: Decoder) -> None:
    for case, wanted, found in zip(cases, host.answers(cases), arm.answers(cases), strict=True):
        assert (wanted.result, found.result) == (0, 0)
        what = (case.decode, case.logits.shape, case.logits.dtype, case.factor, case.scale, case.zero_point, case.order)
        assert np.array_equal(wanted.mask, found.mask), what


def test_thousands_of_heads(host: Decoder, arm: Decoder) -> None:
    """Not a pixel differs, not a byte is read behind the logits or written around the mask. HEADS makes it long."""
    for seed in range(int(os.environ.get("HEADS", "3100")) // 3100):
        _compare(list(_heads(3100, seed)), host, arm)


def test_picking_the_largest(host: Decoder, arm: Decoder) -> None:
    """Not a pixel differs; where classes are equal it is the lowest one."""
    _compare(list(_picks(1240)), host, arm)
    floats = np.random.default_rng(0).choice(np.array([-1.5, 0.25, 3, np.nan], np.float32), (5, 7, 3))
    _compare([Case("argmax", floats, order=order) for order in (0, 1)], host, arm)


def test_extreme_heads(host: Decoder, arm: Decoder) -> None:
    """Not a pixel differs either."""
    _compare(list(_extremes()), host, arm)


def test_the_portable_decodes_are_the_same_on_arm(host: Decoder, tmp_path: Path) -> None:
    """For boards without Helium."""
    _compare(list(_heads(310)), host, on_arm(tmp_path, mve=False))


def test_both_refuse_the_same(host: Decoder, arm: Decoder) -> None:
    """With the same codes; the mask is left alone."""
    logits = np.zeros((2, 3, 2), np.int8)
    cases = [
        Case("fine", logits, mask=(5, 6)),
        Case("fine", np.zeros((2, 2, 1), np.int8)),
        Case("rounded", np.zeros((2, 2, 33), np.int8)),
        Case("fine", logits.astype(np.float32)),
        Case("fine", np.zeros((1, 2049, 2), np.int8)),
        Case("fine", np.zeros((1, 1, 2), np.int8), (1025, 1024)),
        Case("fine", np.zeros((4097, 1, 2), np.int8)),
        Case("rounded", logits, scale=2.0**-61),
        Case("rounded", logits, scale=2.0**61),
    ]
    answers = arm.answers(cases)
    assert (
        [a.result for a in answers] == [a.result for a in host.answers(cases)] == [-1, -2, -2, -3, -4, -4, -4, -5, -5]
    )
    assert all((a.mask == 0xEE).all() for a in answers)


def test_reading_behind_the_logits_is_noticed(arm: Decoder) -> None:
    """The proof that the other tests would notice: logits that are one column short."""

    class Short(Case):
        def bytes(self) -> bytes:
            whole = super().bytes()
            size = self.logits.size - 2
            return whole[:40] + size.to_bytes(4, "little") + whole[44 : 44 + size]

    with pytest.raises(AssertionError, match="exit 70"):
        arm.answers([Short("fine", np.zeros((4, 4, 2), np.int8), (4, 4))])


def _checkers(classes: int) -> npt.NDArray[np.int8]:
    """Neighbours never agree: no cell is filled, and in each the most classes are left."""
    logits = np.zeros((20, 20, classes), np.int8)
    rows, columns = np.indices((20, 20))
    logits[rows, columns, (rows + columns) % 2] = 100
    return logits


def _crowded() -> npt.NDArray[np.int8]:
    """No class beats another one at all four corners of any cell: 21 are left in each."""
    rows, columns = np.indices((20, 20))
    logits = np.random.default_rng(3).integers(-99, 99, (20, 20, 21)).astype(np.int8)
    for label in range(4):
        logits[..., label] = np.where(rows % 2 * 2 + columns % 2 == label, 100, -100)
    return logits


def _costs(tmp_path: Path, decode: str, heads: list[tuple[npt.NDArray[np.int8], int]]) -> None:
    """From 20x20 to 320x320, in either order: what each head costs, and at most that."""
    cases = [Case(decode, logits, (16, 16), scale=0.192, order=order) for logits, _ in heads for order in (0, 1)]
    limits = [limit for _, limit in heads for _ in (0, 1)]
    counts = [answer.instructions for answer in on_arm(tmp_path, counting=True).answers(cases)]
    assert all(count > 0 for count in counts)
    found = list(zip(counts, limits, strict=True))
    assert not [(number // 2, count) for number, (count, limit) in enumerate(found) if count > limit]


def test_instructions(tmp_path: Path) -> None:
    """Whatever the head shows: 0.3 M for two classes, 3 M for 21. Usual masks cost far less."""
    random = np.random.default_rng(1)
    flat = np.zeros((20, 20, 2), np.int8)
    flat[..., 0] = 1
    blob = flat.copy()
    blob[5:15, 5:15, 1] = 60
    heads = [
        (flat, 45_000),
        (blob, 110_000),
        (_checkers(2), 300_000),
        (random.integers(-128, 128, (20, 20, 2)).astype(np.int8), 300_000),
        (_checkers(21), 3_000_000),
        (random.integers(-128, 128, (20, 20, 21)).astype(np.int8), 3_000_000),
        (_crowded(), 3_000_000),
    ]
    _costs(tmp_path, "fine", heads)


def test_instructions_of_rounding(tmp_path: Path) -> None:
    """0.3 M for two classes, 3 M for 21: a usual mask, noise, classes that cross in each cell, or lie a step apart."""
    random = np.random.default_rng(1)
    rows, columns = np.indices((20, 20))
    usual = np.zeros((20, 20, 2), np.int8)
    usual[..., 0] = np.clip(((rows - 10) ** 2 + (columns - 9) ** 2) * 3 - 60, -90, 90)
    usual[..., 1] = -usual[..., 0]
    ahead = [np.zeros((20, 20, 2), np.int8) for _ in range(2)]
    for label in range(2):
        ahead[label][..., label] = 1
    heads = [
        (usual, 180_000),
        (ahead[0], 45_000),
        (ahead[1], 300_000),
        (_checkers(2), 300_000),
        (random.integers(-128, 128, (20, 20, 2)).astype(np.int8), 300_000),
        *((random.integers(0, most, (20, 20, 2)).astype(np.int8), 300_000) for most in (2, 9)),
        (_checkers(21), 3_000_000),
        (random.integers(-128, 128, (20, 20, 21)).astype(np.int8), 3_000_000),
        (random.integers(-2, 3, (20, 20, 21)).astype(np.int8), 3_000_000),
        (_crowded(), 3_000_000),
    ]
    _costs(tmp_path, "rounded", heads)


def test_instructions_of_rounding_halves(tmp_path: Path) -> None:
    """More where values lie halfway between steps and float32 must be asked: slightly for noise within two steps, far
    more where neighbours differ by 16 steps, so that all between them do."""
    random = np.random.default_rng(1)
    heads = [
        (random.integers(0, 5, (20, 20, 2)).astype(np.int8), 315_000),
        ((random.integers(0, 2, (20, 20, 2)) * 16).astype(np.int8), 1_900_000),
        ((random.integers(0, 2, (20, 20, 21)) * 16).astype(np.int8), 7_600_000),
    ]
    _costs(tmp_path, "rounded", heads)


@pytest.mark.parametrize("decode", ["fine", "rounded"])
def test_costs_do_not_depend_on_the_frame_before(tmp_path: Path, decode: str) -> None:
    """Within a tick of the clock: a session takes a frame whose repeat costs more or less for a broken board."""
    random = np.random.default_rng(1)
    heads = [
        _checkers(classes) if crossing else random.integers(-128, 128, (20, 20, classes)).astype(np.int8)
        for classes in (2, 3, 21)
        for crossing in (False, True)
    ]
    cases = [Case(decode, logits, (4, 4)) for logits in heads]
    order = [*range(6), *range(5, -1, -1), *range(6)]
    answers = on_arm(tmp_path, counting=True).answers([cases[index] for index in order])
    counts = [[a.instructions for i, a in zip(order, answers, strict=True) if i == index] for index in range(6)]
    assert max(max(each) - min(each) for each in counts) <= 31.25


def test_instructions_of_picking(tmp_path: Path) -> None:
    """320x320 pixels of 2, 17 and 21 classes, either order: a ninth of what the portable code takes, or less."""
    random = np.random.default_rng(1)
    limits = {
        (2, 0): 100_000,
        (2, 1): 225_000,
        (17, 0): 1_050_000,
        (17, 1): 1_050_000,
        (21, 0): 2_550_000,
        (21, 1): 1_250_000,
    }
    cases = [
        Case("argmax", random.integers(-128, 128, (320, 320, classes)).astype(np.int8), order=order)
        for classes, order in limits
    ]
    program = on_arm(tmp_path, counting=True)
    counts = [program.answers([case])[0].instructions for case in cases]
    assert all(0 < count <= limit for count, limit in zip(counts, limits.values(), strict=True)), list(map(int, counts))
