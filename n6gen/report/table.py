"""A session as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from n6gen.tools.text import clean


def stage_table(unit: str, stages: Mapping[str, Mapping[str, int]]) -> Table:
    """Cost by stage. `stages` maps a stage to ``{"n", "min", "p50", "max"}`` in `unit`."""
    table = Table("stage", title=f"Stages, in {unit}", box=None, header_style="bold", title_justify="left")
    for column in ("n", "min", "p50", "max"):
        table.add_column(column, justify="right")
    for name, summary in stages.items():
        table.add_row(name, *(f"{summary[column]:,}" for column in ("n", "min", "p50", "max")))
    return table


def frame_table(frames: Sequence[Mapping[str, Any]]) -> Table:
    """How each frame's mask agrees with the references, as shares of pixels."""
    table = Table("frame", title="Masks", box=None, header_style="bold", title_justify="left")
    for column in ("exact", "like onnxruntime", "onnxruntime like itself"):
        table.add_column(column, justify="right")
    for frame in frames:
        shares = (frame["mask_exact"], frame["mask_agreement"], frame["ort_self_agreement"])
        table.add_row(clean(frame["name"]), *(_share(share) for share in shares))
    return table


def _share(value: float) -> str:
    return "1" if value == 1 else f"{value:.5f}"
