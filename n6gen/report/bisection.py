"""A bisection by cut networks for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Column, Table

from n6gen.tools.text import clean

_NOTHING = "no difference"


def tried_line(tried: Mapping[str, Any]) -> str:
    """One cut network: its tensor, what came of it, how far it differs."""
    return f"{clean(tried['tensor'])}: {tried['outcome']}, {_why(tried)}"


def lines(said: Mapping[str, Any]) -> list[str]:
    """What was found, in sentences."""
    found, shown = said["found"], []
    if found is None:
        shown.append(f"Bisection: not found by halves. {clean(said['stopped'] or 'It was stopped')}.")
    elif said["narrowed"]:
        inputs = ", ".join(map(clean, found["inputs"])) or "the network's input"
        shown.append(
            f"Bisection: the first layer that differs is {found['kind']} {clean(found['name'])}, tensor "
            f"{clean(found['tensor'])}, {_extent(found)}; what it reads is right: {inputs}."
        )
    else:
        layers = ", ".join(map(clean, found["layers"]))
        shown.append(
            f"Bisection: not found by halves to a single layer. {clean(found['tensor'])} differs, {_extent(found)}; "
            f"one of these layers is the first: {layers}."
        )
    passed = [one for one in said["tried"] if one["problem"]]
    if passed:
        shown.append(f"Passed over: {len(passed)} cut networks about which nothing is known.")
    if said["misled"]:
        shown.append("A later layer hides the difference of an earlier one: a tensor taken for right was not.")
    if said["tolerance"]:
        shown.append(f"Differences of up to {said['tolerance']} steps counted as none.")
    if said["restored"] is not None:
        shown.append(
            "The board holds the whole build again."
            if said["restored"]
            else "The board still holds a cut network, or a part of one: run `n6gen flash`."
        )
    return shown


def summary(said: Mapping[str, Any]) -> list[RenderableType]:
    """A table of what was tried, and what was found."""
    tensor = Column("tensor", overflow="fold")
    table = Table(tensor, title="Cut networks", box=None, header_style="bold", title_justify="left")
    for column in ("outcome", "difference"):
        table.add_column(column)
    for row in rows(said):
        table.add_row(*row)
    return [table, *lines(said)]


def rows(said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Tensor, outcome and difference of each cut network that was tried."""
    return [(clean(one["tensor"]), one["outcome"], _why(one)) for one in said["tried"]]


def _why(tried: Mapping[str, Any]) -> str:
    if tried["problem"]:
        return clean(tried["problem"])
    return _NOTHING if tried["difference"] is None else _extent(tried["difference"])


def _extent(difference: Mapping[str, Any]) -> str:
    shape = "x".join(map(str, difference["shape"]))
    share = f"{difference['differing']:,} of {difference['elements']:,} elements"
    return f"{shape}, {share} by {difference['largest']} at most"
