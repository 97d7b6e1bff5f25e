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

#: How strongly a class tints a picture, of 255: as on the LCD.
_TINT = 0x99
_WRONG = (255, 45, 85)
#: Pages show pictures at most this wide, in pixels.
_SHOWN_SIDE = 320


@attrs.frozen(eq=False)
class Shown:
    """A frame for a page: the picture, uint8 RGB [H, W, 3], and two masks, uint8 class indices [H, W].

    `picture` is None where only the board saw it, `expected` where nobody knows the mask.
    """

    name: str
    picture: Pixels | None
    device: Pixels
    expected: Pixels | None


def save_mask(mask: Pixels, file: Path) -> None:
    """Save class indices, uint8 [H, W], as an 8-bit PNG: one byte a pixel, as the device decoded it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask, mode=None).save(file)


def save_picture(picture: Image.Image, file: Path) -> None:
    """Save any picture as a PNG, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file, format="PNG")


def camera_url(picture: Pixels) -> str:
    """What the camera saw, uint8 RGB [H, W, 3], as an embedded PNG; a large one is made smaller."""
    image = Image.fromarray(picture)
    if image.width > _SHOWN_SIDE:
        height = max(1, round(image.height * _SHOWN_SIDE / image.width))
        image = image.resize((_SHOWN_SIDE, height), Image.Resampling.LANCZOS)
    return _url(image)


def mask_url(mask: Pixels) -> str:
    """Class indices, uint8 [H, W], as an embedded PNG to lay over the picture: class 0 is clear."""
    colours = [channel for index in range(256) for channel in _colour(index)]
    return _url(_indexed(mask, colours), bytes([0]) + bytes([_TINT]) * 255)


def difference_url(device: Pixels, expected: Pixels) -> str:
    """Where two masks differ, as an embedded PNG: marked there, clear elsewhere."""
    return _url(_indexed((device != expected).astype(np.uint8), [0, 0, 0, *_WRONG]), bytes([0, 255]))


def spread_url(counts: npt.NDArray[np.uint16]) -> str:
    """How many channels of each pixel differ, uint16 [H, W], as an embedded PNG: black for none, white for the most."""
    most = max(1, int(counts.max(initial=0)))
    # One differing channel of many must be seen.
    grey = np.where(counts > 0, 64 + counts.astype(np.uint32) * 191 // most, 0).astype(np.uint8)
    return _url(Image.fromarray(grey, mode=None))


def _indexed(indices: Pixels, colours: list[int]) -> Image.Image:
    image = Image.fromarray(indices, mode=None)
    # As an image of indices its palette can be set.
    image = image.convert("P") if image.mode != "P" else image
    image.putpalette(colours)
    return image


def _url(image: Image.Image, transparency: bytes | None = None) -> str:
    file = io.BytesIO()
    options = {} if transparency is None else {"transparency": transparency}
    image.save(file, format="PNG", optimize=transparency is None, **options)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _colour(index: int) -> tuple[int, int, int]:
    """Teal for the first class; for the others, hues that stay apart."""
    # Steps of the golden angle never come back to a hue.
    red, green, blue = colorsys.hsv_to_rgb((0.493 + 0.381966 * (index - 1)) % 1.0, 1.0, 0.78)
    return round(255 * red), round(255 * green), round(255 * blue)
