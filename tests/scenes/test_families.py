"""What the held-out split draws is absent from training, by construction."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from n6gen.scenes.families import BROAD, HELDOUT, STRESS, TRAIN, WIDE, Arm, Leg, Pose, families
from n6gen.scenes.patterns import PATTERNS, pattern
from n6gen.scenes.props import PROPS


@pytest.mark.parametrize("kind", ["builds", "poses", "outfits", "lights"])
def test_no_named_family_is_in_both_splits(kind: str) -> None:
    """Builds, poses, outfits and lights have other names in each split."""
    assert not {f.name for f in getattr(BROAD, kind)} & {f.name for f in getattr(HELDOUT, kind)}


@pytest.mark.parametrize("kind", ["hair", "cloth", "props"])
@pytest.mark.parametrize("world", [TRAIN, WIDE, BROAD], ids=["train", "wide", "broad"])
def test_no_hair_style_cloth_or_prop_is_in_both_splits(world, kind: str) -> None:
    """Each split has its own."""
    assert not set(getattr(world, kind)) & set(getattr(HELDOUT, kind))


@pytest.mark.parametrize("kind", ["builds", "poses", "outfits", "hair", "lights"])
def test_the_other_worlds_belong_to_one_side(kind: str) -> None:
    """`wide` has train's figures, `broad` at least those; `stress` has the held-out ones."""
    assert getattr(WIDE, kind) == getattr(TRAIN, kind)
    assert set(getattr(BROAD, kind)) >= set(getattr(TRAIN, kind))
    assert getattr(STRESS, kind) == getattr(HELDOUT, kind)


def test_only_wide_has_random_textures() -> None:
    """Random weaves are a family of their own: three directions at once, which no held-out pattern has."""
    for world in (TRAIN, HELDOUT, STRESS):
        assert "random" not in {*world.cloth, *world.walls, *world.floors}
    assert "random" in WIDE.walls


def test_a_random_texture_has_no_single_direction() -> None:
    """Rotating the view of a random weave never turns it into stripes: it varies along every direction."""
    t = np.linspace(0, 6, 200, dtype=np.float32)
    for seed in range(40):
        weave = pattern(f"random:{seed}")
        for angle in np.linspace(0, np.pi, 12, endpoint=False):
            line = weave(t * np.float32(np.cos(angle)), t * np.float32(np.sin(angle)))
            assert np.ptp(line) > 0.05


def test_no_pattern_at_all_is_in_both_splits() -> None:
    """A training pattern never covers a held-out wall, floor, garment or thing, whatever it covered in training."""
    train = {p for world in (TRAIN, WIDE, BROAD) for p in (*world.cloth, *world.walls, *world.floors)}
    assert not train & {*HELDOUT.cloth, *HELDOUT.walls, *HELDOUT.floors}


@pytest.mark.parametrize("field", ["girth", "shoulders"])
@pytest.mark.parametrize(("a", "b"), list(itertools.product(BROAD.builds, HELDOUT.builds)), ids=lambda f: f.name)
def test_girth_and_shoulders_of_the_splits_never_meet(a, b, field: str) -> None:
    """No held-out body has a training girth or shoulder width; its leg length may coincide."""
    assert not getattr(a, field).overlaps(getattr(b, field))


@pytest.mark.parametrize(("a", "b"), list(itertools.product(BROAD.lights, HELDOUT.lights)), ids=lambda f: f.name)
def test_light_directions_and_casts_of_the_splits_never_meet(a, b) -> None:
    """No held-out light comes from a training direction, nor has a training light's warmth at its brightness."""
    assert not a.azimuth.overlaps(b.azimuth)
    assert not (a.warmth.overlaps(b.warmth) and a.ambient.overlaps(b.ambient))


def _same_arm(a: Arm, b: Arm) -> bool:
    return a.lift.overlaps(b.lift) and a.bend.overlaps(b.bend)


def _same_leg(a: Leg, b: Leg) -> bool:
    return a.lift.overlaps(b.lift) and a.bend.overlaps(b.bend) and a.reach.overlaps(b.reach)


def _may_coincide(a: Pose, b: Pose) -> bool:
    def pairs(one: tuple, two: tuple, same) -> bool:
        return any(same(one[0], two[i]) and same(one[1], two[1 - i]) for i in (0, 1))

    return pairs(a.arms, b.arms, _same_arm) or pairs(a.legs, b.legs, _same_leg)


@pytest.mark.parametrize(("a", "b"), list(itertools.product(BROAD.poses, HELDOUT.poses)), ids=lambda f: f.name)
def test_neither_arms_nor_legs_of_a_held_out_pose_occur_in_training(a: Pose, b: Pose) -> None:
    """Joint for joint and in the mirror too, some angle of the arms and some angle of the legs lies outside."""
    assert not _may_coincide(a, b)


@pytest.mark.parametrize("world", [TRAIN, WIDE, BROAD, HELDOUT], ids=["train", "wide", "broad", "heldout"])
def test_every_name_can_be_drawn(world) -> None:
    """Each pattern and prop that a family names exists."""
    assert {*world.cloth, *world.walls, *world.floors} <= {*PATTERNS, "random"}
    assert set(world.props) <= set(PROPS)


def test_an_unknown_split_is_refused() -> None:
    """Only two words are splits."""
    with pytest.raises(ValueError, match="split"):
        families("test")  # type: ignore[arg-type]
