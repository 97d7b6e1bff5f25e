"""What each layer costs, as rows that all kinds of report show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from rich.table import Table
from rich.text import Text

from n6gen.report.numbers import figure, unit_label
from n6gen.tools.text import clean

HEAD = ("#", "kind", "output", "M MACs", "cost", "share", "MACs/{per}", "name")
_PER = {"instructions": "instr."}
#: Characters of the longest bar in a terminal.
_BAR = 8


@attrs.frozen
class Row:
    """A layer: its cells as HEAD names them, and its cost as a share of the dearest layer's."""

    cells: tuple[str, ...]
    bar: float
    says: str


def head(session: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the cells."""
    return tuple(word.format(per=_PER.get(session["unit"], session["unit"])) for word in HEAD)


def rows(session: Mapping[str, Any]) -> list[Row]:
    """The layers in order."""
    found, unit = session["profile"], session["unit"]
    most = max((layer["cost"] for layer in found["layers"]), default=0) or 1
    made = []
    for layer in found["layers"]:
        shape = f"{layer['height']}×{layer['width']}×{layer['channels']}"
        kind = layer["kind"] if layer["unit"] == "cpu" else f"{layer['kind']} ({layer['unit']})"
        cost, share = figure(layer["cost"], unit), f"{layer['share']:.1%}"
        rate = _rate(layer["macs"], layer["cost"])
        cells = (str(layer["index"]), kind, shape, _millions(layer["macs"]), cost, share, rate, layer["name"])
        made.append(Row(cells, layer["cost"] / most, f"{layer['index']} {layer['name']}: {cost} {unit} ({share})"))
    return made


def total(session: Mapping[str, Any]) -> tuple[str, ...]:
    """The last row."""
    found = session["profile"]
    macs = sum(layer["macs"] for layer in found["layers"])
    cost = figure(found["total"], session["unit"])
    return "", "all", "", _millions(macs), cost, "100.0%", _rate(macs, found["total"]), ""


def lines(session: Mapping[str, Any]) -> list[str]:
    """What the figures are, and how exact."""
    found, unit = session["profile"], session["unit"]
    tick = f"{session['resolution_of_clock']:.6g}"
    extra = figure(found["watched"] - found["network"], unit)
    how = f"One inference of {found['frame']}, looked at behind each layer."
    said = [f"{how} A layer's cost is known to a tick, {tick} {unit}."]
    if found["total"] == found["network"]:
        said.append(
            f"Their sum is the network's stage of that frame. Looking took {extra} {unit} more, "
            "which are taken off in equal parts."
        )
    else:
        said.append(
            f"Their sum is that inference; unwatched, the network's stage of that frame took "
            f"{figure(found['network'], unit)} {unit}."
        )
    return said


def table(session: Mapping[str, Any]) -> Table:
    """For a terminal, in the order of the network."""
    found = Table(box=None, header_style="bold", title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    found.title = f"Layers, in {unit_label(session)}"
    for name in head(session):
        # Of what does not fit, names are cut, and never a number.
        found.add_column(name, justify="left" if name in ("kind", "name") else "right", no_wrap=name != "name")
        if name == "share":
            found.add_column("", min_width=_BAR, no_wrap=True)
    for row in rows(session):
        *cells, name = (clean(cell) for cell in row.cells)
        found.add_row(*cells[:6], _bar(row.bar), *cells[6:], Text(name, no_wrap=True, overflow="ellipsis"))
    last = total(session)
    found.add_row(*last[:6], "", *last[6:], style="bold")
    return found


def _millions(macs: int) -> str:
    return "" if not macs else f"{macs / 1e6:,.2f}" if macs >= 5000 else "< 0.01"


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def _rate(macs: int, cost: float) -> str:
    return f"{macs / cost:.2f}" if macs and cost else ""
