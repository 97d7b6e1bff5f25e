"""The committed demo model is what its card says it is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from training.evaluate import MODEL, Segmenter, ratio, score, table
from training.quantise import KEPT_OPERATORS


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    """The committed file."""
    return onnx.load(MODEL)


def test_the_folder_is_small() -> None:
    """All of models/demo stays below 1.2 MB."""
    assert sum(file.stat().st_size for file in MODEL.parent.iterdir()) <= 1_200_000


def test_the_card_names_this_very_file() -> None:
    """Name and sha256 in CARD.md are those of the file."""
    card = (MODEL.parent / "CARD.md").read_text()
    assert MODEL.name in card
    assert re.findall(r"\b[0-9a-f]{64}\b", card) == [hashlib.sha256(MODEL.read_bytes()).hexdigest()]


def test_the_interface_is_the_declared_one(model: onnx.ModelProto) -> None:
    """Float input [1, 3, 320, 320] and logits [1, 2, 320, 320]; opset 17, IR version 8; plain operators only."""
    (x,), (y,) = model.graph.input, model.graph.output
    shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (x, y)]
    assert shapes == [[1, 3, 320, 320], [1, 2, 320, 320]]
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    assert {node.op_type for node in model.graph.node} == KEPT_OPERATORS


@pytest.mark.parametrize("size", [256, 320, 416])
def test_it_finds_people_who_were_not_in_training(model: onnx.ModelProto, size: int) -> None:
    """A small sample of the held-out scenes; the card has the figures of the large one."""
    result = score(Segmenter(model, size), size, "heldout", scenes=12, empty=6)
    assert result.person > 0.8
    assert result.empty < 0.01


def test_the_grid_shows_frames_and_masks(model: onnx.ModelProto, tmp_path: Path) -> None:
    """Three rows of four pairs."""
    from PIL import Image

    from training.grid import write_grid

    write_grid(tmp_path / "grid.png", Segmenter(model, 64), 64)
    with Image.open(tmp_path / "grid.png") as page:
        assert page.size == (4 * (128 + 6) - 6, 3 * (64 + 6) - 6)


class _Oracle:
    """Claims a fixed mask."""

    def __init__(self, value: bool) -> None:
        self.value = value

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return np.full(image.shape[:2], self.value)


def test_a_network_that_sees_people_everywhere_scores_badly() -> None:
    """All person: the IoU is their share of the frame, and every empty scene is full of them."""
    result = score(_Oracle(True), 64, "heldout", scenes=4, empty=2)  # type: ignore[arg-type]
    assert result.person < 0.7
    assert (result.empty, result.worst) == (1.0, 1.0)


def test_a_network_that_sees_nobody_scores_nothing() -> None:
    """All background: no person found, and empty scenes stay empty."""
    result = score(_Oracle(False), 64, "heldout", scenes=4, empty=2)  # type: ignore[arg-type]
    assert (result.person, result.empty) == (0.0, 0.0)


def test_the_share_of_nothing_in_nothing_is_whole() -> None:
    """No person there and none claimed is perfect, not an error."""
    assert (ratio(0, 0), ratio(1, 2)) == (1.0, 0.5)


def test_the_table_has_a_row_for_each_size_and_model(model: onnx.ModelProto) -> None:
    """Two header lines, then the rows."""
    assert len(table([("int8", model)], (64, 96), "heldout", scenes=1, empty=1).splitlines()) == 4
