"""Defects put into a board on purpose: each is found on the virtual board, and the right layer or stage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.journey import SIDE
from tests.support.qdq import QdqBuilder
from tests.verify.bench import Bench

pytestmark = [pytest.mark.arm, pytest.mark.qemu]


def test_without_a_defect_every_tensor_is_exact(helium: Bench) -> None:
    """All layers of all frames, in a single walk a frame."""
    helium.build()
    helium.flash()
    found = helium.verify(every_tensor=True, frames=2)
    said = found.as_json()
    assert found.verdict.exact
    layers = helium.network.layers
    assert said["compared"]["tensors"] == 2 * (len(layers) + 2)
    per_frame = SIDE * SIDE * 3 + sum(layer.height * layer.width * layer.channels for layer in layers)
    output = helium.network.output
    assert said["compared"]["elements"] == 2 * (per_frame + output.height * output.width * output.channels)
    assert said["verdict"] == {"exact": True, "wrong": None, "frame": None}


_FLOOR = """#include "blocked.h"

#include <math.h>

static inline int8_t floored(int32_t sum, float multiplier, struct quantiser quantiser) {
    return quantise(floorf((float)sum * multiplier), quantiser);
}
#define requantise floored
"""


def test_a_wrong_rounding_names_the_first_depthwise_layer(plain: Bench) -> None:
    """Down instead of to the nearest: off by one in every channel, in the first layer of its kind."""
    plain.build({"kernels/c/depthwise.c": [('#include "blocked.h"\n', _FLOOR)]})
    plain.flash()
    found = plain.verify()
    first = next(layer for layer in plain.network.layers if layer.kind == "depthwise")
    layer = found.verdict.frames[0].layer
    assert layer is not None
    assert (layer.layer, layer.layer.tensor) == (first, f"{first.name}:0_q")
    assert layer.difference.largest == 1
    assert layer.difference.channels == first.channels
    assert all(element.found == element.expected - 1 for element in layer.difference.elements)
    assert found.verdict.frames[0].wrong == ["network"]
    assert not found.verdict.exact


def test_a_wrong_zero_point_names_the_addition(helium: Bench) -> None:
    """One step too high, in most elements: not in those at the end of the range."""
    shifted = "layer->constant + (1 << (16 + layer->shift))"
    helium.build({"kernels/mve/add.c": [("layer->constant,", f"{shifted},")]})
    helium.flash()
    found = helium.verify()
    (add,) = (layer for layer in helium.network.layers if layer.kind == "add")
    layer = found.verdict.frames[0].layer
    assert layer is not None
    assert layer.layer == add
    assert layer.origins[0] == add.index
    assert layer.difference.count > 0.8 * add.height * add.width * add.channels
    assert {element.found - element.expected for element in layer.difference.elements} == {1}


@pytest.mark.parametrize(
    ("index", "member"),
    [(0, ""), (1, "first."), (1, "depthwise."), (1, "last."), (2, ""), (4, ""), (6, ""), (10, "conv."), (10, "")],
)
def test_a_flipped_weight_names_its_layer(helium: Bench, index: int, member: str) -> None:
    """A bit of one weight, with size, CRC and id of the partition right: one layer is to blame, for one channel."""
    helium.build()
    helium.flip(helium.weights_of(index, member))
    found = helium.verify()
    layer = found.verdict.frames[0].layer
    assert layer is not None
    assert (layer.layer.index, list(layer.origins)) == (index, [index])
    assert found.verdict.frames[0].wrong == ["network"]
    if member not in ("first.", "depthwise."):
        assert layer.difference.channels == 1


_WRONG_DECODE = [
    (
        "return decode_interpolate(head, logits, mask, NULL);",
        (
            "const int result = decode_interpolate(head, logits, mask, NULL);\n"
            "    mask[7] ^= 1, mask[100] ^= 1, mask[101] ^= 1;\n"
            "    return result;"
        ),
    )
]


def test_a_wrong_decode_is_named_as_decode(helium: Bench) -> None:
    """Input and network are right; three pixels of the mask are not."""
    helium.build({"decode/fine.c": _WRONG_DECODE})
    helium.flash()
    frame = helium.verify(every_tensor=True).verdict.frames[0]
    assert (frame.wrong, frame.decode_wrong) == (["decode"], 3)
    assert (frame.layer, frame.output, frame.input) == (None, None, None)
    assert np.flatnonzero(frame.device != frame.expected).tolist() == [7, 100, 101]


def test_a_wrong_input_and_a_wrong_decode_are_both_named(helium: Bench) -> None:
    """Red and blue change places; the network is right for what it gets, and is not named."""
    as_it_is = "map_bytes(map->table[0], frame, to, 3 * pixels);"
    swapped = f"{as_it_is}\n        map_pixels(map, frame, (struct target){{{{to + 2, to + 1, to}}, 3}}, pixels);"
    helium.build(
        {
            "app/core/mve/input.c": [(as_it_is, swapped)],
            "decode/fine.c": _WRONG_DECODE,
        }
    )
    helium.flash()
    frame = helium.verify(every_tensor=True).verdict.frames[0]
    assert frame.wrong == ["input", "decode"]
    assert frame.input is not None
    assert (frame.layer, frame.output) == (None, None)
    assert frame.input.elements[0].at == (0, 0, 0)


def test_a_difference_that_later_layers_hide(tmp_path: Path) -> None:
    """The second layer does not look at the channel that is wrong: output and mask are right all the same.

    Only --every-tensor sees it, and names the layer.
    """
    b = QdqBuilder(SIDE, SIDE)
    x = b.conv(b.input, 8, 3, strides=(2, 2), pads=(0, 0, 1, 1))
    blind = b.rng.integers(-127, 128, (4, 8, 1, 1)).astype(np.int8)
    blind[:, 0] = 0
    y = b.conv(b.conv(x, 4, weights=blind), 2)
    bench = Bench(tmp_path / "hidden", b.model(b.resize(y, (2, 2))), "ref")
    bench.build()
    bench.flip(bench.weights_of(0))
    assert bench.verify().verdict.exact
    frame = bench.verify(every_tensor=True).verdict.frames[0]
    assert frame.layer is not None
    assert (frame.layer.layer.index, frame.layer.differing, frame.layer.difference.channels) == (0, [0], 1)
    assert (frame.output, frame.decode_wrong) == (None, 0)
    assert (frame.device == frame.expected).all()
    assert not frame.exact
