"""The plan: only what differs, only inside of the partition, in an order that never leaves a mixture that runs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.board.facts import load_board
from n6gen.flash.plan import Erase, PartitionPlan, Step, Write, plan
from tests.flash.fake_build import images

BOARD = load_board("virtual")
SMALL, LARGE = BOARD.erase_small, BOARD.erase_large
NEW = images(1)


def plan_of(content: dict[str, bytes], found: dict[str, bytes], *, force: bool = False) -> list[PartitionPlan]:
    return plan(BOARD, [(BOARD.partition(name), data) for name, data in content.items()], found, force=force)


def one(name: str, image: bytes, found: bytes, *, force: bool = False) -> PartitionPlan:
    (made,) = plan_of({name: image}, {name: found}, force=force)
    return made


def carry_out(partition: PartitionPlan, before: bytes, *, upto: int | None = None) -> bytes:
    """What the flash holds after the steps, on a part that programs by AND; 0xAA lies behind `before`."""
    flash = bytearray(before + b"\xaa" * (2 * LARGE))
    for step in partition.steps[:upto]:
        at = step.address - partition.partition.address
        if isinstance(step, Erase):
            flash[at : at + step.size] = b"\xff" * step.size
        else:
            old, new = (int.from_bytes(part, "little") for part in (flash[at : at + len(step.data)], step.data))
            flash[at : at + len(step.data)] = (old & new).to_bytes(len(step.data), "little")
    return bytes(flash)


def span(step: Step) -> tuple[int, int]:
    return step.address, step.address + (step.size if isinstance(step, Erase) else len(step.data))


def test_equal_images_are_left_alone() -> None:
    """Nothing to do, and it says so."""
    plans = plan_of(NEW, NEW)
    assert [(p.action, p.steps, p.written, p.work) for p in plans] == [("unchanged", (), 0, 0)] * 3


def test_the_loader_comes_last() -> None:
    """Images are written against the order in which they boot."""
    assert [p.partition.name for p in plan_of(NEW, images(2))] == ["weights", "app", "fsbl"]


def test_force_writes_all() -> None:
    """Also what is equal."""
    assert [p.written for p in plan_of(NEW, NEW, force=True)] == [len(NEW[n]) for n in ("weights", "app", "fsbl")]


@pytest.mark.parametrize("at", [0, 1, SMALL - 1, SMALL, 5 * SMALL + 7, len(NEW["app"]) - 1])
def test_one_byte_costs_one_sector(at: int) -> None:
    """A single wrong byte is one erase of 4 KiB and one write."""
    found = bytearray(NEW["app"])
    found[at] ^= 1
    made = one("app", NEW["app"], bytes(found))
    base = BOARD.partition("app").address + at // SMALL * SMALL
    assert made.steps == (Erase(base, SMALL), Write(base, NEW["app"][at // SMALL * SMALL :][:SMALL]))


def test_whole_blocks_are_erased_at_once() -> None:
    """64 KiB at a time where all of it changes, 4 KiB where not."""
    image, other = bytes(LARGE + 2 * SMALL), b"\x01" * (LARGE + 2 * SMALL)
    erased = [step.size for step in one("weights", image, other).steps if isinstance(step, Erase)]
    assert sorted(erased) == [SMALL, SMALL, LARGE]


def test_a_block_beyond_the_image_is_not_touched() -> None:
    """The rest of the last block may hold anything; it stays."""
    image = bytes(LARGE - SMALL)
    made = one("weights", image, b"\x01" * len(image))
    assert {step.size for step in made.steps if isinstance(step, Erase)} == {SMALL}


@given(
    st.sampled_from(["fsbl", "app", "weights"]),
    st.integers(1, 3 * LARGE),
    st.lists(st.integers(0, 3 * LARGE - 1), max_size=60),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_steps_lead_to_the_image(name: str, size: int, wrong: list[int], force: bool) -> None:
    """Whatever differs: afterwards the image is there, and nothing outside of its sectors was touched."""
    image = random.Random(size).randbytes(size)
    found = bytearray(image)
    for at in wrong:
        found[at % size] ^= 0xFF
    made = one(name, image, bytes(found), force=force)
    after = carry_out(made, bytes(found))
    assert after[:size] == image
    end = -(-size // SMALL) * SMALL
    assert after[end:] == b"\xaa" * (len(after) - end)
    differ = {at // SMALL for at in range(0, size, SMALL) if image[at : at + SMALL] != found[at : at + SMALL]}
    for step in made.steps:
        first, behind = (address - made.partition.address for address in span(step))
        assert 0 <= first < behind <= made.partition.size
        assert force or set(range(first // SMALL, (behind - 1) // SMALL + 1)) <= differ


@given(
    st.sampled_from(["fsbl", "app", "weights"]),
    st.integers(2, 3 * LARGE),
    st.lists(st.integers(0, 3 * LARGE - 1), min_size=1, max_size=60),
)
@settings(max_examples=60, deadline=None)
def test_no_moment_looks_finished(name: str, size: int, wrong: list[int]) -> None:
    """If the sector that makes an image valid changes, it is blank from the first step to the last."""
    image = random.Random(size).randbytes(size)
    key = 0 if name != "weights" else (size - 1) // SMALL * SMALL
    found = bytearray(image)
    for at in (key, *wrong):
        found[at % size] ^= 0xFF
    made = one(name, image, bytes(found))
    blank = b"\xff" * len(image[key : key + SMALL])
    for count in range(1, len(made.steps)):
        assert carry_out(made, bytes(found), upto=count)[key : key + len(blank)] == blank
