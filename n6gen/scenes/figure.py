"""Articulated figures: a skeleton from a pose, then its parts in paint order.

Lengths are in heads (h, the height of the head) times the figure's scale in frame units. A standing figure is about
7.4 heads tall.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, radians, sin
from typing import TypeVar

import numpy as np

from n6gen.scenes.canvas import Canvas, Colour, Material
from n6gen.scenes.families import Build, Families, Outfit, Pose
from n6gen.scenes.patterns import draw_pattern
from n6gen.scenes.shapes import Ellipse, Limb, Point, Profile

HEADS_TALL = 7.4
_T = TypeVar("_T")
_SKIN: tuple[Colour, ...] = (
    (0.96, 0.80, 0.69), (0.91, 0.72, 0.58), (0.80, 0.60, 0.46),
    (0.66, 0.46, 0.33), (0.48, 0.32, 0.23), (0.34, 0.22, 0.16),
)  # fmt: skip
_HAIR: tuple[Colour, ...] = (
    (0.10, 0.08, 0.07), (0.28, 0.17, 0.10), (0.50, 0.33, 0.17),
    (0.80, 0.64, 0.38), (0.62, 0.60, 0.58), (0.45, 0.15, 0.08),
)  # fmt: skip


def colour(rng: np.random.Generator, low: float = 0.1, high: float = 0.95) -> Colour:
    """A random colour, muted more often than loud; `low` and `high` bound the brightness before a brightening gamma."""
    value = rng.uniform(low, high) ** 0.8
    saturation = rng.beta(1.3, 2.2)
    hue = rng.uniform(0, 6)
    r, g, b = (
        value * (1 - saturation * float(np.clip(1 - min(k, 4 - k), 0, 1))) for k in ((s + hue) % 6 for s in (5, 3, 1))
    )
    return float(r), float(g), float(b)


@dataclass(frozen=True)
class Stance:
    """Joint angles of one moment, degrees; index 0 is the left of the picture."""

    lift: tuple[float, float]
    bend: tuple[float, float]
    hip: tuple[float, float]
    knee: tuple[float, float]
    reach: tuple[float, float] = (1.0, 1.0)
    lean: float = 0.0


@dataclass(frozen=True)
class Person:
    """Looks and proportions of one figure."""

    build: Build
    girth: float
    legs: float
    shoulders: float
    outfit: Outfit
    hair: str
    skin: Colour
    hair_colour: Colour
    top: Material
    bottom: Material
    shoes: Material
    away: bool  # seen from behind
    arm_in_front: tuple[bool, bool] = field(default=(True, True))


def draw_stance(pose: Pose, rng: np.random.Generator) -> Stance:
    """Joint angles from a pose family, mirrored half of the time."""
    order = (0, 1) if rng.random() < 0.5 else (1, 0)
    arms, legs = [pose.arms[i] for i in order], [pose.legs[i] for i in order]
    lean = pose.lean.draw(rng) * (1 if order[0] == 0 else -1)
    return Stance(
        lift=(arms[0].lift.draw(rng), arms[1].lift.draw(rng)),
        bend=(arms[0].bend.draw(rng), arms[1].bend.draw(rng)),
        hip=(legs[0].lift.draw(rng), legs[1].lift.draw(rng)),
        knee=(legs[0].bend.draw(rng), legs[1].bend.draw(rng)),
        reach=(legs[0].reach.draw(rng), legs[1].reach.draw(rng)),
        lean=lean,
    )


def draw_person(families: Families, scale: float, rng: np.random.Generator) -> Person:
    """Random looks; `scale` is the head height in frame units, which sets the size of the cloth patterns."""

    def pick(options: tuple[_T, ...]) -> _T:
        return options[int(rng.integers(len(options)))]

    def cloth() -> Material:
        return Material(colour(rng), colour(rng), draw_pattern(families.cloth, rng), scale * rng.uniform(0.25, 0.8))

    build = pick(families.builds)
    return Person(
        build=build,
        girth=build.girth.draw(rng),
        legs=build.legs.draw(rng),
        shoulders=build.shoulders.draw(rng),
        outfit=pick(families.outfits),
        hair=pick(families.hair),
        skin=pick(_SKIN),
        hair_colour=pick(_HAIR),
        top=cloth(),
        bottom=cloth(),
        shoes=Material(colour(rng, 0.05, 0.5)),
        away=bool(rng.random() < 0.15),
        arm_in_front=(bool(rng.random() < 0.8), bool(rng.random() < 0.8)),
    )


def _toward(origin: Point, angle: float, side: int, length: float) -> Point:
    """From origin, `angle` degrees away from straight down towards `side` (-1 left, +1 right)."""
    return origin[0] + side * sin(radians(angle)) * length, origin[1] + cos(radians(angle)) * length


def _mix(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


class Figure:
    """A person in a stance at a place: `pelvis` and the head height `scale` are in frame units."""

    def __init__(self, person: Person, stance: Stance, pelvis: Point, scale: float) -> None:
        """Work out all joints, frame units."""
        self.person, self.stance, self.scale, self.pelvis = person, stance, scale, pelvis
        h, lean = scale, stance.lean
        up = (sin(radians(lean)), -cos(radians(lean)))
        right = (-up[1], up[0])

        def at(x: float, y: float) -> Point:
            return pelvis[0] + (right[0] * x + up[0] * y) * h, pelvis[1] + (right[1] * x + up[1] * y) * h

        self.neck, self.head = at(0, 2.45), at(0, 3.28)
        self.trunk_low, self.waist = at(0, -0.35), at(0, 0.45)
        wide = 0.72 * person.shoulders
        self.shoulder = (at(-wide, 2.02), at(wide, 2.02))
        self.hip = (at(-0.34 * person.girth, 0.0), at(0.34 * person.girth, 0.0))
        self.arms, self.legs = [], []
        for i, side in ((0, -1), (1, 1)):
            lift = stance.lift[i] - side * lean
            elbow = _toward(self.shoulder[i], lift, side, 1.35 * h)
            wrist = _toward(elbow, lift + stance.bend[i], side, 1.15 * h)
            hand = _toward(wrist, lift + stance.bend[i], side, 0.22 * h)
            self.arms.append((elbow, wrist, hand))
            knee = _toward(self.hip[i], stance.hip[i], side, 1.72 * h * person.legs * stance.reach[i])
            ankle = _toward(knee, stance.hip[i] + stance.knee[i], side, 1.62 * h * person.legs)
            self.legs.append((knee, ankle))

    @property
    def feet(self) -> Point:
        """The point between the ankles on the ground, frame units."""
        (_, a), (_, b) = self.legs
        return (a[0] + b[0]) / 2, max(a[1], b[1]) + 0.15 * self.scale

    def paint(self, canvas: Canvas) -> None:
        """Paint all parts, back to front, as person pixels."""
        from n6gen.scenes.head import paint_hair_back, paint_head

        person = self.person
        for i in (0, 1):
            if not person.arm_in_front[i]:
                self._arm(canvas, i)
        if not person.away:
            paint_hair_back(canvas, self)
        for i in (0, 1):
            self._leg(canvas, i)
        self._trunk(canvas)
        paint_head(canvas, self)
        for i in (0, 1):
            if person.arm_in_front[i]:
                self._arm(canvas, i)

    def _sleeve(
        self,
        canvas: Canvas,
        joints: tuple[Point, Point, Point],
        radii: tuple[float, float, float],
        cover: float,
        cloth: Material,
        loose: float,
    ) -> None:
        """Two bare segments, then the cloth over the first `cover` of them (0 none, 1 the upper, 2 both)."""
        skin, rim = Material(self.person.skin), 0.12 * self.scale
        # The upper segment comes last, so that cloth hangs over the joint; it throws no rim on the trunk.
        for k in (1, 0):
            a, b, ra, rb = joints[k], joints[k + 1], radii[k], radii[k + 1]
            part = min(max(cover - k, 0.0), 1.0)
            if part < 1:
                canvas.paint(Limb(a, b, ra, rb), skin, person=True, contact=rim * k)
            if part > 0:
                end = ra + (rb - ra) * part
                canvas.paint(Limb(a, _mix(a, b, part), ra * loose, end * loose), cloth, person=True, contact=rim * k)

    def _arm(self, canvas: Canvas, i: int) -> None:
        h, g = self.scale, self.person.girth
        elbow, wrist, hand = self.arms[i]
        canvas.paint(Ellipse(hand, 0.15 * h, 0.19 * h), Material(self.person.skin), person=True)
        radii = (0.27 * h * g, 0.21 * h * g, 0.14 * h * g)
        self._sleeve(canvas, (self.shoulder[i], elbow, wrist), radii, self.person.outfit.sleeves, self.person.top, 1.1)

    def _leg(self, canvas: Canvas, i: int) -> None:
        h, g, side = self.scale, self.person.girth, (-1, 1)[i]
        knee, ankle = self.legs[i]
        toe = ankle[0] + side * 0.16 * h, ankle[1] + 0.16 * h
        canvas.paint(Limb(ankle, toe, 0.17 * h, 0.19 * h), self.person.shoes, person=True)
        radii = (0.43 * h * g, 0.30 * h * g, 0.19 * h * g)
        self._sleeve(canvas, (self.hip[i], knee, ankle), radii, self.person.outfit.trousers, self.person.bottom, 1.1)

    def _trunk(self, canvas: Canvas) -> None:
        person, h = self.person, self.scale
        g, s = person.girth * h, person.shoulders * h
        rim = 0.15 * h
        if person.outfit.skirt:
            hem = person.outfit.skirt * 1.72 * person.legs * h
            knees = [self.legs[i][0] for i in (0, 1)]
            spread = max(0.75 * g, abs(knees[1][0] - knees[0][0]) / 2 + 0.3 * g)
            low = (knees[0][0] + knees[1][0]) / 2, max(self.pelvis[1] + 0.5 * h, max(k[1] for k in knees))
            end = _mix(self.waist, low, min(1.0, hem / (1.72 * person.legs * h) + 0.2))
            cloth = person.top if person.outfit.open_front else person.bottom
            canvas.paint(
                Profile(self.waist, end, (0.52 * g, 0.72 * g, spread), 0.05 * h), cloth, person=True, contact=rim
            )
        hips = person.bottom if person.outfit.trousers else person.top
        canvas.paint(Profile(self.trunk_low, self.waist, (0.56 * g, 0.68 * g, 0.55 * g), 0.08 * h), hips, person=True)
        hips_up = (0.60 * g, 0.53 * g, 0.53 * g, 0.60 * g)
        widths = (*hips_up, 0.68 * s, 0.74 * s, 0.78 * s, 0.72 * s, 0.22 * s)
        start = _mix(self.waist, self.trunk_low, 0.4)
        canvas.paint(Profile(start, self.neck, widths, 0.08 * h), person.top, person=True, contact=rim)
        if person.outfit.open_front:
            canvas.paint(Profile(self.waist, self.neck, (0.1 * g, 0.16 * g, 0.22 * g)), person.bottom, person=True)
