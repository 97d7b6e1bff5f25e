"""The plan: only what differs, only inside of the partition, in an order that never leaves a mixture that runs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.board.facts import load_board
from n6gen.flash.plan import Erase, PartitionPlan, Step, Verify, Write, plan
from n6gen.programmer.base import Rates, Traits, differing_in
from tests.flash.fake_build import images

BOARD = load_board("virtual")
FINE = Traits(sector=0x1000, piece=0x1_0000, rates=Rates(0.0, 0.001, 0.01))
COARSE = Traits(sector=0x1_0000, piece=0x10_0000, rates=Rates(1.5, 0.003, 0.01), verifies=True)
NEW = images(1)

traits = st.sampled_from([FINE, COARSE])
names = st.sampled_from(["fsbl", "app", "weights"])
sizes = st.integers(2, 3 * COARSE.sector)
flips = st.lists(st.integers(0, 3 * COARSE.sector - 1), min_size=1, max_size=60)


def plan_of(
    content: dict[str, bytes], found: dict[str, bytes], with_: Traits = FINE, **how: bool
) -> list[PartitionPlan]:
    differing = {name: differing_in(found[name], data, with_.sector) for name, data in content.items()}
    return plan(BOARD, [(BOARD.partition(name), data) for name, data in content.items()], differing, with_, **how)


def one(name: str, image: bytes, found: bytes, with_: Traits = FINE, *, force: bool = False) -> PartitionPlan:
    (made,) = plan_of({name: image}, {name: found}, with_, force=force)
    return made


def carry_out(partition: PartitionPlan, before: bytes, sector: int, *, upto: int | None = None) -> bytes:
    """What the flash holds after the steps; 0xAA lies behind `before`."""
    flash = bytearray(before + b"\xaa" * (2 * COARSE.sector))
    base = partition.partition.address
    for step in partition.steps[:upto]:
        if isinstance(step, Erase):
            flash[step.address - base : step.address - base + sector] = b"\xff" * sector
        if isinstance(step, Write):
            for area in step.areas:
                at, erased = area.address - base, -(-max(1, len(area.data)) // sector) * sector
                assert at % sector == 0
                flash[at : at + erased] = area.data + b"\xff" * (erased - len(area.data))
    return bytes(flash)


def spans(step: Step, sector: int) -> list[tuple[int, int]]:
    """The address ranges (first, behind the last) that a step erases."""
    if isinstance(step, Erase):
        return [(step.address, step.address + sector)]
    if isinstance(step, Write):
        return [(a.address, a.address + -(-max(1, len(a.data)) // sector) * sector) for a in step.areas]
    return []


def flipped(image: bytes, at: list[int]) -> bytes:
    found = bytearray(image)
    for offset in {offset % len(image) for offset in at}:
        found[offset] ^= 0xFF
    return bytes(found)


def test_equal_images_are_left_alone() -> None:
    """Nothing to do, and it says so."""
    plans = plan_of(NEW, NEW)
    assert [(p.action, p.steps, p.written, p.work, p.sectors) for p in plans] == [("unchanged", (), 0, 0, 0)] * 3


def test_the_loader_comes_last() -> None:
    """Images are written against the order in which they boot."""
    assert [p.partition.name for p in plan_of(NEW, images(2))] == ["weights", "app", "fsbl"]


def test_force_writes_all() -> None:
    """Also what is equal."""
    assert [p.written for p in plan_of(NEW, NEW, force=True)] == [len(NEW[n]) for n in ("weights", "app", "fsbl")]


def test_a_refused_image_has_no_steps() -> None:
    """Whatever differs; the others are written."""
    nothing = dict.fromkeys(NEW, range(0))
    plans = plan(
        BOARD, [(BOARD.partition(n), d) for n, d in NEW.items()], nothing, FINE, force=True, refused={"app": "why"}
    )
    assert [(p.action, bool(p.steps)) for p in plans] == [("write", True), ("refuse", False), ("write", True)]


@pytest.mark.parametrize("at", [0, 1, 0xFFF, 0x1000, 5 * 0x1000 + 7, len(NEW["app"]) - 1])
@pytest.mark.parametrize("with_", [FINE, COARSE])
def test_one_byte_costs_one_sector(at: int, with_: Traits) -> None:
    """A single wrong byte is one write of one sector, read back."""
    made = one("app", NEW["app"], flipped(NEW["app"], [at]), with_)
    start = at // with_.sector * with_.sector
    base, data = BOARD.partition("app").address + start, NEW["app"][start : start + with_.sector]
    write, verify = made.steps
    assert isinstance(write, Write)
    assert [(area.address, area.data) for area in write.areas] == [(base, data)]
    assert verify == Verify(base, data)
    assert (made.sectors, made.written, made.work) == (1, len(data), 2 * len(data))


def test_pieces_bound_a_call() -> None:
    """No call writes more than a piece; calls come in the order of addresses, cut at multiples of a piece."""
    image = bytes(5 * FINE.piece + 3 * FINE.sector)
    writes = [step for step in one("weights", image, b"\x01" * len(image)).steps if isinstance(step, Write)]
    assert max(write.size for write in writes) == FINE.piece
    starts = [write.areas[0].address - BOARD.partition("weights").address for write in writes]
    assert starts == [n * FINE.piece for n in range(6)] + [len(image) - FINE.sector]


def test_small_areas_share_a_call() -> None:
    """Scattered sectors go into one call, and are read back in one where calls are dear."""
    image = bytes(range(256)) * 1024
    found = flipped(image, [0x1_0000, 0x2_0000 + 5])
    assert [type(step) for step in one("app", image, found, FINE).steps] == [Write, Verify, Verify]
    assert [type(step) for step in one("app", image, found, COARSE).steps] == [Write, Verify]


def test_estimate() -> None:
    """Calls, bytes written and bytes read back, each at its rate."""
    made = one("app", NEW["app"], flipped(NEW["app"], [0]), COARSE)
    assert made.seconds(COARSE) == pytest.approx(2 * 1.5 + 64 * 0.01 + 64 * 0.003)
    assert one("app", NEW["app"], NEW["app"]).seconds(COARSE) == 0


@given(names, sizes, flips, st.booleans(), traits)
@settings(max_examples=80, deadline=None)
def test_steps_lead_to_the_image(name: str, size: int, wrong: list[int], force: bool, with_: Traits) -> None:
    """Whatever differs: afterwards the image is there, and nothing outside of its sectors was touched."""
    image = random.Random(size).randbytes(size)
    found = flipped(image, wrong)
    made = one(name, image, found, with_, force=force)
    after = carry_out(made, found, with_.sector)
    assert after[:size] == image
    end = -(-size // with_.sector) * with_.sector
    assert after[end:] == (found + b"\xaa" * (2 * COARSE.sector))[end:]
    differ = {at // with_.sector for at in differing_in(found, image, with_.sector)}
    assert made.sectors == (end // with_.sector if force else len(differ))
    for first, behind in (span for step in made.steps for span in spans(step, with_.sector)):
        start, stop = first - made.partition.address, behind - made.partition.address
        assert 0 <= start < stop <= made.partition.size
        assert force or set(range(start // with_.sector, (stop - 1) // with_.sector + 1)) <= differ


@given(names, sizes, flips, traits)
@settings(max_examples=80, deadline=None)
def test_no_moment_looks_finished(name: str, size: int, wrong: list[int], with_: Traits) -> None:
    """If the sector that makes an image valid changes, it is blank from the first step to the last write."""
    image = random.Random(size).randbytes(size)
    key = 0 if name != "weights" else (size - 1) // with_.sector * with_.sector
    found = flipped(image, [key, *wrong])
    made = one(name, image, found, with_)
    blank = b"\xff" * len(image[key : key + with_.sector])
    last = max(i for i, step in enumerate(made.steps) if isinstance(step, Write))
    for count in range(1, last + 1):
        assert carry_out(made, found, with_.sector, upto=count)[key : key + len(blank)] == blank


@given(names, sizes, flips, traits)
@settings(max_examples=80, deadline=None)
def test_all_that_is_written_is_read_back(name: str, size: int, wrong: list[int], with_: Traits) -> None:
    """Every byte that is written is read back; before the image is made valid, unless writing verifies by itself."""
    image = random.Random(size).randbytes(size)
    made = one(name, image, flipped(image, wrong), with_)
    pending: set[int] = set()
    for step in made.steps:
        if isinstance(step, Write):
            key = made.partition.address + (0 if name != "weights" else (size - 1) // with_.sector * with_.sector)
            if key in [area.address for area in step.areas if area.data]:
                assert with_.verifies or not pending
            pending |= {at for a in step.areas for at in range(a.address, a.address + len(a.data), with_.sector)}
        if isinstance(step, Verify):
            pending -= set(range(step.address, step.address + len(step.data), with_.sector))
            start = step.address - made.partition.address
            assert step.data == image[start : start + len(step.data)]
    assert not pending
    assert not made.steps or isinstance(made.steps[-1], Verify)
