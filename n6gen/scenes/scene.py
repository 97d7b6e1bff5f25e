"""Whole scenes: background, props, figures, light, then what the camera does to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from n6gen.scenes.canvas import Canvas, Lamp, Material
from n6gen.scenes.families import Families, Light, Split, families
from n6gen.scenes.figure import HEADS_TALL, Figure, Stance, colour, draw_person, draw_stance
from n6gen.scenes.patterns import draw_pattern
from n6gen.scenes.props import PROPS, Spot
from n6gen.scenes.shapes import Plane

_SPLIT_ID = {"train": 1, "heldout": 2, "stress": 3, "wide": 4, "broad": 5}


@dataclass(frozen=True)
class Scene:
    """A rendered picture: `image` uint8 RGB [H, W, 3]; `mask` uint8 [H, W], 1 where a person is visible, else 0."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def _check(seed: int, size: int) -> None:
    if seed < 0:
        raise ValueError(f"seed must not be negative: {seed}")
    if not 32 <= size <= 2048:
        raise ValueError(f"size must be 32..2048 pixels: {size}")


def _lamp(light: Light, rng: np.random.Generator) -> Lamp:
    azimuth = radians(light.azimuth.draw(rng)) * (1 if rng.random() < 0.5 else -1)
    tilt = 0.75  # towards the viewer, so that fronts are lit
    flat = (1 - tilt * tilt) ** 0.5
    return Lamp(sin(azimuth) * flat, -cos(azimuth) * flat, tilt, light.ambient.draw(rng), light.diffuse.draw(rng))


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _backdrop(canvas: Canvas, world: Families, rng: np.random.Generator) -> float:
    """Wall and floor; returns the height of the horizon (frame units, y)."""
    horizon = float(rng.uniform(0.5, 0.95))
    contrast = world.contrast.draw(rng)

    def surface(patterns: tuple[str, ...]) -> Material:
        one, two = colour(rng, 0.2), colour(rng, 0.2)
        second = tuple(a + (b - a) * contrast for a, b in zip(one, two, strict=True))
        return Material(
            one, (second[0], second[1], second[2]), draw_pattern(patterns, rng), float(rng.uniform(0.05, 0.35))
        )

    lean = float(rng.choice([0.0, 0.0, rng.uniform(-0.3, 0.3)]))
    canvas.fill(surface(world.walls), 0.0, horizon, lean=lean, fade=float(rng.uniform(-0.4, 0.4)))
    canvas.fill(surface(world.floors), horizon, 1.0, fade=float(rng.uniform(-0.3, 0.8)))
    if rng.random() < 0.5:
        canvas.fill(Material(colour(rng)), horizon - 0.02, horizon)
    return horizon


def _props(canvas: Canvas, world: Families, rng: np.random.Generator, count: int, horizon: float, front: bool) -> None:
    for _ in range(count):
        name = _pick(world.props, rng)
        size = float(rng.uniform(0.25, 0.7) if front else rng.uniform(0.3, 0.9))
        foot = float(rng.uniform(0.95, 1.15) if front else rng.uniform(horizon, min(1.0, horizon + 0.25)))
        x = float(rng.uniform(-0.05, 1.05))
        if name not in ("picture", "shelf", "pillar"):
            canvas.shade(x, foot, 0.25 * size, 0.05 * size, 0.4)
        PROPS[name](canvas, rng, Spot(x, foot, size, world.cloth))


def _figure(world: Families, rng: np.random.Generator, x: float, far: bool) -> Figure:
    """One figure at about x: whole, to the knee, or head and shoulders; `far` ones are small and whole."""
    kind = 3 if far else int(rng.choice(3, p=world.framing))
    tall = float(rng.uniform(*((0.65, 1.0), (1.05, 1.55), (1.6, 2.7), (0.42, 0.6))[kind]))
    scale = tall / HEADS_TALL
    pose = world.poses[int(rng.integers(len(world.poses)))]
    person, stance = draw_person(world, scale, rng), draw_stance(pose, rng)
    figure = Figure(person, stance, (x, 0.0), scale)
    if kind in (0, 3):
        down = rng.uniform(0.86, 1.04) - figure.feet[1]
    else:
        down = rng.uniform(0.06, 0.24) - (figure.head[1] - 0.5 * scale)
    return Figure(person, stance, (x, float(down)), scale)


