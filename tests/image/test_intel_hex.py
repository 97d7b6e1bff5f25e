"""Intel HEX, in the form that ST's tools write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import InputError
from n6gen.image import intel_hex
from n6gen.image.intel_hex import Segment
from n6gen.vendor.manifest import load_manifest
from tests.support.vendor import real_store

_GAP = 64


@st.composite
def _segments(draw: st.DrawFn) -> list[Segment]:
    """Up to three segments, apart, some across a 64 KiB border."""
    address, found = draw(st.integers(0, 0xFFFF_0000)), []
    for data in draw(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=3)):
        found.append(Segment(address, data))
        address += len(data) + draw(st.integers(_GAP, 0x2_0000))
        if address > 0xFFFF_F000:
            break
    return found


@given(_segments())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, segments: list[Segment]) -> None:
    """Addresses and bytes survive, also across a 64 KiB border."""
    file = tmp_path_factory.mktemp("hex") / "a.hex"
    file.write_bytes(intel_hex.write(segments))
    assert intel_hex.read(file) == segments


def test_the_text_has_the_vendors_form() -> None:
    """CRLF, upper case, type 04 first and at each 64 KiB, 16 bytes a record, type 05 with the base, end of file."""
    text = intel_hex.write([Segment(0x7000_FFF8, bytes(range(20)))])
    assert text.decode().split("\r\n") == [
        ":0200000470008A",
        ":08FFF8000001020304050607E5",
        ":02000004700189",
        ":0C00000008090A0B0C0D0E0F1011121352",
        ":040000057000FFF890",
        ":00000001FF",
        "",
    ]


@pytest.mark.parametrize("path", ["Binary/ai_fsbl.hex", "Model/STM32N6570-DK/network_data.hex"])
def test_the_vendors_own_files_come_out_byte_for_byte(tmp_path: Path, path: str) -> None:
    """Read and written again, a file of ST's is the same text."""
    store = real_store()
    file = store.home(load_manifest("stm32n6570-dk").package("runtime-2.1")) / path
    if not file.is_file():
        pytest.skip("the vendor packages are not on this machine (n6gen vendor fetch)")
    assert intel_hex.write(intel_hex.read(file)) == file.read_bytes()


@pytest.mark.parametrize("text", [":00000001FE\n", ":10000000", "hello\n", ":0100000055AA\n:0100000056A9\n"])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    """A wrong checksum, a cut line, no hex at all, two values for one address: InputError with the file's name."""
    file = tmp_path / "b.hex"
    file.write_text(text)
    with pytest.raises(InputError, match=r"b\.hex"):
        intel_hex.read(file)
