"""Shaded 2-D primitives, written as signed distance fields.

Coordinates are frame units: x and y in 0..1 from the top left corner, y downwards, so that one scene means the same
thing at every resolution. A field is evaluated on a small window of the frame only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Point = tuple[float, float]


class Field(NamedTuple):
    """One shape on a window; every member is float32 and broadcasts to [h, w]."""

    distance: Plane  # frame units, negative inside
    along: Plane  # pattern coordinate along the shape, frame units
    across: Plane  # pattern coordinate across the shape, frame units
    normal_x: Plane  # surface normal of the imagined solid, -1..1
    normal_y: Plane


class Shape(Protocol):
    """Anything that the canvas can paint."""

    def bounds(self) -> tuple[float, float, float, float]:
        """Box (x0, y0, x1, y1) that holds the shape, frame units."""
        ...

    def field(self, x: Plane, y: Plane) -> Field:
        """The shape at x [1, w] and y [h, 1]."""
        ...


def _axes(a: Point, b: Point) -> tuple[float, float, float]:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = max(float(np.hypot(dx, dy)), 1e-6)
    return dx / length, dy / length, length


@dataclass(frozen=True)
class Limb:
    """A capsule from a (radius ra) to b (radius rb)."""

    a: Point
    b: Point
    ra: float
    rb: float

    def bounds(self) -> tuple[float, float, float, float]:
        """See Shape."""
        r = max(self.ra, self.rb)
        (ax, ay), (bx, by) = self.a, self.b
        return min(ax, bx) - r, min(ay, by) - r, max(ax, bx) + r, max(ay, by) + r

    def field(self, x: Plane, y: Plane) -> Field:
        """See Shape."""
        ux, uy, length = _axes(self.a, self.b)
        px, py = x - np.float32(self.a[0]), y - np.float32(self.a[1])
        u = px * np.float32(ux) + py * np.float32(uy)
        v = py * np.float32(ux) - px * np.float32(uy)
        t = np.clip(u * np.float32(1 / length), 0, 1)
        r = np.float32(self.ra) + np.float32(self.rb - self.ra) * t
        over = u - t * np.float32(length)
        distance = np.sqrt(v * v + over * over) - r
        n = np.clip(v / r, -1, 1)
        return Field(distance, u, v, n * np.float32(-uy), n * np.float32(ux))


@dataclass(frozen=True)
class Profile:
    """A body of revolution seen from the side: half widths at equally spaced stations from a to b."""

    a: Point
    b: Point
    widths: tuple[float, ...]
    round: float = 0.0  # corner radius, frame units

    def bounds(self) -> tuple[float, float, float, float]:
        """See Shape."""
        r = max(self.widths) + self.round
        (ax, ay), (bx, by) = self.a, self.b
        return min(ax, bx) - r, min(ay, by) - r, max(ax, bx) + r, max(ay, by) + r

    def field(self, x: Plane, y: Plane) -> Field:
        """See Shape."""
        ux, uy, length = _axes(self.a, self.b)
        px, py = x - np.float32(self.a[0]), y - np.float32(self.a[1])
        u = px * np.float32(ux) + py * np.float32(uy)
        v = py * np.float32(ux) - px * np.float32(uy)
        last = len(self.widths) - 1
        # A 256-step table beats np.interp on a whole window by a factor of five.
        table = np.interp(np.linspace(0, last, 256), np.arange(last + 1), self.widths).astype(np.float32)
        w = table[np.clip(u * np.float32(255 / length), 0, 255).astype(np.int16)]
        side = np.abs(v) - w
        ends = np.abs(u - np.float32(length / 2)) - np.float32(length / 2)
        distance = np.maximum(side, ends) - np.float32(self.round)
        n = np.clip(v / (w + np.float32(self.round + 1e-6)), -1, 1)
        return Field(distance, u, v, n * np.float32(-uy), n * np.float32(ux))


@dataclass(frozen=True)
class Ellipse:
    """An ellipse with half axes rx, ry, turned by `angle` radians; flat=True gives a disc instead of a ball."""

    centre: Point
    rx: float
    ry: float
    angle: float = 0.0
    flat: bool = False

    def bounds(self) -> tuple[float, float, float, float]:
        """See Shape."""
        r = max(self.rx, self.ry)
        x, y = self.centre
        return x - r, y - r, x + r, y + r

    def field(self, x: Plane, y: Plane) -> Field:
        """See Shape."""
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        px, py = x - np.float32(self.centre[0]), y - np.float32(self.centre[1])
        u, v = px * c + py * s, py * c - px * s
        nu, nv = u * np.float32(1 / self.rx), v * np.float32(1 / self.ry)
        rho = np.sqrt(nu * nu + nv * nv)
        distance = (rho - 1) * np.float32(min(self.rx, self.ry))
        k = np.float32(0.0 if self.flat else 1.0)
        return Field(distance, v, u, k * (nu * c - nv * s), k * (nu * s + nv * c))


@dataclass(frozen=True)
class Box:
    """A flat rectangle with half sizes hx, hy and rounded corners, turned by `angle` radians."""

    centre: Point
    hx: float
    hy: float
    angle: float = 0.0
    round: float = 0.0

    def bounds(self) -> tuple[float, float, float, float]:
        """See Shape."""
        r = float(np.hypot(self.hx, self.hy)) if self.angle else 0.0
        x, y = self.centre
        return x - max(r, self.hx), y - max(r, self.hy), x + max(r, self.hx), y + max(r, self.hy)

    def field(self, x: Plane, y: Plane) -> Field:
        """See Shape."""
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        px, py = x - np.float32(self.centre[0]), y - np.float32(self.centre[1])
        u, v = px * c + py * s, py * c - px * s
        qx = np.abs(u) - np.float32(self.hx - self.round)
        qy = np.abs(v) - np.float32(self.hy - self.round)
        out = np.sqrt(np.square(np.maximum(qx, 0)) + np.square(np.maximum(qy, 0)))
        distance = out + np.minimum(np.maximum(qx, qy), 0) - np.float32(self.round)
        zero = np.zeros((1, 1), np.float32)
        return Field(distance, v, u, zero, zero)
