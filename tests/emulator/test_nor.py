"""The flash in a file behaves as the part: AND, sectors, pages, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.emulator.nor import Nor
from n6gen.errors import BoardError

SIZE, SMALL, LARGE = 0x4_0000, 0x1000, 0x1_0000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nor.bin"
    path.write_bytes(b"\xff" * SIZE)
    return path


@pytest.fixture
def nor(file: Path) -> Iterator[Nor]:
    with Nor(file, SIZE, (SMALL, LARGE)) as opened:
        yield opened


def test_program_only_clears_bits(nor: Nor) -> None:
    """Programming twice leaves the AND of both."""
    nor.program(0x100, b"\xf0\x55")
    nor.program(0x100, b"\x3c\xff")
    assert nor.read(0x100, 3) == b"\x30\x55\xff"


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_erase_sets_one_sector(nor: Nor, size: int) -> None:
    """The sector is blank, its neighbours are not."""
    for offset in (size - 1, size, 2 * size - 1, 2 * size):
        nor.program(offset, b"\0")
    nor.erase(size, size)
    assert nor.read(size, size) == b"\xff" * size
    assert nor.read(size - 1, 1) == nor.read(2 * size, 1) == b"\0"


@pytest.mark.parametrize(
    "operation",
    [
        lambda nor: nor.erase(0x800, SMALL),
        lambda nor: nor.erase(SMALL, LARGE),
        lambda nor: nor.erase(0, 2 * SMALL),
        lambda nor: nor.erase(0, 0),
        lambda nor: nor.erase(SIZE, SMALL),
        lambda nor: nor.erase(-SMALL, SMALL),
        lambda nor: nor.program(SIZE - 1, b"12"),
        lambda nor: nor.program(-1, b"1"),
        lambda nor: nor.program(0xFF, b"12"),
        lambda nor: nor.program(0, bytes(257)),
        lambda nor: nor.program(0, b""),
        lambda nor: nor.read(SIZE, 1),
        lambda nor: nor.read(0, SIZE + 1),
        lambda nor: nor.read(-1, 1),
    ],
)
def test_what_the_part_cannot_do_is_refused(nor: Nor, file: Path, operation: Callable[[Nor], object]) -> None:
    """Unaligned, outside, across pages: an error, and not a byte changes."""
    with pytest.raises(BoardError, match="flash: "):
        operation(nor)
    assert file.read_bytes() == b"\xff" * SIZE


@given(st.lists(st.tuples(st.integers(0, SIZE // 256 - 1), st.binary(min_size=1, max_size=256)), max_size=20))
@settings(max_examples=30, deadline=None)
def test_any_sequence_is_the_and_of_all(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, bytes]]
) -> None:
    """However pages are programmed, each byte holds the AND of what was written to it."""
    path = tmp_path_factory.mktemp("nor") / "nor.bin"
    path.write_bytes(b"\xff" * SIZE)
    expected = bytearray(b"\xff" * SIZE)
    with Nor(path, SIZE, (SMALL,)) as nor:
        for page, data in writes:
            nor.program(page * 256, data)
            for i, byte in enumerate(data):
                expected[page * 256 + i] &= byte
    assert path.read_bytes() == expected


def test_operations_reach_the_file_in_order(nor: Nor, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that is stopped leaves a beginning that is new and an end that is old."""
    nor.program(SMALL, bytes(256))
    real, left = nor._file, [3]

    class Stopping:
        def write(self, data: bytes) -> int:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return real.write(data)

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    monkeypatch.setattr(nor, "_file", Stopping())
    with pytest.raises(KeyboardInterrupt):
        nor.program(0, bytes(256))
    assert nor.read(0, 256) == bytes(192) + b"\xff" * 64
    left[0] = 0
    with pytest.raises(KeyboardInterrupt):
        nor.erase(SMALL, SMALL)
    assert nor.read(SMALL, 256) == bytes(256)


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_wrong_file_size(file: Path, size: int) -> None:
    """A file that is not as large as the part is refused."""
    file.write_bytes(bytes(size))
    with pytest.raises(BoardError, match=f"has {size} B, the part has {SIZE} B"):
        Nor(file, SIZE, (SMALL,))


def test_missing_file(tmp_path: Path) -> None:
    """No file, no flash."""
    with pytest.raises(BoardError, match="cannot open the flash"):
        Nor(tmp_path / "nothing", SIZE, (SMALL,))
