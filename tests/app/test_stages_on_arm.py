"""Input and present as a board with Helium has them, in QEMU, against their definitions in numpy."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from n6gen.resources import data_dir
from tests.support.programs import C_TESTS, ArmProgram, portable, with_twins

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_SIDE = 480
_STAGES = ("input", "present", "present_row")
_UNIFORM = np.tile(np.arange(256, dtype=np.uint8)[::-1], (3, 1))

Bytes = npt.NDArray[np.uint8]


@attrs.frozen(eq=False)
class _Call:
    """A case of tests/c/test_stages.c and what it must answer."""

    data: bytes
    wanted: Bytes


def _input(frame: Bytes, tables: Bytes, order: Sequence[int], *, chw: bool) -> _Call:
    height, width, _ = frame.shape
    head = struct.pack("<4I", 0, height, width, chw) + bytes(order)
    channels = [tables[c][frame[:, :, order[c]]] for c in range(3)]
    return _Call(head + tables.tobytes() + frame.tobytes(), np.stack(channels, axis=0 if chw else 2))


def _present(mask: Bytes) -> _Call:
    rows, columns = ((2 * np.arange(_SIDE) + 1) * size // (2 * _SIDE) for size in mask.shape)
    return _Call(struct.pack("<4I", 1, *mask.shape, 0) + mask.tobytes(), mask[np.ix_(rows, columns)])


def _program(folder: Path, *, mve: bool = True, counting: bool = False) -> ArmProgram:
    files = (with_twins if mve else portable)("app/core", *_STAGES)
    includes = [data_dir("templates") / "app/core", C_TESTS / "host"]
    return ArmProgram(folder, [C_TESTS / "test_stages.c", *files], includes, counting=counting)


def _run(program: ArmProgram, calls: list[_Call]) -> list[float]:
    """Compare every byte; the instructions of each call."""
    data, at, counts = program.answers(b"".join(call.data for call in calls)), 0, []
    for call in calls:
        counts.append(int.from_bytes(data[at : at + 4], "little") * 31.25)
        assert data[at + 4 : at + 4 + call.wanted.size] == call.wanted.tobytes(), call.data[:20]
        at += 4 + call.wanted.size
    assert at == len(data)
    return counts


def _calls() -> list[_Call]:
    random = np.random.default_rng(0)
    calls = []
    for index in range(240):
        height, width = random.integers(1, 40, 2) if index < 200 else (1, index - 199)
        frame = random.integers(0, 256, (height, width, 3), np.uint8)
        tables = random.integers(0, 256, (3, 256), np.uint8)
        order = random.permutation(3).tolist()
        if index % 3 == 0:
            tables = np.tile(tables[:1], (3, 1))
            order = [0, 1, 2] if index % 2 else order
        calls.append(_input(frame, tables, order, chw=index % 5 == 0))
    usual = [(1, 1), (1, 480), (480, 1), (480, 480), (320, 320), (256, 256), (416, 416), (20, 20), (2, 65535)]
    for height, width in [*usual, *random.integers(1, 900, (12, 2)).tolist()]:
        calls.append(_present(random.integers(0, 256, (height, width), np.uint8)))
    return calls


@pytest.mark.parametrize("mve", [True, False])
def test_stages_are_their_definitions(tmp_path: Path, mve: bool) -> None:
    """Any size, tables and order; not a byte is read or written beyond. With Helium and without."""
    _run(_program(tmp_path, mve=mve), _calls())


def test_instructions(tmp_path: Path) -> None:
    """Limits for the usual sizes: present to 480x480, input of 320x320 with one table and with three."""
    random = np.random.default_rng(0)
    frame = random.integers(0, 256, (320, 320, 3), np.uint8)
    tables = random.integers(0, 256, (3, 256), np.uint8)
    calls = [_present(random.integers(0, 2, (side, side), np.uint8)) for side in (256, 320, 416)]
    calls += [_input(frame, _UNIFORM, (0, 1, 2), chw=False)]
    calls += [_input(frame, tables, (2, 1, 0), chw=chw) for chw in (False, True)]
    counts = _run(_program(tmp_path, counting=True), calls)
    limits = [160_000] * 3 + [82_000, 92_000, 92_000]
    assert all(0 < count <= limit for count, limit in zip(counts, limits, strict=True)), counts
