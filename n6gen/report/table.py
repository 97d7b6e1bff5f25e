"""A session as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from n6gen.report.numbers import figure, interval, or_na, share
from n6gen.tools.text import clean

_FIGURES = ("n", "min", "p50", "p95", "p99", "max", "mad", "p50_interval")
_HEADS = {"mad": "MAD", "p50_interval": "95% for p50"}


def _table(title: str, first: str) -> Table:
    return Table(first, title=title, box=None, header_style="bold", title_justify="left")


def stage_table(unit: str, label: str, stages: Mapping[str, Mapping[str, Any]]) -> Table:
    """Cost by stage, each as ``{"n", "min", …}`` in `unit`, without the figures that no stage has; see lacking."""
    table = _table(f"Stages, in {label}", "stage")
    columns = [name for name in _FIGURES if name not in _lacking(stages)]
    for column in columns:
        table.add_column(_HEADS.get(column, column), justify="right")
    for name, stage in stages.items():
        table.add_row(clean(name), *(_cell(stage, column, unit) for column in columns))
    return table


def lacking(stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line that says which figures no stage has, and why; none if there are no such figures."""
    names = _lacking(stages)
    if not names:
        return []
    heads = [_HEADS.get(name, name) for name in names]
    heads = ["windows", *heads] if "p50_interval" in names else heads
    why = " / ".join(dict.fromkeys(str(stage["why"]) for stage in stages.values()))
    return [f"{', '.join(heads)}: n/a ({why})"]


def _lacking(stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [name for name in _FIGURES if all(stage[name] is None for stage in stages.values())]


def _cell(stage: Mapping[str, Any], column: str, unit: str) -> str:
    if column == "n":
        return f"{stage['n']:,}"
    if column == "p50_interval":
        return interval(stage[column], unit, stage.get("why"))
    return or_na(stage[column], unit, stage.get("why"))


def frame_table(frames: Sequence[Mapping[str, Any]]) -> Table:
    """How each frame's mask agrees with the references, as shares of pixels."""
    table = _table("Masks", "frame")
    for column in ("exact", "like onnxruntime", "onnxruntime like itself"):
        table.add_column(column, justify="right")
    for frame in frames:
        shares = (frame["mask_exact"], frame["mask_agreement"], frame["ort_self_agreement"])
        table.add_row(clean(frame["name"]), *map(share, shares))
    return table


def change_table(label: str, unit: str, changes: Sequence[Mapping[str, Any]]) -> Table:
    """Two sessions' costs side by side: each change as ``{"stage", "a", "b", "ratio", "interval", "change"}``."""
    # As measure.compare has it: all samples' median, or the mean over the frames where each costs the same every time.
    what = "mean" if all(change["interval"] is None for change in changes) else "median"
    table = _table(f"{what.capitalize()} cost of a frame, in {label}", "stage")
    for column in ("a", "b", "b / a", "95%"):
        table.add_column(column, justify="right")
    table.add_column("b is")
    for change in changes:
        ends = change["interval"]
        between = "exact" if ends is None else f"{ends[0]:.4f} – {ends[1]:.4f}"
        costs = (figure(change["a"], unit), figure(change["b"], unit))
        table.add_row(clean(change["stage"]), *costs, f"{change['ratio']:.4f}", between, change["change"])
    return table


def difference_table(differing: Sequence[Mapping[str, Any]]) -> Table:
    """Conditions that forbid a comparison, each as ``{"key", "a", "b"}``."""
    table = Table("condition", "a", "b", title="Unlike conditions", box=None, header_style="bold", title_justify="left")
    for entry in differing:
        table.add_row(*(clean(str(entry[key]), 120) for key in ("key", "a", "b")))
    return table


def zoo_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Published rows; memory in KiB. The last column marks those that break a bound."""
    table = _table("Published for the STM32N6570-DK; memory in KiB", "model")
    table.columns[0].overflow = "fold"
    for column in ("input", "type", "int.", "ext.", "flash", "ms", "inf/s", "stedgeai", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        memory = [_known(row[name]) for name in ("internal_kib", "external_kib", "flash_kib")]
        speed = (f"{row['ms']:.2f}", f"{row['inferences_per_second']:.1f}")
        side = row["resolution"].removesuffix("x3")
        mark = "!" if row["bounds"] else ""
        table.add_row(row["model"], side, row["quantisation"], *memory, *speed, row["stedgeai"], mark)
    return table


def _known(value: float | None) -> str:
    return "n/a" if value is None else f"{value:,.0f}"
