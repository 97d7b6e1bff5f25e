"""The weights image and the app's info block."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import InputError
from n6gen.image import info, weights

ID = "0123456789abcdef" * 4
blobs = st.binary(min_size=1, max_size=300)
ids = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(blobs, ids)
def test_round_trip(blob: bytes, network_id: str) -> None:
    """A wrapped blob reads back; the trailer is at the next multiple of 64."""
    image = weights.wrap(blob, network_id)
    assert weights.parse(image) == weights.Weights(blob, network_id)
    assert len(image) == -(-len(blob) // 64) * 64 + 64


@given(blobs, st.data())
def test_flipped_byte_is_found(blob: bytes, data: st.DataObject) -> None:
    """One wrong byte anywhere, filler included, is refused."""
    image = bytearray(weights.wrap(blob, ID))
    image[data.draw(st.integers(0, len(image) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InputError, match="weights-"):
        weights.parse(bytes(image))


@given(blobs, st.integers(1, 64))
def test_cut_or_longer_image_is_found(blob: bytes, count: int) -> None:
    """An image that lost its end, or has more behind it, is refused."""
    image = weights.wrap(blob, ID)
    for other in (image[:-count], image + bytes(count)):
        with pytest.raises(InputError, match="weights-"):
            weights.parse(other)


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    """Whatever lies in a flash is refused by name."""
    with pytest.raises(InputError, match="weights-trailer"):
        weights.parse(garbage)


def test_trailer_is_as_documented() -> None:
    """Each field at its place, little endian."""
    blob = bytes(range(100))
    trailer = weights.wrap(blob, ID)[128:]
    assert trailer[:4] == b"N6WT"
    assert struct.unpack_from("<III", trailer, 4) == (1, 100, zlib.crc32(blob))
    assert trailer[16:48].hex() == ID
    assert not any(trailer[48:60])
    assert struct.unpack_from("<I", trailer, 60) == (zlib.crc32(trailer[:60]),)


@pytest.mark.parametrize("network_id", ["", "00", ID.upper(), ID[:-1] + "g", ID + "00", ID[:-2] + " 0", "é" * 64])
def test_bad_id(network_id: str) -> None:
    """Only 64 lower-case hex digits are an id."""
    with pytest.raises(InputError, match="not an id"):
        weights.wrap(b"x", network_id)


def test_empty_blob() -> None:
    """A network without weights is a mistake."""
    with pytest.raises(InputError, match="no weights"):
        weights.wrap(b"", ID)


def app(version: int = 1) -> bytes:
    block = struct.pack("<4sIII", b"N6AP", version, 0x2838_0000, 1234) + bytes.fromhex(ID) + bytes.fromhex(ID[::-1])
    assert len(block) == 80
    return bytes(0x400) + block


def test_app_info() -> None:
    """The block says which weights the app wants and who it is."""
    assert info.parse(app() + b"code") == info.AppInfo(0x2838_0000, 1234, ID, ID[::-1])


@pytest.mark.parametrize("payload", [b"", bytes(0x1000), app()[:-1], app(2)])
def test_no_app_info(payload: bytes) -> None:
    """No block, half a block, another version: refused by name."""
    with pytest.raises(InputError, match="app-info"):
        info.parse(payload)
