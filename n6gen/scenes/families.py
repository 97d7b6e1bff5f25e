"""What each split may draw. Train and held-out share no family, and no numeric band of one overlaps its rival.

A family is a name plus half-open bands. The bands of the two splits interleave, so the held-out scenes lie *between*
the training ones: figures, clothes, textures, lights and objects that were never seen, from the same kind of world.
Skin tones, hues and frame positions are shared by both splits.

`wide` is the training world with random textures and random things added, `broad` adds loose poses, bodies, hair and
lights to that; they serve the later parts of the training and keep clear of the held-out families as train does.
Training is the harder world in two ways that are not families: its walls are louder and more of its figures are seen
whole, and so small. `stress` is the held-out world made as hard as that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Split = Literal["train", "wide", "broad", "heldout", "stress"]


@dataclass(frozen=True)
class Band:
    """A half-open interval [low, high)."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """A uniform value."""
        return float(rng.uniform(self.low, self.high))

    def overlaps(self, other: Band) -> bool:
        """True when the two intervals share a value."""
        return self.low < other.high and other.low < self.high


@dataclass(frozen=True)
class Build:
    """Body proportions: girth scales all widths, legs scales the leg length, shoulders their width."""

    name: str
    girth: Band
    legs: Band
    shoulders: Band


@dataclass(frozen=True)
class Arm:
    """Degrees. `lift`: upper arm, 0 hangs down, 90 points sideways. `bend`: forearm against the upper arm."""

    lift: Band
    bend: Band


@dataclass(frozen=True)
class Leg:
    """Degrees, as for an arm; `reach` foreshortens the thigh (1 in the picture plane, 0 towards the viewer)."""

    lift: Band
    bend: Band
    reach: Band = Band(0.97, 1.0)


@dataclass(frozen=True)
class Pose:
    """Two arms, two legs and the lean of the trunk (degrees); mirrored at random when drawn."""

    name: str
    arms: tuple[Arm, Arm]
    legs: tuple[Leg, Leg]
    lean: Band = Band(-5, 5)


@dataclass(frozen=True)
class Light:
    """Azimuth in degrees (0 from above, 90 from the right), mirrored at random; warmth > 0 is reddish."""

    name: str
    azimuth: Band
    ambient: Band
    diffuse: Band
    warmth: Band


@dataclass(frozen=True)
class Outfit:
    """Sleeves and trousers as a fraction of the limb covered (0..2: upper part, then lower); skirt in thigh lengths."""

    name: str
    sleeves: float
    trousers: float
    skirt: float = 0.0
    open_front: bool = False


@dataclass(frozen=True)
class Families:
    """Everything that one split may draw."""

    builds: tuple[Build, ...]
    poses: tuple[Pose, ...]
    outfits: tuple[Outfit, ...]
    hair: tuple[str, ...]
    cloth: tuple[str, ...]
    walls: tuple[str, ...]
    floors: tuple[str, ...]
    lights: tuple[Light, ...]
    props: tuple[str, ...]
    contrast: Band  # how far the two colours of a wall or floor are apart: 0 plain, 1 unrelated
    clutter: tuple[float, float, float]  # odds of no, one or two things in front
    framing: tuple[float, float, float]  # odds that a near figure is seen whole, to the knee, head and shoulders


_DOWN = Arm(Band(3, 18), Band(-18, 6))
_STAND = Leg(Band(1, 9), Band(-6, 4))

TRAIN = Families(
    builds=(
        Build("slight", Band(0.80, 0.92), Band(0.90, 1.00), Band(0.86, 0.94)),
        Build("average", Band(1.00, 1.10), Band(0.96, 1.06), Band(1.00, 1.06)),
        Build("heavy", Band(1.20, 1.36), Band(0.86, 0.98), Band(1.10, 1.20)),
    ),
    poses=(
        Pose("stand", (_DOWN, _DOWN), (_STAND, _STAND)),
        Pose("stroll", (_DOWN, Arm(Band(8, 18), Band(8, 30))), (Leg(Band(12, 24), Band(-22, -6)), _STAND)),
        Pose("akimbo", (Arm(Band(38, 54), Band(-104, -82)),) * 2, (_STAND, Leg(Band(6, 16), Band(-8, 0)))),
        Pose("one_akimbo", (Arm(Band(38, 54), Band(-104, -82)), _DOWN), (_STAND, _STAND)),
        Pose("raise", (Arm(Band(140, 172), Band(-10, 28)),) * 2, (_STAND, _STAND)),
        Pose("raise_one", (Arm(Band(140, 172), Band(-30, 20)), _DOWN), (_STAND, Leg(Band(8, 18), Band(-10, 0)))),
        Pose(
            "reach", (Arm(Band(96, 124), Band(-24, 24)), _DOWN), (_STAND, Leg(Band(10, 20), Band(-14, -2))), Band(2, 12)
        ),
        Pose("spread", (Arm(Band(96, 124), Band(-24, 24)),) * 2, (Leg(Band(10, 24), Band(-4, 4)),) * 2),
        Pose("elbow_up", (Arm(Band(38, 54), Band(78, 120)), _DOWN), (_STAND, _STAND)),
        Pose("sit", (Arm(Band(4, 18), Band(-70, -40)),) * 2, (Leg(Band(12, 36), Band(-34, -14), Band(0.25, 0.5)),) * 2),
        Pose(
            "squat",
            (Arm(Band(20, 36), Band(-60, -30)), _DOWN),
            (Leg(Band(52, 76), Band(-80, -56), Band(0.6, 0.8)),) * 2,
        ),
        Pose("fold_hands", (Arm(Band(4, 18), Band(-100, -72)),) * 2, (_STAND, _STAND)),
    ),
    outfits=(
        Outfit("tee_trousers", 0.7, 2.0),
        Outfit("jumper_trousers", 2.0, 2.0),
        Outfit("vest_shorts", 0.0, 0.7),
        Outfit("dress", 0.4, 0.0, 1.0),
        Outfit("shirt_shorts", 1.4, 0.9),
    ),
    hair=("short", "long", "bald", "bun"),
    cloth=("plain", "hoops", "pinstripe", "checks", "knit", "two_tone", "folds", "leaves"),
    walls=("plain", "bricks", "planks", "tiles", "folds", "leaves", "hoops", "pinstripe", "checks", "knit"),
    floors=("plain", "planks", "tiles", "leaves", "knit"),
    lights=(
        Light("window", Band(18, 42), Band(0.45, 0.60), Band(0.40, 0.60), Band(-0.03, 0.03)),
        Light("overcast", Band(0, 8), Band(0.78, 0.90), Band(0.10, 0.22), Band(-0.09, -0.05)),
        Light("evening", Band(60, 80), Band(0.34, 0.46), Band(0.50, 0.70), Band(0.08, 0.13)),
        Light("dim", Band(18, 42), Band(0.22, 0.32), Band(0.26, 0.38), Band(-0.05, 0.05)),
    ),
    props=("tree", "lamp", "crate", "ball", "table", "plant", "dog", "bottle", "picture", "shelf", "pillar", "blob"),
    contrast=Band(0.0, 1.0),
    clutter=(0.60, 0.28, 0.12),
    framing=(0.30, 0.35, 0.35),
)

_REST = Arm(Band(19, 30), Band(-28, -18.5))
_FEET = Leg(Band(9.5, 11.5), Band(-13, -9))

HELDOUT = Families(
    builds=(
        Build("lean", Band(0.93, 0.99), Band(1.07, 1.14), Band(0.95, 0.99)),
        Build("sturdy", Band(1.11, 1.19), Band(0.99, 1.05), Band(1.07, 1.09)),
    ),
    poses=(
        Pose("wave", (Arm(Band(58, 76), Band(74, 104)), _REST), (_FEET, _FEET)),
        Pose("point", (Arm(Band(78, 94), Band(-12, 12)), _REST), (_FEET, Leg(Band(26, 32), Band(-30, -24)))),
        Pose("cross_arms", (Arm(Band(19, 28), Band(-134, -112)),) * 2, (_FEET, _FEET)),
        Pose("phone", (Arm(Band(22, 36), Band(126, 150)), _REST), (_FEET, _FEET)),
        Pose("dance", (Arm(Band(126, 138), Band(-70, -36)), Arm(Band(58, 76), Band(-66, -32))),
             (Leg(Band(38, 50), Band(-66, -40), Band(0.84, 0.94)), _FEET), Band(6, 10)),
        Pose("lunge", (Arm(Band(56, 76), Band(-80, -50)), _REST),
             (Leg(Band(38, 50), Band(-48, -36), Band(0.84, 0.94)), Leg(Band(26, 34), Band(2, 10)))),
        Pose("cheer", (Arm(Band(126, 138), Band(30, 56)),) * 2, (_FEET, _FEET)),
    ),
    outfits=(
        Outfit("coat", 2.0, 2.0, 0.75, True),
        Outfit("blouse_skirt", 1.1, 0.0, 0.7),
        Outfit("hoodie_joggers", 1.9, 1.8),
        Outfit("polo_capris", 0.55, 1.4),
    ),
    hair=("bob", "afro", "ponytail", "cap"),
    cloth=("dots", "bias_stripe", "tartan", "camouflage", "diamonds", "marble"),
    walls=("zigzag", "blinds", "shingles", "marble", "diamonds", "bias_stripe"),
    floors=("marble", "shingles", "diamonds"),
    lights=(
        Light("lamp", Band(44, 58), Band(0.47, 0.58), Band(0.36, 0.48), Band(0.04, 0.07)),
        Light("strip", Band(9, 17), Band(0.62, 0.74), Band(0.24, 0.34), Band(-0.049, -0.031)),
    ),
    props=("signpost", "vase", "stool", "balloons", "cactus", "cat", "umbrella", "wheel"),
    contrast=Band(0.0, 0.5),
    clutter=(0.60, 0.28, 0.12),
    framing=(0.15, 0.40, 0.45),
)  # fmt: skip

WIDE = replace(
    TRAIN,
    cloth=(*TRAIN.cloth, *("random",) * 5),
    walls=(*TRAIN.walls, *("random",) * 6),
    floors=(*TRAIN.floors, *("random",) * 3),
    props=(*TRAIN.props, *("turned", "contraption") * 3),
)

# Upper arms and thighs at angles where no held-out one ever is; so their forearms and shins are free.
_FREE_ARMS = (
    Arm(Band(0, 18), Band(-150, 160)), Arm(Band(38, 55), Band(-150, 160)),
    Arm(Band(96, 124), Band(-140, 140)), Arm(Band(139, 175), Band(-120, 120)),
)  # fmt: skip
_FREE_LEGS = (
    Leg(Band(0, 9), Band(-25, 20), Band(0.6, 1.0)), Leg(Band(12, 25), Band(-50, 20), Band(0.5, 1.0)),
    Leg(Band(51, 80), Band(-100, 0), Band(0.4, 1.0)), Leg(Band(12, 25), Band(-25, 5)),
)  # fmt: skip

BROAD = replace(
    WIDE,
    builds=(
        *TRAIN.builds,
        Build("slender", Band(0.70, 0.92), Band(0.85, 1.06), Band(0.80, 0.94)),
        Build("giant", Band(1.20, 1.50), Band(0.85, 1.06), Band(1.10, 1.28)),
    ),
    poses=(
        *TRAIN.poses,
        *(
            Pose(f"loose_{i}{j}", (a, b), (_FREE_LEGS[i], _FREE_LEGS[j]), Band(-12, 12))
            for i, a in enumerate(_FREE_ARMS)
            for j, b in enumerate(_FREE_ARMS)
        ),
    ),
    outfits=(
        *TRAIN.outfits, Outfit("long_sleeves_shorts", 2.0, 0.8), Outfit("vest_trousers", 0.3, 2.0),
        Outfit("robe", 1.7, 1.0, 1.2), Outfit("tunic", 1.2, 1.7, 0.4),
    ),
    hair=(*TRAIN.hair, "spikes", "hood", "brim", "curls", "braids"),
    lights=(
        *TRAIN.lights,
        Light("noon", Band(0, 8), Band(0.75, 0.95), Band(0.05, 0.40), Band(-0.15, 0.15)),
        Light("dusk", Band(60, 89), Band(0.20, 0.46), Band(0.30, 0.70), Band(-0.15, 0.15)),
    ),
    clutter=(0.30, 0.40, 0.30),
)  # fmt: skip

STRESS = replace(HELDOUT, contrast=TRAIN.contrast, framing=TRAIN.framing)

_WORLDS = {"train": TRAIN, "wide": WIDE, "broad": BROAD, "heldout": HELDOUT, "stress": STRESS}


def families(split: Split) -> Families:
    """The families of a split; ValueError for any other word."""
    if split not in _WORLDS:
        raise ValueError(f"split is one of {', '.join(_WORLDS)}, not {split!r}")
    return _WORLDS[split]
