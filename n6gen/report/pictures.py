"""Pictures of a session: masks and what the LCD showed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


def save_mask(mask: npt.NDArray[np.uint8], file: Path) -> None:
    """Save class indices, uint8 [H, W], as an 8-bit PNG: one byte a pixel, as the device decoded it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask, mode=None).save(file)


def save_picture(picture: Image.Image, file: Path) -> None:
    """Save any picture as a PNG, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file, format="PNG")
