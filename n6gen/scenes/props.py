"""Things that are not people: they stand behind the figures, or in front of them.

Every prop is drawn at a spot (foot point x, y and height s, frame units) from the same primitives, colours and cloth
patterns as the figures, so that shading alone never tells a person from a thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np

from n6gen.scenes.canvas import Canvas, Material
from n6gen.scenes.figure import colour
from n6gen.scenes.patterns import draw_pattern
from n6gen.scenes.shapes import Box, Ellipse, Limb, Profile


@dataclass(frozen=True)
class Spot:
    """Where a prop stands (frame units) and what patterns its split offers."""

    x: float
    y: float
    s: float
    cloth: tuple[str, ...]


Prop = Callable[[Canvas, np.random.Generator, Spot], None]


def _stuff(rng: np.random.Generator, at: Spot) -> Material:
    pattern = draw_pattern(at.cloth, rng) if rng.random() < 0.6 else "plain"
    return Material(
        colour(rng), colour(rng), pattern, at.s * rng.uniform(0.06, 0.3), gloss=float(rng.choice([0, 0, 0.3]))
    )


def _green(rng: np.random.Generator) -> Material:
    g = rng.uniform(0.25, 0.65)
    return Material((g * rng.uniform(0.3, 0.8), g, g * rng.uniform(0.2, 0.6)))


def _wood(rng: np.random.Generator) -> Material:
    v = rng.uniform(0.25, 0.75)
    return Material((v, v * 0.72, v * 0.5), (v * 0.8, v * 0.55, v * 0.36), "folds", 0.05)


def tree(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A trunk and a crown of balls."""
    x, y, s = at.x, at.y, at.s
    canvas.paint(Limb((x, y), (x, y - 0.6 * s), 0.06 * s, 0.04 * s), _wood(rng))
    crown = _green(rng)
    for _ in range(6):
        cx, cy = x + rng.normal(0, 0.13) * s, y - (0.72 + rng.normal(0, 0.08)) * s
        canvas.paint(Ellipse((cx, cy), 0.17 * s, 0.14 * s), crown, contact=0.03 * s)


