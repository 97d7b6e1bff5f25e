"""What a user asks `n6gen build` for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.board import load_board


@attrs.frozen
class BuildRequest:
    """All options of one build. `mean`, `std` and `order` declare the model's input; None leaves it to the model.

    `network` is a folder that stedgeai wrote elsewhere; then a `model` is needed only for what compares with it.
    `profile`: every epoch of the NPU calls back, for profiles only. `overlap`: camera and network work at once.
    `cut` is a quantised tensor of the model that becomes its output; the app then makes no mask.
    """

    board: str
    model: str | None = None
    res: int | None = None
    out: Path = Path("build")
    compiler: str | None = None
    kernels: str = "c"
    decode: str = "fine"
    keep_head: bool = False
    input_map: str = "exact"
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    order: str | None = None
    templates: Path | None = None
    mirror: Path | None = None
    stedgeai: str | None = None
    network: Path | None = None
    profile: bool = False
    overlap: bool = True
    cut: str | None = None

    def options(self) -> Mapping[str, Any]:
        """The options that a build's result depends on, as JSON values."""
        chosen = attrs.asdict(self, filter=attrs.filters.exclude("out", "mirror", "model", "stedgeai"))
        if self.cut is None:
            del chosen["cut"]  # what the usual builds say of themselves stays comparable with what older ones said
        return {name: str(value) if isinstance(value, Path) else value for name, value in chosen.items()}


def request_of(options: Mapping[str, Any]) -> BuildRequest:
    """A request from the command line's options."""
    values = dict(options)
    for name in ("out", "templates", "mirror", "network"):
        values[name] = Path(values[name]) if values[name] is not None else None
    if values["kernels"] is None:
        values["kernels"] = load_board(values["board"]).kernels
    return BuildRequest(**values)
