"""Pictures of a session: masks, what the LCD showed, and masks laid over what the camera saw."""

from __future__ import annotations

import base64
import colorsys
import io
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

#: How strongly a class tints a picture, as on the LCD.
_TINT = 0.6
_WRONG = (255, 45, 85)
#: Pages show pictures at most this wide, in pixels.
_SHOWN_SIDE = 320


@attrs.frozen(eq=False)
class Shown:
    """A frame for a page: the picture, uint8 RGB [H, W, 3], and two masks, uint8 class indices [H, W]."""

    name: str
    picture: Pixels
    device: Pixels
    expected: Pixels


def save_mask(mask: Pixels, file: Path) -> None:
    """Save class indices, uint8 [H, W], as an 8-bit PNG: one byte a pixel, as the device decoded it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask, mode=None).save(file)


def save_picture(picture: Image.Image, file: Path) -> None:
    """Save any picture as a PNG, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file, format="PNG")


def tinted(picture: Pixels, mask: Pixels) -> Pixels:
    """The picture with every class but 0 laid over it in a colour of its own."""
    colours = np.array([_colour(index) for index in range(256)], np.float64)
    weight = np.where(mask == 0, 0.0, _TINT)[..., None]
    laid: npt.NDArray[np.float64] = picture * (1 - weight) + colours[mask] * weight
    return laid.round().astype(np.uint8)


def differing(picture: Pixels, device: Pixels, expected: Pixels) -> Pixels:
    """The picture, faint and grey, with every pixel marked at which the two masks differ."""
    faint = 200 + picture.mean(axis=-1, keepdims=True) * 0.2
    grey = np.repeat(faint, 3, axis=-1).round().astype(np.uint8)
    grey[device != expected] = _WRONG
    return grey


def data_url(pixels: Pixels) -> str:
    """RGB pixels [H, W, 3] as an embedded PNG; large ones are made smaller."""
    picture = Image.fromarray(pixels)
    if picture.width > _SHOWN_SIDE:
        height = max(1, round(picture.height * _SHOWN_SIDE / picture.width))
        picture = picture.resize((_SHOWN_SIDE, height), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _colour(index: int) -> tuple[float, float, float]:
    """Teal for the first class; for the others, hues that stay apart."""
    # Steps of the golden angle never come back to a hue.
    red, green, blue = colorsys.hsv_to_rgb((0.493 + 0.381966 * (index - 1)) % 1.0, 1.0, 0.78)
    return 255 * red, 255 * green, 255 * blue