def lamp(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A pole with a shade: the nearest thing to a body with a head."""
    x, y, s = at.x, at.y, at.s
    canvas.paint(Ellipse((x, y), 0.14 * s, 0.03 * s), Material((0.2, 0.2, 0.2)))
    canvas.paint(Limb((x, y), (x, y - 0.8 * s), 0.015 * s, 0.015 * s), Material(colour(rng, 0.1, 0.6)))
    canvas.paint(Profile((x, y - s), (x, y - 0.75 * s), (0.08 * s, 0.16 * s)), _stuff(rng, at))


def crate(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A box with a lid."""
    x, y, s = at.x, at.y, at.s
    w = s * rng.uniform(0.3, 0.9)
    stuff = _stuff(rng, at)
    canvas.paint(Box((x, y - 0.3 * s), w / 2, 0.3 * s, rng.normal(0, 0.06)), stuff, contact=0.05 * s)
    canvas.paint(Box((x, y - 0.6 * s), w / 1.9, 0.05 * s), Material(colour(rng)))


def ball(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A ball, skin-coloured now and then."""
    x, y, s = at.x, at.y, at.s
    r = 0.22 * s
    stuff = _stuff(rng, at) if rng.random() < 0.6 else Material((0.85, 0.65, 0.52), gloss=0.2)
    canvas.paint(Ellipse((x, y - r), r, r), stuff, contact=0.04 * s)


def table(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A table seen from the front."""
    x, y, s = at.x, at.y, at.s
    w, wood = s * rng.uniform(0.5, 1.1), _wood(rng)
    for side in (-1, 1):
        canvas.paint(Box((x + side * 0.42 * w, y - 0.22 * s), 0.025 * s, 0.22 * s), wood)
    canvas.paint(Box((x, y - 0.45 * s), w / 2, 0.035 * s, 0, 0.01 * s), wood, contact=0.04 * s)


def plant(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A pot with long leaves."""
    x, y, s = at.x, at.y, at.s
    leaf = _green(rng)
    for _ in range(7):
        a, k = radians(rng.uniform(-55, 55)), s * rng.uniform(0.45, 0.8)
        canvas.paint(Limb((x, y - 0.2 * s), (x + sin(a) * k, y - 0.2 * s - cos(a) * k), 0.045 * s, 0.012 * s), leaf)
    canvas.paint(Profile((x, y - 0.3 * s), (x, y), (0.15 * s, 0.1 * s)), _stuff(rng, at))


def _beast(canvas: Canvas, rng: np.random.Generator, at: Spot, long: float, neck: float) -> None:
    x, y, s = at.x, at.y, at.s
    side = 1 if rng.random() < 0.5 else -1
    fur = Material(colour(rng, 0.15, 0.85), colour(rng), "knit", 0.08 * s)
    for k in (-0.3, -0.22, 0.2, 0.3):
        canvas.paint(Limb((x + k * long * s, y - 0.3 * s), (x + k * long * s, y), 0.06 * s, 0.045 * s), fur)
    tail = (x - side * 0.38 * long * s, y - 0.4 * s)
    canvas.paint(Limb(tail, (tail[0] - side * 0.2 * s, y - 0.65 * s), 0.045 * s, 0.02 * s), fur)
    canvas.paint(Ellipse((x, y - 0.38 * s), 0.42 * long * s, 0.17 * s), fur, contact=0.04 * s)
    hx, hy = x + side * 0.42 * long * s, y - (0.5 + neck) * s
    for e in (-1, 1):
        canvas.paint(Limb((hx + e * 0.08 * s, hy), (hx + e * 0.1 * s, hy - 0.2 * s), 0.05 * s, 0.02 * s), fur)
    canvas.paint(Ellipse((hx, hy), 0.15 * s, 0.14 * s), fur, contact=0.03 * s)
    canvas.paint(Ellipse((hx + side * 0.1 * s, hy + 0.05 * s), 0.11 * s, 0.07 * s), fur)


def dog(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A four-legged blob."""
    _beast(canvas, rng, replace(at, s=0.8 * at.s), 1.0, 0.12)


def cat(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A shorter four-legged blob."""
    _beast(canvas, rng, replace(at, s=0.6 * at.s), 0.75, 0.02)


def bottle(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A bottle: shoulders and a neck, but no head."""
    x, y, s = at.x, at.y, at.s
    widths = (0.04 * s, 0.04 * s, 0.06 * s, 0.13 * s, 0.14 * s, 0.14 * s, 0.13 * s)
    canvas.paint(Profile((x, y - 0.8 * s), (x, y), widths), Material(colour(rng), gloss=0.4), contact=0.03 * s)


def vase(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A belly with a narrow neck."""
    x, y, s = at.x, at.y, at.s
    widths = (0.1 * s, 0.06 * s, 0.12 * s, 0.22 * s, 0.2 * s, 0.1 * s)
    canvas.paint(Profile((x, y - 0.7 * s), (x, y), widths, 0.01 * s), _stuff(rng, at), contact=0.03 * s)


def picture(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A framed picture or a window on the wall."""
    x, y, s = at.x, at.y, at.s
    hx, hy = s * rng.uniform(0.15, 0.35), s * rng.uniform(0.15, 0.35)
    canvas.paint(Box((x, y - 0.6 * s), hx, hy), Material(colour(rng)), contact=0.03)
    canvas.paint(Box((x, y - 0.6 * s), 0.86 * hx, 0.86 * hy), _stuff(rng, at))


def shelf(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """Two boards of books."""
    x, y, s = at.x, at.y, at.s
    wood = _wood(rng)
    for row in (0.3, 0.65):
        left = x - 0.34 * s
        while left < x + 0.3 * s:
            w, k = s * rng.uniform(0.02, 0.05), s * rng.uniform(0.14, 0.24)
            canvas.paint(Box((left + w, y - row * s - k / 2), w, k / 2), Material(colour(rng)))
            left += 2 * w
        canvas.paint(Box((x, y - row * s), 0.38 * s, 0.018 * s), wood)


def pillar(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A round column from top to bottom."""
    x, s = at.x, at.s
    r = 0.07 * s
    canvas.paint(Profile((x, -0.1), (x, 1.1), (r, r)), _stuff(rng, at), contact=0.02)


def blob(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A heap of limbs and balls in cloth, with no head on top."""
    x, y, s = at.x, at.y, at.s
    stuff = _stuff(rng, at)
    for _ in range(int(rng.integers(2, 6))):
        a = (x + rng.normal(0, 0.16) * s, y - abs(rng.normal(0.2, 0.16)) * s)
        b = (a[0] + rng.normal(0, 0.2) * s, a[1] + rng.normal(0, 0.2) * s)
        canvas.paint(Limb(a, b, rng.uniform(0.04, 0.14) * s, rng.uniform(0.04, 0.14) * s), stuff, contact=0.03 * s)


def signpost(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A post with a plate."""
    x, y, s = at.x, at.y, at.s
    canvas.paint(Limb((x, y), (x, y - 0.9 * s), 0.025 * s, 0.025 * s), Material(colour(rng, 0.2, 0.6)))
    plate, look = (x, y - 0.82 * s), _stuff(rng, at)
    if rng.random() < 0.5:
        canvas.paint(Ellipse(plate, 0.16 * s, 0.16 * s, 0, True), look)
    else:
        canvas.paint(Box(plate, 0.24 * s, 0.1 * s), look)


def stool(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A round seat on splayed legs."""
    x, y, s = at.x, at.y, at.s
    wood = _wood(rng)
    for k in (-0.18, -0.05, 0.08, 0.2):
        canvas.paint(Limb((x + 0.6 * k * s, y - 0.5 * s), (x + k * s, y), 0.022 * s, 0.018 * s), wood)
    canvas.paint(Ellipse((x, y - 0.52 * s), 0.22 * s, 0.06 * s), _stuff(rng, at), contact=0.03 * s)


def balloons(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A bunch of balloons on strings."""
    x, y, s = at.x, at.y, at.s
    for _ in range(5):
        top = (x + rng.normal(0, 0.16) * s, y - rng.uniform(0.6, 0.95) * s)
        canvas.paint(Limb((x, y), top, 0.005 * s, 0.005 * s), Material((0.3, 0.3, 0.3)))
        canvas.paint(Ellipse(top, 0.11 * s, 0.135 * s), Material(colour(rng, 0.5), gloss=0.35))


def cactus(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A trunk with raised arms."""
    x, y, s = at.x, at.y, at.s
    flesh = _green(rng)
    canvas.paint(Limb((x, y), (x, y - 0.8 * s), 0.1 * s, 0.09 * s), flesh)
    for side in (-1, 1):
        k = rng.uniform(0.25, 0.5) * s
        canvas.paint(Limb((x, y - k), (x + side * 0.2 * s, y - k), 0.055 * s, 0.055 * s), flesh)
        canvas.paint(
            Limb((x + side * 0.2 * s, y - k), (x + side * 0.2 * s, y - k - 0.22 * s), 0.055 * s, 0.05 * s), flesh
        )


def umbrella(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A parasol on a pole."""
    x, y, s = at.x, at.y, at.s
    canvas.paint(Limb((x, y), (x, y - 0.9 * s), 0.015 * s, 0.015 * s), Material((0.3, 0.28, 0.26)))
    canvas.paint(Profile((x, y - 0.98 * s), (x, y - 0.72 * s), (0.02 * s, 0.25 * s, 0.4 * s)), _stuff(rng, at))


def wheel(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A tyre with a hub."""
    x, y, s = at.x, at.y, at.s
    r = 0.25 * s
    canvas.paint(Ellipse((x, y - r), r, r), Material((0.12, 0.12, 0.13)), contact=0.03 * s)
    canvas.paint(Ellipse((x, y - r), 0.7 * r, 0.7 * r, 0, True), Material(colour(rng)))
    canvas.paint(Ellipse((x, y - r), 0.15 * r, 0.15 * r), Material((0.5, 0.5, 0.5)))


def turned(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A turned thing with random widths from foot to top."""
    x, y, s = at.x, at.y, at.s
    widths = tuple(float(w) * s for w in rng.uniform(0.02, 0.25, int(rng.integers(3, 8))))
    top = (x + float(rng.normal(0, 0.08)) * s, y - float(rng.uniform(0.4, 1.0)) * s)
    canvas.paint(Profile(top, (x, y), widths, 0.01 * s), _stuff(rng, at), contact=0.03 * s)


def contraption(canvas: Canvas, rng: np.random.Generator, at: Spot) -> None:
    """A random growth of rods, plates and balls, each on one before it."""
    x, y, s = at.x, at.y, at.s
    joints = [(x, y)]
    look = _stuff(rng, at)
    for _ in range(int(rng.integers(3, 9))):
        a = joints[int(rng.integers(len(joints)))]
        b = (a[0] + float(rng.normal(0, 0.2)) * s, a[1] - float(rng.uniform(-0.1, 0.4)) * s)
        joints.append(b)
        look = _stuff(rng, at) if rng.random() < 0.4 else look
        kind, r = rng.integers(3), float(rng.uniform(0.02, 0.13)) * s
        if kind == 0:
            canvas.paint(
                Ellipse(b, 1.4 * r, float(rng.uniform(0.6, 1.8)) * r, float(rng.uniform(0, 3))), look, contact=0.02 * s
            )
        elif kind == 1:
            canvas.paint(Limb(a, b, r, float(rng.uniform(0.4, 1.0)) * r), look, contact=0.02 * s)
        else:
            canvas.paint(Box(b, 1.5 * r, float(rng.uniform(0.3, 1.5)) * r, float(rng.normal(0, 0.3))), look)


PROPS: dict[str, Prop] = {
    f.__name__: f
    for f in (
        tree, lamp, crate, ball, table, plant, dog, cat, bottle, vase, picture, shelf, pillar, blob,
        signpost, stool, balloons, cactus, umbrella, wheel, turned, contraption,
    )
}  # fmt: skip
