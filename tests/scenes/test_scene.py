"""What `render` and `sequence` promise."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import n6gen.scenes
from n6gen.scenes import render, sequence


@pytest.mark.parametrize("split", ["train", "wide", "broad", "heldout", "stress"])
@pytest.mark.parametrize("size", [64, 96])
def test_shapes_types_and_values(split, size: int) -> None:
    """The image is RGB bytes and the mask is 0 or 1, both square."""
    scene = render(3, size, split)
    assert (scene.image.shape, scene.image.dtype) == ((size, size, 3), np.uint8)
    assert (scene.mask.shape, scene.mask.dtype) == ((size, size), np.uint8)
    assert set(np.unique(scene.mask)) <= {0, 1}


def test_a_seed_gives_one_scene() -> None:
    """Same arguments, same bytes; another seed or split, another picture."""
    one, again = render(5, 64), render(5, 64)
    assert np.array_equal(one.image, again.image)
    assert np.array_equal(one.mask, again.mask)
    assert not np.array_equal(one.image, render(6, 64).image)
    assert not np.array_equal(one.image, render(5, 64, "heldout").image)


def test_a_seed_shows_the_same_scene_at_every_size() -> None:
    """The mask at half the size is the mask, up to its border."""
    for seed in range(6):
        large, small = render(seed, 128, "heldout").mask, render(seed, 64, "heldout").mask
        assert np.mean(large[::2, ::2] != small) < 0.04


def test_empty_scenes_hold_nobody() -> None:
    """`empty` and `figures=0` both mean no person pixel."""
    for seed in range(8):
        assert not render(seed, 64, "heldout", empty=True).mask.any()
    assert not render(1, 64, figures=0).mask.any()


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_people_fill_a_sensible_part_of_the_frame(split) -> None:
    """Most scenes show somebody, and on average a tenth to a half of the frame."""
    shares = [float(render(seed, 64, split).mask.mean()) for seed in range(60)]
    assert sum(share > 0.01 for share in shares) >= 57
    assert 0.1 < np.mean(shares) < 0.5


def test_things_can_hide_a_part_of_a_figure() -> None:
    """Front props cut into some masks: with the same seed the figure alone would cover more."""
    from n6gen.scenes.canvas import Canvas, Lamp, Material
    from n6gen.scenes.shapes import Box

    canvas = Canvas(64, Lamp(0, 0, 1, 0.5, 0.5))
    canvas.paint(Box((0.5, 0.5), 0.3, 0.3), Material((1, 0, 0)), person=True)
    before = int((canvas.person > 0.5).sum())
    canvas.paint(Box((0.5, 0.5), 0.1, 0.1), Material((0, 0, 1)))
    hidden = before - int((canvas.person > 0.5).sum())
    assert abs(hidden - (0.2 * 64) ** 2) < 30


def test_a_sequence_walks_through_one_scene() -> None:
    """The person's centre of mass crosses the frame one way, and the frames repeat for the same seed."""
    frames = list(sequence(2, 6, 96))
    centres = [float(np.nonzero(frame.mask)[1].mean()) for frame in frames]
    steps = np.diff(centres)
    assert (steps > 0).all() or (steps < 0).all()
    assert abs(centres[-1] - centres[0]) > 0.4 * 96
    assert np.array_equal(frames[3].image, list(sequence(2, 6, 96))[3].image)


@pytest.mark.parametrize("arguments", [(-1, 64), (1, 16), (1, 4096)])
def test_bad_arguments_are_refused(arguments: tuple[int, int]) -> None:
    """A negative seed or an absurd size is a ValueError."""
    with pytest.raises(ValueError, match=r"seed|size"):
        render(*arguments)
    with pytest.raises(ValueError, match=r"seed|size"):
        next(sequence(arguments[0], 2, arguments[1]))


def test_the_generator_needs_only_numpy_and_pillow() -> None:
    """No file of it imports any other third-party package."""
    allowed = {"__future__", "collections", "dataclasses", "math", "typing", "numpy", "PIL", "n6gen"}
    for file in Path(n6gen.scenes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed, file.name
