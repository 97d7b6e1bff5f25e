"""The rows of the model zoo. Figures are as published; an empty one is None."""

from __future__ import annotations

import csv
import functools
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from n6gen.resources import data_dir


def _figure(text: str) -> float | None:
    return float(text) if text else None


@attrs.frozen
class Row:
    """One published measurement. Memory in KiB, `ms` is one inference, `stedgeai` the version that compiled it."""

    task: str
    family: str
    model: str
    data: str
    resolution: str
    quantisation: str
    internal_kib: float | None = attrs.field(converter=_figure)
    external_kib: float | None = attrs.field(converter=_figure)
    flash_kib: float | None = attrs.field(converter=_figure)
    ms: float = attrs.field(converter=float)
    stedgeai: str
    commit: str

    @property
    def fps(self) -> float:
        """Inferences a second, one after the other."""
        return 1000 / self.ms

    @property
    def fits_onchip(self) -> bool | None:
        """Whether its activations need no external memory; None if that was not published."""
        return None if self.external_kib is None else self.external_kib == 0

    @property
    def source(self) -> str:
        """Where it was published."""
        repository = _facts()["source"]["repository"]
        return f"https://github.com/{repository}/blob/{self.commit}/{self.task}/{self.family}/README.md"


@functools.cache
def rows() -> Sequence[Row]:
    """All rows, in the order of their publication."""
    with (data_dir("models") / "zoo" / "rows.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Row(**row) for row in csv.DictReader(file))


def select(
    *, fits_onchip: bool = False, fps: float | None = None, task: str | None = None, name: str | None = None
) -> list[Row]:
    """The rows that need no external memory, give at least `fps`, are for `task`, have `name` in their model's name."""
    return [
        row
        for row in rows()
        if (not fits_onchip or row.fits_onchip)
        and (fps is None or row.fps >= fps)
        and (task is None or row.task == task)
        and (name is None or name.lower() in row.model.lower())
    ]


def seed_row(stem: str) -> Row | None:
    """The row of a model file that n6gen builds by name; `stem` is the file's name without its ending."""
    for seed in _facts()["seed"]:
        if seed["stem"] == stem:
            return next(row for row in rows() if row.model == seed["model"])
    return None


def seed_rows() -> list[Row]:
    """The rows of all those models."""
    found = [seed_row(seed["stem"]) for seed in _facts()["seed"]]
    return [row for row in found if row is not None]


def conditions() -> Mapping[str, str]:
    """What the publisher says, or does not say, of how the rows were measured."""
    known: Mapping[str, str] = _facts()["conditions"]
    return known


def bound_facts() -> Sequence[Mapping[str, Any]]:
    """The limits that rows are checked against; see bounds."""
    known: Sequence[Mapping[str, Any]] = _facts()["bound"]
    return known


@functools.cache
def _facts() -> Mapping[str, Any]:
    return tomllib.loads((data_dir("models") / "zoo" / "zoo.toml").read_text(encoding="utf-8"))
