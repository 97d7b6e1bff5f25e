"""What loader and app refuse to start, and the name of the check."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core import CoreServer

from n6gen.image import stm32, weights

_ID = bytes(range(32))
_BLOB = bytes(range(1, 101))
_RAM, _RAM_SIZE = 0x0100_0000, 0x4000
_WEIGHTS, _WEIGHTS_SIZE = 0x2838_0000, 0x1_0000
_PARTITION_SIZE = 0x3000
_HEADER_SIZE = 0x240


def _payload(*, magic: bytes = b"N6AP", version: int = 1, address: int = _WEIGHTS, size: int = 100) -> bytes:
    vectors = struct.pack("<II", 0x2000_8000, _RAM + 0xC01)
    info = struct.pack("<4sIII32s32s", magic, version, address, size, _ID, bytes(32))
    return vectors.ljust(0x400, b"\0") + info.ljust(0x400, b"\0") + bytes(range(256)) * 2


def _partition(image: bytes) -> bytes:
    return image.ljust(_PARTITION_SIZE, b"\xff")


def _check_image(core: CoreServer, partition: bytes, ram_size: int = _RAM_SIZE) -> str | None:
    refusal = core.refusal("A", struct.pack("<4I", _RAM, ram_size, _WEIGHTS, _WEIGHTS_SIZE) + partition)
    return refusal.name if refusal else None


def _check_weights(core: CoreServer, data: bytes, size: int = len(_BLOB), network: bytes = _ID) -> str | None:
    refusal = core.refusal("W", struct.pack("<I", size) + network + data)
    return refusal.name if refusal else None


def _resigned(payload: bytes, at: int, word: int) -> bytes:
    """A signed image with one header word replaced, everything else right."""
    image = bytearray(stm32.sign(payload, binary_type=stm32.APP))
    struct.pack_into("<I", image, at, word)
    return bytes(image)


def test_a_good_image_is_accepted(core: CoreServer) -> None:
    """What n6gen signs, the loader starts."""
    assert _check_image(core, _partition(stm32.sign(_payload(), binary_type=stm32.APP))) is None


def test_an_image_that_fills_its_partition_is_accepted(core: CoreServer) -> None:
    """To the last byte, and not one more than the memory holds."""
    image = stm32.sign(_payload().ljust(_PARTITION_SIZE - 0x400, b"\1"), binary_type=stm32.APP)
    assert len(image) == _PARTITION_SIZE
    assert _check_image(core, image) is None
    assert _check_image(core, image, ram_size=_PARTITION_SIZE - 1) == "app-header"


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (0x00, 0x324D5452),
        (0x68, 0x00020100),
        (0x6C, 0),
        (0x6C, 0x400 + 0x400 + 80 - _HEADER_SIZE - 1),
        (0x6C, _PARTITION_SIZE - _HEADER_SIZE + 1),
        (0x6C, 0xFFFF_FFFF),
        (0x70, _RAM + 0xC03),
        (0x404, _RAM + 0xC03),
    ],
)
def test_a_bad_header_is_refused(core: CoreServer, at: int, word: int) -> None:
    """Magic, version, a length that cannot be, an entry point that is not the reset vector."""
    assert _check_image(core, _partition(_resigned(_payload(), at, word))) == "app-header"


@pytest.mark.parametrize("entry", [0, 0x2800_0401, _RAM + 0x3FF, _RAM + 0xC00, _RAM + 0xA01 + 0x800])
def test_an_entry_outside_of_the_image_is_refused(core: CoreServer, entry: int) -> None:
    """Also one without the Thumb bit."""
    payload = _payload()
    payload = payload[:4] + struct.pack("<I", entry) + payload[8:]
    assert _check_image(core, _partition(stm32.sign(payload, binary_type=stm32.APP))) == "app-header"


def test_an_empty_partition_is_refused(core: CoreServer) -> None:
    """Erased flash is no app; nothing behind the partition is read."""
    assert _check_image(core, _partition(b"")) == "app-header"


@pytest.mark.parametrize(
    "changed", [{"magic": b"N6AQ"}, {"version": 2}, {"address": 0x2838_0040}, {"size": 0}, {"size": _WEIGHTS_SIZE - 63}]
)
def test_an_app_without_a_good_info_block_is_refused(core: CoreServer, changed: dict[str, object]) -> None:
    """Magic, version, another place for the weights, a size that does not fit with its trailer."""
    image = stm32.sign(_payload(**changed), binary_type=stm32.APP)  # type: ignore[arg-type]
    assert _check_image(core, _partition(image)) == "app-info"


@given(bit=st.integers(0, (0x400 + len(_payload())) * 8 - 1))
def test_any_flipped_bit_of_an_image_is_refused(core: CoreServer, bit: int) -> None:
    """But for those bytes of the header that nothing depends on."""
    image = bytearray(stm32.sign(_payload(), binary_type=stm32.APP))
    byte = bit // 8
    image[byte] ^= 1 << bit % 8
    name = _check_image(core, _partition(bytes(image)))
    if byte >= _HEADER_SIZE:
        # The reset vector is compared before the sum is taken; a shorter length changes the sum.
        assert name == ("app-header" if 0x404 <= byte < 0x408 else "app-checksum")
    elif byte < 4 or 0x64 <= byte < 0x74:
        assert name in {"app-header", "app-checksum"}
    else:
        assert name is None


def test_what_was_wrong_is_told(core: CoreServer) -> None:
    """The checksum that the header has, and the one that the bytes have."""
    image = bytearray(stm32.sign(_payload(), binary_type=stm32.APP))
    right = struct.unpack_from("<I", image, 0x64)[0]
    image[0xA00] += 1
    refusal = core.refusal("A", struct.pack("<4I", _RAM, _RAM_SIZE, _WEIGHTS, _WEIGHTS_SIZE) + _partition(bytes(image)))
    assert refusal is not None
    assert (refusal.expected, refusal.found) == (f"{right:08x}", f"{right + 1:08x}")


@given(size=st.integers(1, 300))
def test_good_weights_are_accepted(core: CoreServer, size: int) -> None:
    """Blobs of any length, the trailer at the next multiple of 64."""
    blob = bytes(at & 0xFF for at in range(size))
    assert _check_weights(core, weights.wrap(blob, _ID.hex()), size) is None


@given(bit=st.integers(0, (128 + 64) * 8 - 1))
def test_any_flipped_bit_of_the_weights_is_refused(core: CoreServer, bit: int) -> None:
    """In the blob, in the trailer, but not in the filler between them."""
    data = bytearray(weights.wrap(_BLOB, _ID.hex()))
    data[bit // 8] ^= 1 << bit % 8
    name = _check_weights(core, bytes(data))
    if bit // 8 < len(_BLOB):
        assert name == "weights-crc"
    elif bit // 8 >= 128:
        assert name == "weights-trailer"
    else:
        assert name is None


def test_weights_of_another_network_are_refused(core: CoreServer) -> None:
    """A whole, undamaged blob with another id; both ids are told."""
    other = bytes(31) + b"\1"
    refusal = core.refusal("W", struct.pack("<I", len(_BLOB)) + other + weights.wrap(_BLOB, _ID.hex()))
    assert refusal is not None
    assert (refusal.name, refusal.expected, refusal.found) == ("network-id", other.hex(), _ID.hex())


def test_weights_of_another_size_are_refused(core: CoreServer) -> None:
    """A blob that is shorter than the app expects, with its trailer in the same place."""
    assert _check_weights(core, weights.wrap(_BLOB[:-1], _ID.hex())) == "weights-trailer"


def test_weights_of_another_version_are_refused(core: CoreServer) -> None:
    """Even though the trailer itself is whole."""
    data = bytearray(weights.wrap(_BLOB, _ID.hex()))
    struct.pack_into("<I", data, 128 + 4, 2)
    struct.pack_into("<I", data, 128 + 60, zlib.crc32(data[128 : 128 + 60]))
    assert _check_weights(core, bytes(data)) == "weights-trailer"


def test_an_erased_weights_partition_is_refused(core: CoreServer) -> None:
    """Erased flash holds no trailer."""
    assert _check_weights(core, b"\xff" * 192) == "weights-trailer"
