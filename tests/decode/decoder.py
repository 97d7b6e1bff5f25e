"""The C decodes behind a Python function: on this machine and on an emulated Cortex-M55."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.resources import data_dir
from tests.support.programs import C_TESTS, ArmProgram, HostProgram, Program, portable, with_twins

_MAIN = C_TESTS / "test_decode.c"
_DECODE = data_dir("templates") / "decode"
_DECODES = ("fine", "rounded", "argmax")
_TYPES = {"int8": 0, "uint8": 1, "float32": 2}


@attrs.frozen(eq=False)
class Case:
    """One call: logits [h, w, classes], given to C in `order` 0 (HWC) or 1 (CHW). `mask` None: logits x factor."""

    decode: str
    logits: npt.NDArray[np.generic]
    factor: tuple[int, int] = (1, 1)
    scale: float = 1.0
    zero_point: int = 0
    order: int = 0
    mask: tuple[int, int] | None = None
    type: int | None = None

    @property
    def mask_size(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.logits.shape
        return self.mask or (height * self.factor[0], width * self.factor[1])

    def bytes(self) -> bytes:
        """As the test program reads it."""
        logits = self.logits if self.order == 0 else self.logits.transpose(2, 0, 1)
        kind = _TYPES[self.logits.dtype.name] if self.type is None else self.type
        numbers = (_DECODES.index(self.decode), *self.logits.shape, *self.mask_size, self.order, kind, self.zero_point)
        data = np.ascontiguousarray(logits).tobytes()
        return struct.pack("<9ifi", *numbers, self.scale, len(data)) + data


@attrs.frozen(eq=False)
class Answer:
    """What a decode returned, its instructions (0 on the host) and its mask."""

    result: int
    instructions: float
    mask: npt.NDArray[np.uint8]


class Decoder:
    """The decodes of templates/decode as a program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def answers(self, cases: Sequence[Case]) -> list[Answer]:
        """One for each case."""
        data, at, found = self._program.answers(b"".join(case.bytes() for case in cases)), 0, []
        for case in cases:
            height, width = case.mask_size
            result, ticks = struct.unpack_from("<iI", data, at)
            mask = np.frombuffer(data, np.uint8, height * width, at + 8).reshape(height, width)
            found.append(Answer(result, ticks * 31.25, mask))
            at += 8 + mask.size
        assert at == len(data)
        return found

    def masks(self, cases: Sequence[Case]) -> list[tuple[int, npt.NDArray[np.uint8]]]:
        """What each returned, and its mask."""
        return [(answer.result, answer.mask) for answer in self.answers(cases)]


def on_host(folder: Path) -> Decoder:
    """The portable C, with sanitizers."""
    return Decoder(HostProgram(folder, [_MAIN, *portable("decode")], [_DECODE]))


def on_arm(folder: Path, *, mve: bool = True, counting: bool = False) -> Decoder:
    """The C of a board with Helium, or the portable one, on an emulated Cortex-M55."""
    sources = with_twins("decode") if mve else portable("decode")
    return Decoder(ArmProgram(folder, [_MAIN, *sources], [_DECODE], counting=counting))
