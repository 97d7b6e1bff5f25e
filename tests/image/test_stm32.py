"""The STM32 image header: fields where the boot ROM looks for them, damage found, judged against a board."""

from __future__ import annotations

import importlib.util
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.board.facts import load_board
from n6gen.errors import InputError
from n6gen.image import stm32

VIRTUAL = load_board("virtual")
APP = stm32.Place.of(VIRTUAL, VIRTUAL.partition("app"))
FSBL = stm32.Place.of(VIRTUAL, VIRTUAL.partition("fsbl"))

payloads = st.binary(min_size=8, max_size=600)
versions = st.sampled_from(sorted(stm32.LAYOUTS))


def app_payload(size: int = 512, reset: int = 0x0100_0601) -> bytes:
    return struct.pack("<II", 0x2008_0000, reset) + bytes(range(256)) * (size // 256)


def word(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


@given(payloads, st.sampled_from([stm32.APP, stm32.FSBL]), versions)
def test_round_trip(payload: bytes, binary_type: int, version: str) -> None:
    """A signed payload reads back as it was, nothing is wrong with it, and it grew by exactly 0x400 bytes."""
    image = stm32.sign(payload, binary_type=binary_type, header=version)
    header = stm32.parse(image)
    assert stm32.problems(image) == []
    assert stm32.payload(image) == payload
    assert (header.binary_type, header.layout.name, header.image_size) == (binary_type, version, len(image))
    assert len(image) == len(payload) + 0x400
    assert stm32.sign(stm32.payload(image), binary_type=header.binary_type, header=version) == image


def test_header_2_3_is_what_the_boot_rom_reads() -> None:
    """Each field of the published layout holds its value, at its place."""
    image = stm32.sign(app_payload(), binary_type=stm32.APP)
    assert image[:4] == b"STM2"
    assert not any(image[4:0x64])
    assert word(image, 0x64) == sum(image[0x240:]) & 0xFFFF_FFFF
    assert word(image, 0x68) == 0x0002_0300
    assert word(image, 0x6C) == len(image) - 0x240
    assert word(image, 0x70) == word(image, 0x404) == 0x0100_0601
    assert word(image, 0x78) == 0xFFFF_FFFF
    assert word(image, 0x84) == 0x8000_0000
    assert word(image, 0x88) == word(image, 0xA4) == 0x1A0
    assert image[0xA0:0xA4] == b"ST\xff\xff"
    assert not any(image[0xA8:0x400])


@given(payloads, versions, st.data())
def test_flipped_byte_is_found(payload: bytes, version: str, data: st.DataObject) -> None:
    """One wrong byte anywhere but in the filler, which no one checks, is a problem."""
    image = bytearray(stm32.sign(payload, binary_type=stm32.APP, header=version))
    layout = stm32.LAYOUTS[version]
    at = data.draw(st.integers(0, len(image) - 1))
    image[at] ^= data.draw(st.integers(1, 255))
    ignored = range(layout.base_length + 8, layout.header_length)
    binary_type = range(layout.binary_type, layout.binary_type + 4)
    unjudged = {*ignored, *binary_type, *range(layout.load, layout.load + 4)}
    unjudged |= set(range(layout.image_version, layout.image_version + 4))
    assert bool(stm32.problems(bytes(image))) == (at not in unjudged)


@given(st.binary(max_size=1200), st.booleans())
def test_garbage_is_judged_not_raised(garbage: bytes, with_magic: bool) -> None:
    """Whatever lies in a flash is described."""
    data = stm32.MAGIC + garbage if with_magic else garbage
    assert stm32.problems(data, APP)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda image: b"", "found nothing"),
        (lambda image: b"\xff" * len(image), "found ffffffff"),
        (lambda image: image[:0x300], "ends within its header"),
        (lambda image: image[:0x68] + b"\x00\x04\x02\x00" + image[0x6C:], "unknown header version"),
        (lambda image: image[:-1], "length: the header says"),
        (lambda image: image + b"\0", "length: the header says"),
        (lambda image: image[:-1] + bytes([image[-1] ^ 1]), "checksum: the header says"),
        (lambda image: image[:0x70] + bytes(4) + image[0x74:], "entry: the header says 0x00000000"),
        (lambda image: image[:4] + b"\1" + image[5:], "carries a signature"),
        (lambda image: image[:0x74] + b"\1" + image[0x75:], "reserved bytes"),
        (lambda image: image[:0x84] + bytes(4) + image[0x88:], "extension flags 0x00000000"),
        (lambda image: image[:0xA0] + bytes(4) + image[0xA4:], "padding extension header is missing"),
    ],
)
def test_each_problem_is_named(damage: Callable[[bytes], bytes], says: str) -> None:
    """The message says what is wrong and what was found."""
    (problem, *_) = stm32.problems(damage(stm32.sign(app_payload(), binary_type=stm32.APP)), APP)
    assert says in problem


def test_a_good_app_has_no_problem() -> None:
    """What fits the board is fine."""
    assert stm32.problems(stm32.sign(app_payload(), binary_type=stm32.APP), APP) == []


@pytest.mark.parametrize(
    ("image", "place", "says"),
    [
        (stm32.sign(app_payload(), binary_type=stm32.FSBL), APP, "binary type 0x10 instead of 0x0"),
        (stm32.sign(app_payload(), binary_type=stm32.APP), FSBL, "binary type 0x0 instead of 0x10"),
        (stm32.sign(app_payload(reset=0x2800_0401), binary_type=0), APP, "no vector table at 0x400"),
        (stm32.sign(app_payload(reset=0x0100_0600), binary_type=0), APP, "no vector table at 0x400"),
        (stm32.sign(app_payload(0x20_0000), binary_type=0), APP, "do not fit into"),
    ],
)
def test_an_image_for_another_place_is_refused(image: bytes, place: stm32.Place, says: str) -> None:
    """Type, stack, reset vector and size must be those of the place where it runs."""
    assert any(says in problem for problem in stm32.problems(image, place))


def test_missing_align_is_named() -> None:
    """The classic trap: a payload right behind the header is told apart from a broken one."""
    aligned = stm32.sign(app_payload(), binary_type=stm32.APP)
    misaligned = aligned[:0x240] + aligned[0x400:]
    assert any("without -align" in problem for problem in stm32.problems(misaligned, APP))


def test_too_short_to_sign() -> None:
    """A payload without vectors is refused."""
    with pytest.raises(InputError, match="no vector table"):
        stm32.sign(b"1234567", binary_type=0)


def test_payload_of_a_cut_image() -> None:
    """Half an image has no payload."""
    with pytest.raises(InputError, match="length"):
        stm32.payload(stm32.sign(app_payload(), binary_type=0)[:-1])


@pytest.fixture
def prototype(shared: Path) -> ModuleType:
    """The experiment that rebuilt every published image byte for byte."""
    spec = importlib.util.spec_from_file_location("stm32header", shared / "prototypes" / "stm32header.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["stm32header"] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["stm32header"]
    return module


@pytest.mark.shared
@pytest.mark.parametrize("version", sorted(stm32.LAYOUTS))
@pytest.mark.parametrize("binary_type", [stm32.APP, stm32.FSBL])
def test_equals_the_proven_layout(prototype: ModuleType, version: str, binary_type: int) -> None:
    """The same bytes as the experiment makes."""
    payload = app_payload(1024)
    proven = prototype.build(payload, layout=prototype.LAYOUTS[version], bin_type=binary_type)
    assert stm32.sign(payload, binary_type=binary_type, header=version) == proven
