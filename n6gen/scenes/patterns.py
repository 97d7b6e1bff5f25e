"""Procedural patterns: pattern coordinates in, a mixing weight 0..1 out.

One unit of a coordinate is one repeat of the pattern. Which split may use which pattern is decided in `families`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from n6gen.scenes.shapes import Plane

Pattern = Callable[[Plane, Plane], Plane]
_TAU = np.float32(2 * np.pi)


def _soft(value: Plane, sharp: float) -> Plane:
    out: Plane = np.clip(value * np.float32(sharp) + np.float32(0.5), 0, 1)
    return out


def _wave(value: Plane) -> Plane:
    out: Plane = np.sin(value * _TAU)
    return out


def _frac(value: Plane) -> Plane:
    out: Plane = value - np.floor(value)
    return out


def plain(_u: Plane, _v: Plane) -> Plane:
    """One colour."""
    return np.zeros((1, 1), np.float32)


def hoops(u: Plane, _v: Plane) -> Plane:
    """Stripes across the shape."""
    return _soft(_wave(u), 2.5)


def pinstripe(_u: Plane, v: Plane) -> Plane:
    """Thin stripes along the shape."""
    return _soft(_wave(v * np.float32(2)) - np.float32(0.8), 4)


def checks(u: Plane, v: Plane) -> Plane:
    """A chessboard."""
    return _soft(_wave(u) * _wave(v), 3)


def knit(u: Plane, v: Plane) -> Plane:
    """Small soft bumps."""
    return np.float32(0.5) + np.float32(0.25) * _wave(u * np.float32(3)) + np.float32(0.25) * _wave(v * np.float32(3))


def two_tone(u: Plane, v: Plane) -> Plane:
    """Two blocks of colour."""
    return _soft(u - np.float32(0.6) + np.float32(0) * v, 12)


def folds(u: Plane, v: Plane) -> Plane:
    """Soft creases."""
    return np.float32(0.5) + np.float32(0.5) * _wave(v + np.float32(0.4) * _wave(u * np.float32(0.7)))


def bricks(u: Plane, v: Plane) -> Plane:
    """Courses of bricks with joints."""
    row = np.floor(u * np.float32(2))
    joint = np.minimum(_frac(u * np.float32(2)) * np.float32(0.5), _frac(v + row * np.float32(0.5)))
    return _soft(np.float32(0.06) - joint, 25)


def planks(u: Plane, v: Plane) -> Plane:
    """Boards of unlike tone."""
    board = np.floor(v * np.float32(1.5))
    tone = _frac(np.sin(board * np.float32(12.9898)) * np.float32(43.7585))
    return np.clip(tone + np.float32(0.2) * _wave(u * np.float32(0.6) + tone), 0, 1)


def tiles(u: Plane, v: Plane) -> Plane:
    """Square tiles with grout."""
    return _soft(np.float32(0.05) - np.minimum(_frac(u), _frac(v)), 25)


def leaves(u: Plane, v: Plane) -> Plane:
    """Irregular soft blotches."""
    a = _wave(u + np.float32(0.3) * _wave(v * np.float32(1.7)))
    b = _wave(v * np.float32(1.3) + np.float32(0.4) * _wave(u * np.float32(0.8)))
    return np.float32(0.5) + np.float32(0.25) * (a + b)


def dots(u: Plane, v: Plane) -> Plane:
    """Round spots."""
    du, dv = _frac(u) - np.float32(0.5), _frac(v) - np.float32(0.5)
    return _soft(np.float32(0.075) - du * du - dv * dv, 25)


def bias_stripe(u: Plane, v: Plane) -> Plane:
    """Diagonal stripes."""
    return _soft(_wave((u + v) * np.float32(0.7)), 2.5)


def tartan(u: Plane, v: Plane) -> Plane:
    """Crossing bands that add up."""
    return np.float32(0.5) * (_soft(_wave(u), 4) + _soft(_wave(v * np.float32(1.0) + np.float32(0.25)), 4))


def camouflage(u: Plane, v: Plane) -> Plane:
    """Hard irregular patches."""
    return _soft(_wave(u * np.float32(0.9) + np.float32(0.5) * _wave(v)) + _wave(v * np.float32(0.8)), 6)


def zigzag(u: Plane, v: Plane) -> Plane:
    """Chevrons."""
    return _soft(_wave(u + np.abs(_frac(v) - np.float32(0.5))), 3)


def diamonds(u: Plane, v: Plane) -> Plane:
    """Argyle lozenges."""
    return _soft(np.float32(0.42) - np.abs(_frac(u) - np.float32(0.5)) - np.abs(_frac(v) - np.float32(0.5)), 12)


def blinds(u: Plane, v: Plane) -> Plane:
    """Slats, each with a gradient."""
    return _frac(u * np.float32(1.5)) + np.float32(0) * v


def shingles(u: Plane, v: Plane) -> Plane:
    """Rows of round scales."""
    row = np.floor(u * np.float32(1.5))
    dv = _frac(v + row * np.float32(0.5)) - np.float32(0.5)
    return np.clip(_frac(u * np.float32(1.5)) + np.float32(2) * dv * dv, 0, 1)


def marble(u: Plane, v: Plane) -> Plane:
    """Veins."""
    bend = np.float32(0.6) * _wave(u * np.float32(0.5)) + np.float32(0.3) * _wave(u * np.float32(1.1) + v)
    wave: Plane = np.abs(_wave(v * np.float32(0.4) + bend))
    return np.float32(1) - np.sqrt(wave)


PATTERNS: dict[str, Pattern] = {
    f.__name__: f
    for f in (
        plain, hoops, pinstripe, checks, knit, two_tone, folds, bricks, planks, tiles, leaves,
        dots, bias_stripe, tartan, camouflage, zigzag, diamonds, blinds, shingles, marble,
    )
}  # fmt: skip


def random_weave(seed: int) -> Pattern:
    """A random irregular texture: three warped waves in directions some 60 degrees apart, then a random contrast curve.

    One direction alone would be a stripe and two crossed ones spots or tartan, which belong to the held-out world.
    """
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, np.pi) + np.array([0, 1, 2]) * np.pi / 3 + rng.uniform(-0.3, 0.3, 3)
    rates, gains, shifts = rng.uniform(0.4, 1.8, 3), rng.uniform(0.5, 1.0, 3), rng.uniform(0, 1, 3)
    warp, sharp, middle = (
        np.float32(rng.uniform(0.1, 0.5)),
        float(np.exp(rng.uniform(-0.7, 1.8))),
        rng.uniform(-0.5, 0.5),
    )

    def weave(u: Plane, v: Plane) -> Plane:
        total: Plane = np.zeros((1, 1), np.float32)
        for angle, rate, gain, shift in zip(angles, rates, gains, shifts, strict=True):
            c, s = np.float32(np.cos(angle) * rate), np.float32(np.sin(angle) * rate)
            total = np.float32(gain) * _wave(u * c + v * s + np.float32(shift) + warp * total) + total
        return _soft(total - np.float32(middle), sharp * 0.5)

    return weave


def pattern(name: str) -> Pattern:
    """A pattern by its name; `random:<seed>` names a random weave."""
    if name.startswith("random:"):
        return random_weave(int(name.removeprefix("random:")))
    return PATTERNS[name]


def draw_pattern(options: tuple[str, ...], rng: np.random.Generator) -> str:
    """One of the names; `random` becomes a random weave of its own."""
    name = options[int(rng.integers(len(options)))]
    return f"random:{int(rng.integers(2**30))}" if name == "random" else name
