"""`network_ecblobs.h`: the epoch controller's programs, and the raw weight files beside a network."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

_BLOB = re.compile(r"static const uint64_t (_ec_blob_\w+)\s*\[\d*\]\s*=\s*\{([^}]*)\}")
_WORD_BYTES = 8
# As the tool names it, as ST's own scripts rename it, as n6gen does.
_WEIGHTS = ("*_atonbuf.xSPI2.raw", "*_data.xSPI2.bin", "weights.bin")


@attrs.frozen
class Blob:
    """One epoch controller blob; `size` in bytes, all of it in the app's image."""

    name: str
    size: int


def read_ecblobs(text: str) -> tuple[Blob, ...]:
    """The blobs in `network_ecblobs.h`, in order; empty for a network without the epoch controller."""
    return tuple(Blob(name, words.count("0x") * _WORD_BYTES) for name, words in _BLOB.findall(text))


def weight_files(folder: Path) -> list[Path]:
    """Weights of the flash pool in a folder, under the tool's own name first."""
    return [path for pattern in _WEIGHTS for path in sorted(folder.glob(pattern))]
