"""A picture of held-out frames with what the network makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from n6gen.scenes import render
from training.evaluate import FIRST_SEED, Segmenter

_COLUMNS, _ROWS, _GAP = 4, 3, 6
_GREEN, _RED, _BLUE = (40, 220, 110), (240, 50, 50), (60, 110, 255)


def overlay(
    image: NDArray[np.uint8], found: NDArray[np.bool_], truth: NDArray[np.bool_], strength: float = 0.45
) -> NDArray[np.uint8]:
    """The frame [H, W, 3] with the found mask in green, missed pixels red and false ones blue."""
    out = image.astype(np.float32)
    for where, colour in ((found & truth, _GREEN), (truth & ~found, _RED), (found & ~truth, _BLUE)):
        out[where] += np.float32(strength) * (np.array(colour, np.float32) - out[where])
    return out.astype(np.uint8)


def write_grid(path: Path, segment: Segmenter, size: int) -> None:
    """Twelve pairs, frame and overlay: the first eleven held-out scenes, unselected, and an empty one."""
    count = _COLUMNS * _ROWS
    page = Image.new("RGB", (_COLUMNS * (2 * size + _GAP) - _GAP, _ROWS * (size + _GAP) - _GAP), "white")
    for k in range(count):
        scene = render(FIRST_SEED + k, size, "heldout", empty=k == count - 1)
        pair = np.concatenate([scene.image, overlay(scene.image, segment(scene.image), scene.mask == 1)], axis=1)
        page.paste(Image.fromarray(pair), (k % _COLUMNS * (2 * size + _GAP), k // _COLUMNS * (size + _GAP)))
    page.save(path)
