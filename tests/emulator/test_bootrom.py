"""The boot ROM starts a good loader and says why it refuses a bad one."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.bootrom import boot
from n6gen.errors import BoardError
from n6gen.image import stm32

BOARD = load_board("virtual")
SIZE = BOARD.partition("fsbl").size


def loader(reset: int = 0x2800_0441, binary_type: int = stm32.FSBL, header: str = "2.3") -> bytes:
    payload = struct.pack("<II", 0x2008_0000, reset) + bytes(range(256))
    return stm32.sign(payload, binary_type=binary_type, header=header)


def in_flash(image: bytes) -> bytes:
    return image + b"\xff" * (SIZE - len(image))


def test_vectors_of_a_good_loader() -> None:
    """Stack pointer and entry, as they lie in the payload."""
    assert boot(BOARD, in_flash(loader())) == struct.pack("<II", 0x2008_0000, 0x2800_0441)


@pytest.mark.parametrize(
    ("flash", "says"),
    [
        (in_flash(b""), r"magic is ffffffff \(the flash is blank\)"),
        (bytes(SIZE), "magic is 00000000"),
        (in_flash(loader(header="2.1")), "header version"),
        (in_flash(loader(binary_type=0)), "binary type 0x0"),
        (loader()[:-1], "image length"),
        (in_flash(loader()[:0x6C] + b"\xff\xff\xff\xff" + loader()[0x70:]), "image length"),
        (in_flash(loader()[:0x6C] + bytes(4) + loader()[0x70:]), "image length"),
        (in_flash(loader()[:-1] + b"\0"), "checksum"),
        (in_flash(loader()[:0x70] + bytes(4) + loader()[0x74:]), "entry point 0x00000000"),
        (in_flash(loader(reset=0x2800_0440)), "entry point"),
        (in_flash(loader(reset=0x0100_0401)), "entry point"),
        (in_flash(loader(reset=0x2800_0541)), "entry point"),
    ],
)
def test_refusals(flash: bytes, says: str) -> None:
    """What is wrong is named, with the address and the way out."""
    with pytest.raises(BoardError, match=rf"^boot ROM: no start from 0x28000000: .*{says}") as caught:
        boot(BOARD, flash)
    assert "n6gen flash" in caught.value.things_to_try[0]


@pytest.mark.parametrize("damage", range(0x240, 0x508, 7))
def test_a_flipped_byte_is_refused(damage: int) -> None:
    """Whatever the checksum covers."""
    image = bytearray(in_flash(loader()))
    image[damage] ^= 0x10
    refuse: Callable[[], object] = lambda: boot(BOARD, bytes(image))  # noqa: E731
    with pytest.raises(BoardError, match="boot ROM"):
        refuse()
