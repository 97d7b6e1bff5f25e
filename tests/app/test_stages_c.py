"""Input, present, palette and the memory functions: C against their definitions in numpy."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import CoreServer

_SIDE = 480
_HWC, _CHW = 0, 1


def _scaled(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Nearest neighbour with half-pixel centres, in exact integers: floor((i + 1/2) * size / side)."""
    rows, columns = ((2 * np.arange(_SIDE) + 1) * size // (2 * _SIDE) for size in mask.shape)
    scaled: npt.NDArray[np.uint8] = mask[np.ix_(rows, columns)]
    return scaled


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 480), (480, 1), (480, 480), (320, 320), (256, 256), (416, 416), (20, 20)]
)
def test_present_scales_to_the_window(core: CoreServer, shape: tuple[int, int]) -> None:
    """The usual sizes and the extremes."""
    mask = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    layer = core.call("R", struct.pack("<II", *shape) + mask.tobytes())
    assert (np.frombuffer(layer, np.uint8).reshape(_SIDE, _SIDE) == _scaled(mask)).all()


@settings(max_examples=30)
@given(height=st.integers(1, 900), width=st.integers(1, 900), seed=st.integers(0, 99))
def test_present_scales_any_mask(core: CoreServer, height: int, width: int, seed: int) -> None:
    """Any size, also one larger than the window."""
    mask = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    layer = core.call("R", struct.pack("<II", height, width) + mask.tobytes())
    assert (np.frombuffer(layer, np.uint8).reshape(_SIDE, _SIDE) == _scaled(mask)).all()


def test_present_keeps_the_middle(core: CoreServer) -> None:
    """A mask that is symmetric stays so: there is no shift by half a pixel."""
    mask = np.arange(32, dtype=np.uint8)
    mask = np.minimum(mask, mask[::-1])[None, :].repeat(32, 0)
    layer = np.frombuffer(core.call("R", struct.pack("<II", 32, 32) + mask.tobytes()), np.uint8).reshape(_SIDE, _SIDE)
    assert (layer == layer[:, ::-1]).all()


@settings(max_examples=40)
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    chw=st.booleans(),
    order=st.permutations([0, 1, 2]),
    seed=st.integers(0, 99),
)
def test_input_maps_each_byte(
    core: CoreServer, height: int, width: int, chw: bool, order: list[int], seed: int
) -> None:
    """tensor[y, x, c] = table[c][frame[y, x, order[c]]], in both memory orders."""
    random = np.random.default_rng(seed)
    tables = random.integers(0, 256, (3, 256), np.uint8)
    frame = random.integers(0, 256, (height, width, 3), np.uint8)
    request = struct.pack("<III", height, width, _CHW if chw else _HWC) + bytes(order)
    tensor = core.call("I", request + tables.tobytes() + frame.tobytes())
    expected = np.stack([tables[c][frame[:, :, order[c]]] for c in range(3)], axis=0 if chw else 2)
    assert tensor == expected.tobytes()


def test_palette(core: CoreServer) -> None:
    """Class 0 is transparent; 32 classes have distinct colours that let the picture shine through."""
    colours = struct.unpack("<256I", core.call("L"))
    assert colours[0] == 0
    assert len(set(colours[1:33])) == 32
    assert {colour >> 24 for colour in colours[1:]} == {0x99}
    assert colours[33:65] == colours[1:33]


@given(data=st.binary(min_size=1, max_size=200), ends=st.tuples(*[st.integers(0, 200)] * 3))
def test_memory_functions(core: CoreServer, data: bytes, ends: tuple[int, int, int]) -> None:
    """They do what the C library's do; memmove also where source and target overlap."""
    size = len(data)
    source, target = ends[0] % size, ends[1] % size
    count = ends[2] % (size - max(source, target) + 1)
    moved = bytearray(data)
    moved[target : target + count] = data[source : source + count]
    where = struct.pack("<III", source, target, count)
    assert core.call("M", b"m" + where + data) == bytes(moved)
    if abs(source - target) >= count:
        assert core.call("M", b"c" + where + data) == bytes(moved)
    filled = bytearray(data)
    filled[target : target + count] = bytes([source]) * count
    assert core.call("M", b"s" + where + data) == bytes(filled)
    left, right = data[target : target + count], data[source : source + count]
    sign = 1 if left > right else 2 if left < right else 0
    assert core.call("M", b"=" + where + data)[0] == sign
