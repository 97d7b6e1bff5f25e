"""The canvas: paints shaded, patterned shapes and keeps the person mask beside the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from n6gen.scenes.patterns import pattern
from n6gen.scenes.shapes import Plane, Shape

Colour = tuple[float, float, float]  # RGB, 0..1


@dataclass(frozen=True)
class Material:
    """Two colours mixed by a pattern whose repeat is `scale` frame units."""

    colour: Colour
    second: Colour = (0.0, 0.0, 0.0)
    pattern: str = "plain"
    scale: float = 0.05
    gloss: float = 0.0  # 0 matt .. 1 strong highlight


@dataclass(frozen=True)
class Lamp:
    """The light that the shapes are shaded with; (x, y, z) is a unit vector, z towards the viewer."""

    x: float
    y: float
    z: float
    ambient: float
    diffuse: float


class Canvas:
    """A square picture under construction: `rgb` [3, H, W] and `person` [H, W], float32, 0..1."""

    def __init__(self, size: int, lamp: Lamp) -> None:
        """A black picture of `size` x `size` pixels."""
        self.size = size
        self.lamp = lamp
        self.rgb: Plane = np.zeros((3, size, size), np.float32)
        self.person: Plane = np.zeros((size, size), np.float32)
        self._axis: Plane = ((np.arange(size) + 0.5) / size).astype(np.float32)

    def copy(self) -> Canvas:
        """An independent canvas with the same contents."""
        twin = Canvas(self.size, self.lamp)
        twin.rgb[:] = self.rgb
        twin.person[:] = self.person
        return twin

    def _window(self, box: tuple[float, float, float, float], margin: float) -> tuple[slice, slice]:
        x0, y0, x1, y1 = box
        low = [max(0, int((v - margin) * self.size)) for v in (y0, x0)]
        high = [min(self.size, int((v + margin) * self.size) + 2) for v in (y1, x1)]
        return slice(low[0], max(low[0], high[0])), slice(low[1], max(low[1], high[1]))

    def paint(self, shape: Shape, material: Material, *, person: bool = False, contact: float = 0.0) -> None:
        """Paint one shape over what is there.

        `person` says what the covered pixels become in the mask. `contact` > 0 darkens a rim of that width (frame
        units) around the shape first, as the shadow that it throws on what lies just behind it.
        """
        ys, xs = self._window(shape.bounds(), contact + 1.0 / self.size)
        if ys.stop <= ys.start or xs.stop <= xs.start:
            return
        f = shape.field(self._axis[None, xs], self._axis[ys, None])
        target = self.rgb[:, ys, xs]
        if contact > 0:
            target *= 1 - np.float32(0.35) * np.square(np.clip(1 - f.distance * np.float32(1 / contact), 0, 1))
        alpha = np.clip(np.float32(0.5) - f.distance * np.float32(self.size), 0, 1)
        lamp = self.lamp
        z = np.sqrt(np.maximum(1 - np.square(f.normal_x) - np.square(f.normal_y), 0))
        facing = np.maximum(
            f.normal_x * np.float32(lamp.x) + f.normal_y * np.float32(lamp.y) + z * np.float32(lamp.z), 0
        )
        tone = np.float32(lamp.ambient) + np.float32(lamp.diffuse) * facing
        shine = np.float32(material.gloss) * np.square(np.square(np.square(facing))) if material.gloss else None
        colour = np.array(material.colour, np.float32)[:, None, None]
        if material.pattern != "plain":
            inverse = np.float32(1 / material.scale)
            mix = pattern(material.pattern)(f.along * inverse, f.across * inverse)
            colour = colour + (np.array(material.second, np.float32)[:, None, None] - colour) * mix
        value = colour * tone
        if shine is not None:
            value = value + shine
        target += alpha * (value - target)
        mask = self.person[ys, xs]
        mask += alpha * (np.float32(1.0 if person else 0.0) - mask)

    def shade(self, x: float, y: float, rx: float, ry: float, strength: float) -> None:
        """Darken a soft ellipse: the shadow on the ground."""
        ys, xs = self._window((x - rx, y - ry, x + rx, y + ry), 0)
        px = (self._axis[None, xs] - np.float32(x)) * np.float32(1 / rx)
        py = (self._axis[ys, None] - np.float32(y)) * np.float32(1 / ry)
        self.rgb[:, ys, xs] *= 1 - np.float32(strength) * np.clip(1 - px * px - py * py, 0, 1)

    def fill(self, material: Material, top: float, bottom: float, *, lean: float = 0.0, fade: float = 0.0) -> None:
        """Fill the rows between `top` and `bottom` (frame units) with a flat pattern, `fade` darker at the bottom."""
        rows = slice(round(top * self.size), round(bottom * self.size))
        y, x = self._axis[rows, None], self._axis[None, :]
        inverse = np.float32(1 / material.scale)
        mix = pattern(material.pattern)((y + np.float32(lean) * x) * inverse, (x - np.float32(lean) * y) * inverse)
        tone = (1 - np.float32(fade) * (y - np.float32(top))) * np.float32(self.lamp.ambient + 0.6 * self.lamp.diffuse)
        for channel in range(3):
            one, two = np.float32(material.colour[channel]), np.float32(material.second[channel])
            self.rgb[channel, rows] = (one + (two - one) * mix) * tone
