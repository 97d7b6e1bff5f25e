"""The C decodes, built with the host's gcc and its sanitizers, behind a Python function."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.resources import data_dir
from n6gen.tools.run import run

_FLAGS = "-std=c11 -Wall -Wextra -Werror -Wconversion -Wshadow -ffp-contract=off -O1 -g"
_SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"
_MAIN = Path(__file__).resolve().parent.parent / "c" / "test_decode.c"
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


class Decoder:
    """Builds the test program once; `masks` runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        decode = data_dir("templates") / "decode"
        sources = [_MAIN, *sorted(decode.glob("*.c"))]
        words = ["gcc", *_FLAGS.split(), *_SANITIZERS.split(), f"-I{decode}", *sources, "-lm", "-o", folder / "program"]
        result = run(words, timeout=60)
        assert result.ok, result.output

    def masks(self, cases: Sequence[Case]) -> list[tuple[int, npt.NDArray[np.uint8]]]:
        """What each call returned, and its mask."""
        (self.folder / "cases.bin").write_bytes(b"".join(case.bytes() for case in cases))
        files = [self.folder / name for name in ("cases.bin", "masks.bin")]
        result = run([self.folder / "program", *files], timeout=120)
        assert result.ok, result.output
        data, at, found = files[1].read_bytes(), 0, []
        for case in cases:
            height, width = case.mask_size
            mask = np.frombuffer(data, np.uint8, height * width, at + 4).reshape(height, width)
            found.append((struct.unpack_from("<i", data, at)[0], mask))
            at += 4 + mask.size
        assert at == len(data)
        return found
