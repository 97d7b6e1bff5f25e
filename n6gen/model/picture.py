"""Pictures as a camera would have given them: read from files, cropped and resized exactly alike on every machine."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from n6gen.errors import InputError


def read_image(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture file, uint8 RGB [height, width, 3], turned as its EXIF says; transparency is ignored.

    Raises InputError if it is missing or not a picture that can be read.
    """
    try:
        with warnings.catch_warnings():
            # Large pictures and odd metadata are the user's business as long as they can be read.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return _rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file", "Check the path.") from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a picture that can be read ({error})", "Give a PNG or JPEG file.") from error


def fit(image: npt.NDArray[np.uint8], size: int | tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Cut the middle out of `image` and resize it: uint8 [height, width, 3] to `size`, (height, width) or one side.

    The largest centred part of the wanted shape is resized by bilinear interpolation with half-pixel centres, without
    antialiasing, computed in whole numbers and rounded half up. An image of the wanted size is returned as it is.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape[:2] == (height, width):
        return image
    part = _middle(image, height, width)
    rows = _mix(part.astype(np.int64), *_positions(part.shape[0], height), axis=0)
    pixels = _mix(rows, *_positions(part.shape[1], width), axis=1)
    whole = 4 * height * width
    return ((pixels + whole // 2) // whole).astype(np.uint8)


def _rgb(image: Image.Image) -> npt.NDArray[np.uint8]:
    if image.mode.startswith("I"):
        # 16-bit greyscale: the upper eight bits.
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    # A palette with transparency reaches RGB only by way of RGBA.
    return np.array(image.convert("RGBA").convert("RGB") if image.mode in ("P", "PA") else image.convert("RGB"))


def _middle(image: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    full_height, full_width = image.shape[:2]
    part_height = max(1, min(full_height, full_width * height // width))
    part_width = max(1, min(full_width, full_height * width // height))
    top, left = (full_height - part_height) // 2, (full_width - part_width) // 2
    return image[top : top + part_height, left : left + part_width]


def _positions(old: int, new: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each new pixel: the two old ones around its centre, and the second's weight out of 2 * new."""
    centre = (2 * np.arange(new, dtype=np.int64) + 1) * old - new
    first = centre // (2 * new)
    return np.clip(first, 0, old - 1), np.clip(first + 1, 0, old - 1), centre - first * 2 * new


def _mix(
    pixels: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    weight: npt.NDArray[np.int64],
    *,
    axis: int,
) -> npt.NDArray[np.int64]:
    shape = [1, 1, 1]
    shape[axis] = -1
    share = weight.reshape(shape)
    return pixels.take(first, axis) * (2 * len(first) - share) + pixels.take(second, axis) * share
