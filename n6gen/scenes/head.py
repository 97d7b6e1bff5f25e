"""Heads: neck, face, and the hair styles of both splits."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

from n6gen.scenes.canvas import Canvas, Material
from n6gen.scenes.shapes import Ellipse, Limb, Point, Profile

if TYPE_CHECKING:
    from n6gen.scenes.figure import Figure

_FACE_PIXELS = 12.0  # below this head height, eyes would be noise


def _local(figure: Figure, x: float, y: float) -> Point:
    """A point in head coordinates: x to the right and y up, in heads from the centre of the head."""
    h = figure.scale
    ux, uy = (figure.head[0] - figure.neck[0]) / (0.83 * h), (figure.head[1] - figure.neck[1]) / (0.83 * h)
    return figure.head[0] + (-uy * x + ux * y) * h, figure.head[1] + (ux * x + uy * y) * h


def paint_hair_back(canvas: Canvas, figure: Figure) -> None:
    """What hangs behind the shoulders."""
    person, h = figure.person, figure.scale
    hair = Material(person.hair_colour, gloss=0.1)
    tilt = radians(figure.stance.lean)
    if person.hair == "long":
        top, low = _local(figure, 0, 0.2), _local(figure, 0, -1.25)
        canvas.paint(Profile(top, low, (0.4 * h, 0.47 * h, 0.46 * h, 0.4 * h, 0.2 * h), 0.06 * h), hair, person=True)
    elif person.hair == "bob":
        top, low = _local(figure, 0, 0.25), _local(figure, 0, -0.5)
        canvas.paint(Profile(top, low, (0.38 * h, 0.47 * h, 0.49 * h, 0.4 * h), 0.05 * h), hair, person=True)
    elif person.hair == "afro":
        canvas.paint(Ellipse(_local(figure, 0, 0.14), 0.66 * h, 0.62 * h, tilt), hair, person=True)
    elif person.hair == "ponytail":
        canvas.paint(Limb(_local(figure, 0.25, 0.3), _local(figure, 0.62, -0.6), 0.16 * h, 0.09 * h), hair, person=True)
    elif person.hair == "bun":
        canvas.paint(Ellipse(_local(figure, 0, 0.6), 0.22 * h, 0.2 * h), hair, person=True)
    else:
        _more_hair_back(canvas, figure, hair, tilt)


def _more_hair_back(canvas: Canvas, figure: Figure, hair: Material, tilt: float) -> None:
    person, h = figure.person, figure.scale
    if person.hair == "hood":
        canvas.paint(Ellipse(_local(figure, 0, -0.02), 0.5 * h, 0.62 * h, tilt), person.top, person=True)
    elif person.hair == "curls":
        for k in range(11):
            turn = radians(200 - 22 * k)
            canvas.paint(
                Ellipse(_local(figure, 0.4 * cos(turn), 0.1 + 0.42 * sin(turn)), 0.15 * h, 0.15 * h), hair, person=True
            )
    elif person.hair == "braids":
        for side in (-1, 1):
            a, b = _local(figure, side * 0.36, 0.0), _local(figure, side * 0.5, -1.0)
            canvas.paint(Limb(a, b, 0.11 * h, 0.07 * h), hair, person=True)


def paint_head(canvas: Canvas, figure: Figure) -> None:
    """Neck, head, face and the hair in front; from behind, hair covers the face."""
    person, h = figure.person, figure.scale
    skin, hair = Material(person.skin, gloss=0.06), Material(person.hair_colour, gloss=0.1)
    tilt = radians(figure.stance.lean)
    canvas.paint(Limb(figure.neck, _local(figure, 0, -0.3), 0.2 * h, 0.19 * h), skin, person=True)
    for side in (-1, 1):
        canvas.paint(Ellipse(_local(figure, side * 0.38, -0.02), 0.07 * h, 0.12 * h, tilt), skin, person=True)
    canvas.paint(Ellipse(figure.head, 0.385 * h, 0.5 * h, tilt), skin, person=True, contact=0.1 * h)
    if person.away:
        if person.hair not in ("bald", "cap", "hood"):
            canvas.paint(Ellipse(_local(figure, 0, 0.06), 0.43 * h, 0.48 * h, tilt), hair, person=True)
        paint_hair_back(canvas, figure)
    elif h * canvas.size >= _FACE_PIXELS:
        _face(canvas, figure)
    _hair_front(canvas, figure)


def _hair_front(canvas: Canvas, figure: Figure) -> None:
    person, h = figure.person, figure.scale
    hair, tilt = Material(person.hair_colour, gloss=0.1), radians(figure.stance.lean)
    if person.hair in ("short", "long", "bun", "ponytail", "bob"):
        canvas.paint(Ellipse(_local(figure, 0, 0.31), 0.41 * h, 0.235 * h, tilt), hair, person=True)
        if person.hair != "short" and not person.away:
            for side in (-1, 1):
                a, b = _local(figure, side * 0.33, 0.3), _local(figure, side * 0.4, -0.15)
                canvas.paint(Limb(a, b, 0.1 * h, 0.06 * h), hair, person=True)
    elif person.hair == "afro" and not person.away:
        canvas.paint(Ellipse(_local(figure, 0, 0.4), 0.44 * h, 0.26 * h, tilt), hair, person=True)
    else:
        _more_hair_front(canvas, figure, hair, tilt)


def _more_hair_front(canvas: Canvas, figure: Figure, hair: Material, tilt: float) -> None:
    person, h = figure.person, figure.scale
    if person.hair in ("curls", "braids"):
        canvas.paint(Ellipse(_local(figure, 0, 0.33), 0.4 * h, 0.2 * h, tilt), hair, person=True)
    elif person.hair == "spikes":
        for k in range(5):
            a, b = _local(figure, 0.14 * (k - 2), 0.3), _local(figure, 0.22 * (k - 2), 0.72)
            canvas.paint(Limb(a, b, 0.13 * h, 0.03 * h), hair, person=True)
    elif person.hair == "brim":
        canvas.paint(Ellipse(_local(figure, 0, 0.25), 0.68 * h, 0.1 * h, tilt), person.bottom, person=True)
        a, b = _local(figure, 0, 0.68), _local(figure, 0, 0.25)
        canvas.paint(Profile(a, b, (0.28 * h, 0.36 * h), 0.04 * h), person.bottom, person=True)
    elif person.hair == "cap":
        canvas.paint(Ellipse(_local(figure, 0, 0.3), 0.42 * h, 0.27 * h, tilt), person.bottom, person=True)
        if not person.away:
            canvas.paint(Ellipse(_local(figure, 0, 0.2), 0.46 * h, 0.09 * h, tilt), person.bottom, person=True)


def _face(canvas: Canvas, figure: Figure) -> None:
    person, h = figure.person, figure.scale
    white, dark = Material((0.93, 0.93, 0.92)), Material((0.12, 0.09, 0.08))
    shade = Material(tuple(0.82 * c for c in person.skin))  # type: ignore[arg-type]
    lips = Material((0.62 * person.skin[0] + 0.12, 0.5 * person.skin[1], 0.5 * person.skin[2]))
    tilt = radians(figure.stance.lean)
    for side in (-1, 1):
        canvas.paint(Ellipse(_local(figure, side * 0.15, 0.03), 0.075 * h, 0.042 * h, tilt, True), white, person=True)
        canvas.paint(Ellipse(_local(figure, side * 0.15, 0.03), 0.038 * h, 0.04 * h, tilt, True), dark, person=True)
        brow = Material(person.hair_colour)
        canvas.paint(Ellipse(_local(figure, side * 0.15, 0.13), 0.09 * h, 0.022 * h, tilt, True), brow, person=True)
    canvas.paint(Ellipse(_local(figure, 0, -0.1), 0.045 * h, 0.1 * h, tilt, True), shade, person=True)
    canvas.paint(Ellipse(_local(figure, 0, -0.28), 0.12 * h, 0.035 * h, tilt, True), lips, person=True)
