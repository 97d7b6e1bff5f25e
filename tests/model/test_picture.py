"""Pictures as the camera would have given them."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from n6gen.errors import InputError
from n6gen.model.input import fit, read_image


def _noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _exact(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Half-pixel bilinear interpolation by its definition, in fractions, rounded half up."""
    result = np.zeros((height, width, 3), np.uint8)

    def around(index: int, old: int, new: int) -> tuple[int, int, Fraction]:
        at = Fraction(2 * index + 1, 2) * old / new - Fraction(1, 2)
        low = at.__floor__()
        return max(0, min(low, old - 1)), max(0, min(low + 1, old - 1)), at - low

    for y in range(height):
        top, bottom, down = around(y, image.shape[0], height)
        for x in range(width):
            left, right, across = around(x, image.shape[1], width)
            for c in range(3):
                a, b = int(image[top, left, c]), int(image[top, right, c])
                e, f = int(image[bottom, left, c]), int(image[bottom, right, c])
                value = (a * (1 - across) + b * across) * (1 - down) + (e * (1 - across) + f * across) * down
                result[y, x, c] = (value + Fraction(1, 2)).__floor__()
    return result


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_fit_is_exact(side: int, new: int, seed: int) -> None:
    """Every pixel is the exact interpolation, rounded half up."""
    image = _noise(side, side, seed)
    assert np.array_equal(fit(image, new), _exact(image, new, new) if new != side else image)


def test_fit_cuts_the_middle() -> None:
    """A wide picture loses its sides, a tall one its top and bottom."""
    wide = _noise(4, 10)
    assert np.array_equal(fit(wide, 2), fit(wide[:, 3:7], 2))
    tall = _noise(11, 4)
    assert np.array_equal(fit(tall, 2), fit(tall[3:7], 2))


def test_fit_takes_another_shape() -> None:
    """The cut has the network's proportions."""
    image = _noise(8, 8)
    assert np.array_equal(fit(image, (2, 4)), _exact(image[2:6], 2, 4))


def test_a_picture_of_the_right_size_is_untouched() -> None:
    image = _noise(6, 6)
    assert fit(image, 6) is image
    assert fit(image[:, :5], (6, 5)).base is image


def test_colours_and_modes(tmp_path: Path) -> None:
    """Colour, grey, 16-bit grey, palette and transparency all come out as RGB bytes."""
    colour = _noise(5, 7)
    grey = colour[..., 0]
    cases = {
        "rgb.png": (Image.fromarray(colour), colour),
        "rgba.png": (Image.fromarray(np.dstack([colour, grey])), colour),
        "grey.png": (Image.fromarray(grey), np.repeat(grey[..., None], 3, 2)),
        "deep.png": (Image.fromarray(grey.astype(np.uint16) * 257), np.repeat(grey[..., None], 3, 2)),
        "palette.png": (Image.fromarray(np.zeros((2, 2), np.uint8)).convert("P"), np.zeros((2, 2, 3), np.uint8)),
    }
    for name, (image, wanted) in cases.items():
        image.save(tmp_path / name)
        read = read_image(tmp_path / name)
        assert read.dtype == np.uint8
        assert np.array_equal(read, wanted), name


def test_a_palette_with_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((2, 2), np.uint8)).convert("P")
    image.save(tmp_path / "p.png", transparency=b"\x00\xff")
    assert read_image(tmp_path / "p.png").shape == (2, 2, 3)


def test_exif_orientation(tmp_path: Path) -> None:
    """A picture taken with the camera on its side stands upright."""
    image = Image.fromarray(_noise(4, 6))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "turned.png"), np.rot90(np.asarray(image), -1))


def test_pictures_that_are_none(tmp_path: Path) -> None:
    """A missing, empty, wrong, or truncated file is refused by its name."""
    with pytest.raises(InputError, match=r"none\.png: no such file"):
        read_image(tmp_path / "none.png")
    buffer = io.BytesIO()
    Image.fromarray(_noise(50, 50)).save(buffer, "PNG")
    whole = buffer.getvalue()
    for content in (b"", b"not a picture", whole[: len(whole) // 2], whole[:20]):
        (tmp_path / "bad.png").write_bytes(content)
        with pytest.raises(InputError, match=r"bad\.png: not a picture"):
            read_image(tmp_path / "bad.png")
    with pytest.raises(InputError, match="not a picture"):
        read_image(tmp_path)
