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
#: Of what nobody knows.
_UNKNOWN = "n/a"
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


def title(session: Mapping[str, Any]) -> str:
    """What the rows are."""
    return "Epoch blocks" if "blocks" in session["profile"] else "Layers"


def rows(session: Mapping[str, Any]) -> list[Row]:
    """The layers in order."""
    found, unit = session["profile"], session["unit"]
    most = max((layer["cost"] for layer in found["layers"]), default=0) or 1
    made = []
    for layer in found["layers"]:
        cost, share = figure(layer["cost"], unit), f"{layer['share']:.1%}"
        rate = _rate(layer["macs"], layer["cost"])
        name = _UNKNOWN if layer["name"] is None else layer["name"]
        cells = (str(layer["index"]), _kind(layer), _shape(layer), _millions(layer["macs"]), cost, share, rate, name)
        made.append(Row(cells, layer["cost"] / most, f"{layer['index']} {name}: {cost} {unit} ({share})"))
    return made


def total(session: Mapping[str, Any]) -> tuple[str, ...]:
    """The last row."""
    found = session["profile"]
    counts = [layer["macs"] for layer in found["layers"]]
    macs = None if None in counts else sum(counts)
    cost = figure(found["total"], session["unit"])
    return "", "all", "", _millions(macs), cost, "100.0%", _rate(macs, found["total"]), ""


def lines(session: Mapping[str, Any]) -> list[str]:
    """What the figures are, and how exact."""
    found, unit = session["profile"], session["unit"]
    tick = f"{session['resolution_of_clock']:.6g}"
    extra = figure(found["watched"] - found["network"], unit)
    what = "epoch block" if "blocks" in found else "layer"
    how = f"One inference of {found['frame']}, looked at behind each {what}."
    said = [f"{how} What one costs is known to a tick, {tick} {unit}."]
    if found["total"] == found["network"] and "blocks" not in found:
        said.append(
            f"Their sum is the network's stage of that frame. Looking took {extra} {unit} more, "
            "which are taken off in equal parts."
        )
    else:
        said.append(
            f"Their sum is that inference; unwatched, the network's stage of that frame took "
            f"{figure(found['network'], unit)} {unit}."
        )
    return said + _block_lines(session)


def _block_lines(session: Mapping[str, Any]) -> list[str]:
    """What must be known of epoch blocks; nothing of layers."""
    found = session["profile"]
    if "blocks" not in found:
        return []
    said, units = [], {layer["unit"] for layer in found["layers"]}
    if not found["blocks"]["named"]:
        ran, built = len(found["layers"]), found["blocks"]["built"]
        why = f"it ran {ran}, the code has {built}" if ran != built else "others of them run on the CPU"
        said.append(
            f"The blocks that the board told of are not those of the network's code ({why}): no names are known."
        )
    if "hybrid" in units:
        said.append("In a hybrid block the NPU and the CPU work; how much of it is whose is not known.")
    if session["conditions"].get("epoch_controller"):
        said.append(
            "An epoch controller runs many epochs as one block. `n6gen build --profile` leaves it out, "
            "so that each is seen; no latency is quoted from such a build."
        )
    return said


def table(session: Mapping[str, Any]) -> Table:
    """For a terminal, in the order of the network."""
    found = Table(box=None, header_style="bold", title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    found.title = f"{title(session)}, in {unit_label(session)}"
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


def _kind(layer: Mapping[str, Any]) -> str:
    kind, unit = layer["kind"], layer["unit"]
    if kind is None:
        return str(unit)
    # Of what has layers the CPU runs all but few; who runs a block is the first thing to know of it.
    plain = unit == "cpu" and layer["height"] is not None
    return str(kind) if plain else f"{kind} ({unit})"


def _shape(layer: Mapping[str, Any]) -> str:
    return _UNKNOWN if layer["height"] is None else f"{layer['height']}×{layer['width']}×{layer['channels']}"


def _millions(macs: int | None) -> str:
    if macs is None:
        return _UNKNOWN
    return "" if not macs else f"{macs / 1e6:,.2f}" if macs >= 5000 else "< 0.01"


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def _rate(macs: int | None, cost: float) -> str:
    if macs is None:
        return _UNKNOWN
    return f"{macs / cost:.2f}" if macs and cost else ""
