"""Pictures in a terminal: two pixels a character, in the terminal's own colours."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style


def half_blocks(picture: Image.Image, columns: int) -> Segments:
    """Draw an RGB picture `columns` characters wide; each character shows one pixel above another."""
    width = max(2, columns)
    height = max(2, 2 * round(picture.height * width / picture.width / 2))
    pixels = np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
    segments = []
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
            style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
            segments.append(Segment("▀", style))
        segments.append(Segment.line())
    return Segments(segments)
