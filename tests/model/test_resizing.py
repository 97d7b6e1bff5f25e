"""What a nearest Resize copies where float32 misses the middle of two pixels by a little, against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest

from n6gen.model import ir
from n6gen.model.reference import IntegerReference
from tests.support.qdq import QdqBuilder

#: Columns, the size or the factor that is asked for, and an output column whose place ends in almost a half.
_BESIDE = [
    ("asymmetric", 7, 4, 2, 3.5),
    ("asymmetric", 13, np.float32(0.1818182), 1, 5.5),
    ("half_pixel", 20, 6, 4, 14.5),
    ("half_pixel", 14, np.float32(1.8749998), 7, 3.5),
    ("pytorch_half_pixel", 14, 69, 34, 6.5),
    ("align_corners", 11, 21, 1, 0.5),
]


@pytest.mark.parametrize("rounding", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize(("transformation", "length", "asked", "column", "place"), _BESIDE)
def test_places_beside_the_middle(
    transformation: str, length: int, asked: int | np.float32, column: int, place: float, rounding: str
) -> None:
    """The preference counts there too, not what is left of float32; every column is onnxruntime's."""
    b = QdqBuilder(1, length, 1)
    given: list[np.ndarray | None]
    if isinstance(asked, int):
        target, given = asked, [None, None, np.array([1, 1, 1, asked], np.int64)]
    else:
        target, given = int(np.float32(length) * asked), [None, np.array([1, 1, 1, asked], np.float32)]
    out = b.operator(
        "Resize",
        [b.input],
        (1, target, 1),
        scale=b.input.scale,
        zero_point=b.input.zero_point,
        constants=given,
        mode="nearest",
        coordinate_transformation_mode=transformation,
        nearest_mode=rounding,
    )
    reference = IntegerReference(b.model(out))
    (node,) = reference.graph.nodes
    assert isinstance(node, ir.Pick)
    image = np.arange(length, dtype=np.int8).reshape(1, length, 1)
    assert list(node.columns) == reference.logits(image).reshape(-1).tolist()
    if rounding.startswith("round"):
        assert node.columns[column] == (np.ceil(place - 0.5) if rounding.endswith("floor") else np.floor(place + 0.5))
