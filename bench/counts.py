"""The counts that are kept: bench/counts.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.tools.files import write_json

COUNTS = Path(__file__).resolve().parent / "counts.json"

#: What a row holds: instructions a frame by stage (the median over the frames), then bytes.
STAGES = ("input", "network", "decode", "present")
BYTES = ("arena_bytes", "weights_bytes")
#: Decoding takes less where the classes do not change, so its count depends on the picture and on the weights.
OF_THE_WEIGHTS = ("decode",)

Key = tuple[str, int, str]


@attrs.frozen
class Row:
    """What one build costs. `figures`: STAGES and BYTES, and `decode_max`, the dearest frame's decode."""

    model: str
    resolution: int
    kernels: str
    model_sha256: str
    measured: str
    macs: int
    figures: Mapping[str, int]

    @property
    def key(self) -> Key:
        """Which build it is."""
        return (self.model, self.resolution, self.kernels)


@attrs.frozen
class Counts:
    """Rows that one toolchain made. `tools`: what gcc and QEMU say about their versions."""

    tools: Mapping[str, str]
    rows: tuple[Row, ...]

    def row(self, key: Key) -> Row | None:
        """The row of one build, or None."""
        return next((row for row in self.rows if row.key == key), None)

    def renewed(self, tools: Mapping[str, str], rows: Iterable[Row]) -> Counts:
        """With `rows` in place of the old ones. Rows that another gcc made do not stay."""
        kept = {row.key: row for row in self.rows} if tools["gcc"] == self.tools.get("gcc") else {}
        both = kept | {row.key: row for row in rows}
        return Counts(dict(tools), tuple(both[key] for key in sorted(both)))


def read(file: Path = COUNTS) -> Counts:
    """Read the file; an absent one has no rows."""
    if not file.is_file():
        return Counts({}, ())
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Counts(data["tools"], tuple(Row(**row) for row in data["rows"]))


def write(counts: Counts, file: Path = COUNTS) -> None:
    """Write the file."""
    write_json(file, {"tools": dict(counts.tools), "rows": [attrs.asdict(row) for row in counts.rows]})