def _camera(canvas: Canvas, light: Light, rng: np.random.Generator, grains: np.random.Generator) -> NDArray[np.uint8]:
    """Colour cast, a lighting gradient, vignette, blur, noise and rounding to bytes; returns [H, W, 3].

    The settings come from `rng`, the noise itself from `grains`.
    """
    n = canvas.size
    warmth = light.warmth.draw(rng)
    axis = np.linspace(-1, 1, n, dtype=np.float32)
    gx, gy, dark = (np.float32(rng.uniform(*band)) for band in ((-0.12, 0.12), (-0.08, 0.08), (0.0, 0.1)))
    across = 1 + gx * axis - dark * axis * axis
    down = 1 + gy * axis - dark * axis * axis
    gain: Plane = across[None, :] * down[:, None]
    blur = float(rng.uniform(0, 0.9)) * n / 320 if rng.random() < 0.6 else 0.0
    grain = np.float32(rng.uniform(0.5, 6.0))
    # One draw serves as the grey noise and, shifted, as the colour noise: two independent draws cost 2 ms more.
    noise = grains.standard_normal((n, n), np.float32) * grain + np.float32(0.5)
    tint = np.roll(noise, n // 2 + 1, axis=1) * np.float32(0.4)
    out = np.empty((n, n, 3), np.uint8)
    for channel, cast, sign in ((0, 1 + warmth, 1.0), (1, 1.0, 0.0), (2, 1 - warmth, -1.0)):
        plane = canvas.rgb[channel] * (gain * np.float32(255 * cast))
        if blur > 0.2:
            soft = Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))
            plane = np.asarray(soft, np.float32)
        plane = plane + noise
        if sign:
            plane += np.float32(sign) * tint
        out[..., channel] = np.clip(plane, 0, 255).astype(np.uint8)
    return out


def _finish(canvas: Canvas, light: Light, rng: np.random.Generator, grains: np.random.Generator) -> Scene:
    return Scene(_camera(canvas, light, rng, grains), (canvas.person > 0.5).astype(np.uint8))


def render(seed: int, size: int, split: Split = "train", *, empty: bool = False, figures: int | None = None) -> Scene:
    """One scene of `size` x `size` pixels, the same for the same arguments.

    `empty` draws no figure; `figures` fixes their number (default: one to three). Geometry does not depend on `size`,
    so a seed shows the same scene at every resolution. ValueError for a bad seed, size or split.
    """
    _check(seed, size)
    world = families(split)
    rng = np.random.default_rng([seed, _SPLIT_ID[split], int(empty)])
    light = world.lights[int(rng.integers(len(world.lights)))]
    canvas = Canvas(size, _lamp(light, rng))
    horizon = _backdrop(canvas, world, rng)
    _props(canvas, world, rng, int(rng.integers(0, 4)) + (1 if empty else 0), horizon, False)
    drawn = int(rng.choice((1, 2, 3), p=(0.62, 0.28, 0.10)))
    count = 0 if empty else drawn if figures is None else figures
    centre, step = rng.uniform(0.3, 0.7), rng.uniform(0.28, 0.5)
    people = [
        _figure(
            world, rng, float(centre + (k - (count - 1) / 2) * step + rng.normal(0, 0.05)), k > 0 and rng.random() < 0.5
        )
        for k in range(count)
    ]
    for figure in sorted(people, key=lambda f: f.scale):
        x, y = figure.feet
        canvas.shade(x, y, 1.1 * figure.scale, 0.25 * figure.scale, 0.45)
        figure.paint(canvas)
    _props(canvas, world, rng, int(rng.choice((0, 1, 2), p=world.clutter)), horizon, True)
    return _finish(canvas, light, rng, rng)


def sequence(seed: int, n: int, size: int, split: Split = "heldout") -> Iterator[Scene]:
    """`n` frames of a figure that walks through one scene from edge to edge; same arguments, same frames."""
    _check(seed, size)
    world = families(split)
    rng = np.random.default_rng([seed, _SPLIT_ID[split], 7])
    light = world.lights[int(rng.integers(len(world.lights)))]
    canvas = Canvas(size, _lamp(light, rng))
    horizon = _backdrop(canvas, world, rng)
    _props(canvas, world, rng, 2, horizon, False)
    scale = float(rng.uniform(0.78, 0.92)) / HEADS_TALL
    person = draw_person(world, scale, rng)
    way = 1 if rng.random() < 0.5 else -1
    settings = int(rng.integers(2**32))  # one camera for all frames, fresh noise in each
    for k in range(n):
        t = k / max(n - 1, 1)
        swing = sin(2 * pi * 3 * t)
        # Angles open away from the body's middle, so equal ones scissor: one leg goes ahead as the other goes back.
        hips = 20 * swing
        bends = [-way * side * (6 + 18 * max(0.0, -way * side * swing)) for side in (-1, 1)]
        arms = 8 - 11 * swing
        stance = Stance((arms, arms), (14 * way * -1, 14 * way), (hips, hips), (bends[0], bends[1]), lean=3 * way)
        x = 0.5 + way * (t - 0.5) * 0.9
        bob = 0.06 * scale * abs(swing)
        figure = Figure(person, stance, (x, 0.94 - (1.72 + 1.62) * scale * person.legs + bob), scale)
        frame = canvas.copy()
        frame.shade(x, 0.95, 1.2 * scale, 0.25 * scale, 0.45)
        figure.paint(frame)
        yield _finish(frame, light, np.random.default_rng(settings), rng)
