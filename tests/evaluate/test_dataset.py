"""Labelled data sets: what is found, how it is resized, and what is said of what cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from n6gen.errors import InputError
from n6gen.evaluate.dataset import check_pairs, find_pairs, nearest, read_mask, stretched
from n6gen.model.picture import fit


def put(file: Path, pixels: np.ndarray) -> Path:
    """Save a picture, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with the pictures b and a of 6 × 4 pixels."""
    for name in "ba":
        put(tmp_path / "images" / f"{name}.png", np.zeros((4, 6, 3), np.uint8))
    return tmp_path / "images"


def mask(images: Path, name: str, value: int = 0, shape: tuple[int, int] = (4, 6)) -> Path:
    """A mask for a picture of `images`."""
    return put(images.parent / "masks" / f"{name}.png", np.full(shape, value, np.uint8))


def test_pairs_come_by_name(images: Path) -> None:
    """Sorted; a limit takes the first; masks that nobody asked for do not matter."""
    for name in "abc":
        mask(images, name)
    pairs = find_pairs(images, images.parent / "masks")
    assert [(p.name, p.mask.name) for p in pairs] == [("a", "a.png"), ("b", "b.png")]
    assert [p.name for p in find_pairs(images, images.parent / "masks", 1)] == ["a"]
    seen: list[int] = []
    check_pairs(pairs, 2, None, seen.append)
    assert seen == [1, 2]


def test_a_missing_mask_is_named(images: Path) -> None:
    """By its picture, with how many others lack one."""
    (images.parent / "masks").mkdir()
    with pytest.raises(InputError, match=r"no mask for .*a\.png in .*masks, nor for 1 others"):
        find_pairs(images, images.parent / "masks")


def test_missing_and_empty_folders(images: Path, tmp_path: Path) -> None:
    """Each is named, with the option that gave it."""
    with pytest.raises(InputError, match=r"no folder .*nowhere") as caught:
        find_pairs(tmp_path / "nowhere", images)
    assert "--images" in caught.value.things_to_try[0]
    with pytest.raises(InputError, match=r"no folder .*nowhere") as caught:
        find_pairs(images, tmp_path / "nowhere")
    assert "--masks" in caught.value.things_to_try[0]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no picture in .*empty"):
        find_pairs(tmp_path / "empty", images)


def test_a_mask_of_another_size_is_refused(images: Path) -> None:
    """With both sizes, width first."""
    mask(images, "a"), mask(images, "b", shape=(6, 4))
    with pytest.raises(InputError, match=r"b\.png has 4×6 pixels, its picture 6×4"):
        check_pairs(find_pairs(images, images.parent / "masks"), 2, None)


def test_an_index_that_is_no_class_is_refused_unless_it_is_named(images: Path) -> None:
    """Void pixels of other data sets have to be named."""
    mask(images, "a"), mask(images, "b", 255)
    pairs = find_pairs(images, images.parent / "masks")
    with pytest.raises(InputError, match=r"b\.png holds class 255, the network has the classes 0 to 20") as caught:
        check_pairs(pairs, 21, None)
    assert "--void 255" in caught.value.things_to_try[0]
    check_pairs(pairs, 21, 255)


def test_masks_of_all_modes(tmp_path: Path) -> None:
    """Grey, palette and one-bit pixels are indices; colours and text are refused."""
    indices = np.array([[0, 1], [1, 0]], np.uint8)
    put(tmp_path / "grey.png", indices)
    palette = Image.fromarray(indices).convert("P")
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.save(tmp_path / "palette.png")
    put(tmp_path / "bits.png", indices.astype(bool))
    for name in ("grey", "palette", "bits"):
        assert read_mask(tmp_path / f"{name}.png").tolist() == indices.tolist(), name
    with pytest.raises(InputError, match="in colours"):
        read_mask(put(tmp_path / "rgb.png", np.zeros((2, 2, 3), np.uint8)))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InputError, match="not a mask that can be read"):
        read_mask(tmp_path / "text.png")


@pytest.mark.parametrize(("old", "new"), [((40, 60), (20, 30)), ((7, 7), (32, 32)), ((33, 11), (99, 33))])
def test_pictures_are_stretched_bilinearly(tmp_path: Path, old: tuple[int, int], new: tuple[int, int]) -> None:
    """Of one shape, it is the camera's own resize to within rounding; of another, nothing is cut off."""
    pixels = np.random.default_rng(1).integers(0, 256, (*old, 3), np.uint8)
    file = put(tmp_path / "p.png", pixels)
    assert np.abs(stretched(file, *new).astype(int) - fit(pixels, new)).max() <= 1
    assert np.array_equal(stretched(file, *old), pixels)
    left_half = np.zeros((10, 40, 3), np.uint8)
    left_half[:, :20] = 200
    square = stretched(put(tmp_path / "h.png", left_half), 10, 10)
    assert square[:, :5].min() == 200
    assert square[:, 5:].max() == 0


def test_masks_are_resized_to_the_nearest() -> None:
    """No index is made up, and whole factors repeat or pick pixels."""
    small = np.array([[0, 7], [9, 20]], np.uint8)
    assert np.array_equal(nearest(small, 6, 4), small.repeat(3, axis=0).repeat(2, axis=1))
    large = np.random.default_rng(2).integers(0, 21, (30, 9), np.uint8)
    assert np.array_equal(nearest(large, 10, 3), large[1::3, 1::3])
