"""Camera and panel over shared memory, with the board's side played by the test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.camera import Camera
from n6gen.emulator.lcd import Lcd, blend
from n6gen.emulator.memory import (
    FRAME_HEIGHT,
    FRAME_POSTED,
    FRAME_TAKEN,
    FRAME_WIDTH,
    LAYER_SHOWN,
    PRESENTED_FRAME,
    PRESENTS,
    SharedMemory,
)
from n6gen.errors import InputError

BOARD = load_board("virtual")


@pytest.fixture
def memory(tmp_path: Path) -> SharedMemory:
    return SharedMemory(tmp_path / "ram", BOARD)


@pytest.fixture
def camera(memory: SharedMemory) -> Camera:
    return Camera(memory)


def frame_of(value: int, side: int = 32) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


def present(memory: SharedMemory, layer: np.ndarray, *, buffer: int, frame: int, palette: list[int]) -> None:
    """What the board does (docs/virtual-board.md)."""
    memory.region(f"lcd{buffer}")[: layer.size] = layer.reshape(-1)
    for index, colour in enumerate(palette):
        memory.set_word(0x100 + 4 * index, colour)
    memory.set_word(LAYER_SHOWN, buffer)
    memory.set_word(PRESENTED_FRAME, frame)
    memory.set_word(PRESENTS, memory.word(PRESENTS) + 1)


def test_the_file_is_what_the_document_says(memory: SharedMemory, camera: Camera, tmp_path: Path) -> None:
    """Magic, version, frame and its number lie where the board looks for them, little endian."""
    frame = np.arange(16 * 8 * 3, dtype=np.uint8).reshape(8, 16, 3)
    camera.post(frame)
    with (tmp_path / "ram").open("rb") as file:
        data = file.read(0x1_0000 + frame.size)
    assert data[:0x18] == b"N6VB" + b"".join(n.to_bytes(4, "little") for n in (1, 1, 0, 16, 8))
    assert data[0x1_0000:] == frame.tobytes()
    assert (tmp_path / "ram").stat().st_size == BOARD.raw["emulator"]["ram"]
    assert (tmp_path / "ram").stat().st_blocks * 512 < 1 << 20


def test_frames_are_numbered(memory: SharedMemory, camera: Camera) -> None:
    """From 1, and the last few can be asked for."""
    assert [camera.post(frame_of(value)) for value in range(6)] == [1, 2, 3, 4, 5, 6]
    assert (memory.word(FRAME_POSTED), memory.word(FRAME_WIDTH), memory.word(FRAME_HEIGHT)) == (6, 32, 32)
    assert camera.frame(1) is None
    kept = camera.frame(6)
    assert kept is not None
    assert kept[0, 0, 0] == 5
    assert camera.taken == 0
    memory.set_word(FRAME_TAKEN, 6)
    assert camera.taken == 6


def test_a_posted_frame_is_kept_as_it_was(camera: Camera) -> None:
    """Changing the array afterwards changes nothing."""
    frame = frame_of(1)
    number = camera.post(frame)
    frame[:] = 9
    kept = camera.frame(number)
    assert kept is not None
    assert kept.max() == 1


def test_frames_that_are_none(camera: Camera) -> None:
    """Too large is the user's mistake, another type a caller's."""
    with pytest.raises(InputError, match="900×900 does not fit"):
        camera.post(frame_of(0, 900))
    with pytest.raises(InputError, match="0×0"):
        camera.post(frame_of(0, 0))
    for bad in (frame_of(0).astype(np.int8), frame_of(0)[..., 0], frame_of(0)[..., :2]):
        with pytest.raises(ValueError, match="a frame must be uint8"):
            camera.post(bad)


def test_black_before_the_first_present(memory: SharedMemory, camera: Camera) -> None:
    """Nothing was shown yet."""
    camera.post(frame_of(200))
    picture = np.asarray(Lcd(memory, camera, BOARD.lcd).picture())
    assert picture.shape == (480, 800, 3)
    assert not picture.any()


@pytest.mark.parametrize("buffer", [0, 1])
def test_layer_over_its_own_frame(memory: SharedMemory, camera: Camera, buffer: int) -> None:
    """The mask is blended over the frame that it belongs to, in the window, with black sides."""
    number = camera.post(frame_of(100))
    camera.post(frame_of(0))
    layer = np.zeros((480, 480), np.uint8)
    layer[:, 240:] = 1
    present(memory, layer, buffer=buffer, frame=number, palette=[0x00FF_FFFF, 0x80FF_0000])
    picture = np.asarray(Lcd(memory, camera, BOARD.lcd).picture())
    assert not picture[:, :160].any()
    assert not picture[:, 640:].any()
    assert (picture[:, 160:400] == 100).all()
    assert (picture[:, 400:640] == [(100 * 127 + 255 * 128 + 127) // 255, 50, 50]).all()


def test_the_same_picture_twice(memory: SharedMemory, camera: Camera) -> None:
    """Composition is deterministic, to the byte of the PNG."""
    frame = np.random.default_rng(1).integers(0, 256, (320, 320, 3), np.uint8)
    layer = np.random.default_rng(2).integers(0, 3, (480, 480), np.uint8)
    present(memory, layer, buffer=0, frame=camera.post(frame), palette=[0, 0x80FF_0000, 0xFF00_FF00])
    lcd = Lcd(memory, camera, BOARD.lcd)
    assert lcd.picture().tobytes() == lcd.picture().tobytes()


def test_a_frame_that_is_gone_is_black(memory: SharedMemory, camera: Camera) -> None:
    """The layer is shown all the same."""
    present(memory, np.ones((480, 480), np.uint8), buffer=1, frame=77, palette=[0, 0xFF01_0203])
    assert (np.asarray(Lcd(memory, camera, BOARD.lcd).picture())[:, 160:640] == [1, 2, 3]).all()


def test_blend_ends_are_exact() -> None:
    """Alpha 0 is the camera, alpha 255 the palette, whatever lies below."""
    below = np.random.default_rng(3).integers(0, 256, (16, 16, 3), np.uint8)
    assert (blend(below, np.full((16, 16), 0x0012_3456, np.uint32)) == below).all()
    assert (blend(below, np.full((16, 16), 0xFF12_3456, np.uint32)) == [0x12, 0x34, 0x56]).all()
