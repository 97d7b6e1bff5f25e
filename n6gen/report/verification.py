"""A verification for people: a few lines in a terminal, or a page with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from rich.console import RenderableType
from rich.table import Table

from n6gen.report import bisection
from n6gen.report.numbers import share
from n6gen.report.pictures import Pixels, camera_url, difference_url, mask_url, spread_url
from n6gen.report.template import render
from n6gen.tools.files import write_atomic
from n6gen.tools.text import clean


@attrs.frozen(eq=False)
class Seen:
    """A frame for the page: the picture, uint8 RGB [H, W, 3], and two masks, uint8 class indices [H, W], or without
    pixels where the network is cut before its logits.

    `wrong`: how many channels of the tensor that differs first do, uint16 [height, width].
    """

    picture: Pixels
    device: Pixels
    expected: Pixels
    wrong: npt.NDArray[np.uint16] | None


def summary(said: Mapping[str, Any]) -> list[RenderableType]:
    """The verification as lines and tables for a terminal."""
    shown: list[RenderableType] = _masks_compared(said) if said["cut"] is None else []
    frame = _first(said)
    if frame is not None:
        title, difference = _worst(frame)
        shown.append(title)
        if difference is not None:
            shown.append(_elements(difference))
        shown += notes(frame)
    if said["bisection"] is not None:
        shown += bisection.summary(said["bisection"])
    return [*shown, verdict_line(said)]


def _masks_compared(said: Mapping[str, Any]) -> list[RenderableType]:
    table = Table("frame", title="Masks", box=None, header_style="bold", title_justify="left")
    for column in ("exact", "like onnxruntime", "wrong"):
        table.add_column(column, justify="right")
    for frame in said["frames"]:
        wrong = ", ".join(frame["wrong"]) or "-"
        table.add_row(clean(frame["name"]), share(frame["mask_exact"]), share(frame["mask_agreement"]), wrong)
    classes = Table("class", title="IoU of the masks with", box=None, header_style="bold", title_justify="left")
    for column in ("integer reference", "onnxruntime"):
        classes.add_column(column, justify="right")
    for index, pair in enumerate(zip(said["iou"]["integer"], said["iou"]["onnxruntime"], strict=True)):
        if any(iou is not None for iou in pair):
            classes.add_row(str(index), *("n/a" if iou is None else share(iou) for iou in pair))
    return [table, classes]


def verdict_line(said: Mapping[str, Any]) -> str:
    """One sentence."""
    compared = said["compared"]
    whole = "every tensor, " if compared["every_tensor"] and compared["layers"] else ""
    count = f"{compared['tensors']:,} tensors ({compared['elements']:,} elements)"
    cut = said["cut"]
    count += f" and {_masks(compared['frames'])}" if cut is None else f" of the network cut at {clean(cut)}"
    if said["verdict"]["exact"]:
        return f"Verdict: exact. {whole}{count} compared, no difference.".replace("exact. e", "exact. E", 1)
    frame = _first(said)
    assert frame is not None  # noqa: S101 - something differs
    return f"Verdict: not exact. In {clean(frame['name'])}: {_worst(frame)[0]}"


def notes(frame: Mapping[str, Any]) -> list[str]:
    """What else is to be said of a frame that differs."""
    lines = []
    layer = frame["layer"]
    if layer is not None:
        others = [index for index in layer["origins"] if index != layer["index"]]
        if others:
            lines.append(f"Layers that differ though their inputs are right, besides it: {_list(others)}.")
        followers = len(layer["differing_layers"]) - len(layer["origins"])
        if followers:
            lines.append(f"{followers} more layers differ, each behind one of these.")
        if layer["kind"] == "block":
            lines.append("A block is one unit: what lies between its convolutions is never there as a whole.")
        if frame["output"] is None:
            lines.append("The network's output is right all the same.")
    if frame["mask_exact"] == 1:
        lines.append("The mask is right all the same.")
    if len(frame["wrong"]) > 1:
        lines.append(f"Stages that are wrong by themselves: {', '.join(frame['wrong'])}.")
    return lines


def write_page(said: Mapping[str, Any], seen: Sequence[Seen], file: Path) -> None:
    """Write the page; `seen` are the frames to picture, in the order of `said`'s."""
    write_atomic(file, page(said, seen))


def page(said: Mapping[str, Any], seen: Sequence[Seen]) -> str:
    """The page's text."""
    verdict = verdict_line(said).removeprefix("Verdict: ")
    frames = [_frame(frame, one) for frame, one in zip(said["frames"], seen, strict=False)]
    iou = enumerate(zip(said["iou"]["integer"], said["iou"]["onnxruntime"], strict=True))
    classes = [(index, [_share(one), _share(other)]) for index, (one, other) in iou]
    found = said["bisection"]
    halves = None if found is None else {"lines": bisection.lines(found), "rows": bisection.rows(found)}
    return render("verification.html.j2", said=said, verdict=verdict, frames=frames, classes=classes, halves=halves)


def _frame(frame: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    wrong = int((seen.device != seen.expected).sum())
    title, difference = (None, None) if frame["exact"] else _worst(frame)
    return {
        "name": frame["name"],
        "exact": frame["exact"],
        "wrong": ", ".join(frame["wrong"]),
        "shares": [_share(frame["mask_exact"]), _share(frame["mask_agreement"])],
        "camera": camera_url(seen.picture),
        "views": [("camera", None), *(_mask_views(seen) if seen.device.size else ())],
        "difference": difference_url(seen.device, seen.expected) if wrong else None,
        "pixels": f"{wrong:,} pixels differ" if wrong else "no pixel differs" if seen.device.size else None,
        "title": title,
        "rows": [] if difference is None else _rows(difference),
        "map": None if seen.wrong is None else spread_url(seen.wrong),
        "notes": [] if frame["exact"] else notes(frame),
    }


def _mask_views(seen: Seen) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("board's mask", mask_url(seen.device)), ("reference", mask_url(seen.expected))


def _first(said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((frame for frame in said["frames"] if not frame["exact"]), None)


def _worst(frame: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """What goes wrong first in a frame: a sentence, and the difference if it is one of tensors."""
    if frame["input"] is not None:
        return f"input: the network's input differs: {_extent(frame['input'])}.", frame["input"]
    layer = frame["layer"]
    if layer is not None:
        name, tensor = clean(str(layer["name"])), clean(str(layer["tensor"]))
        part = "" if layer["left_out"] is None else " (without channels {} to {})".format(*layer["left_out"])
        what = f"layer {layer['index']} is the first that differs: {layer['kind']} {name}, tensor {tensor}{part}"
        return f"network: {what}, {_extent(layer)}.", layer
    if frame["output"] is not None:
        return f"network: its output differs: {_extent(frame['output'])}.", frame["output"]
    if frame["decode_differing"]:
        pixels = f"{frame['decode_differing']:,} pixels"
        return f"decode: input and network are right, {pixels} of the mask are not what the decode must give.", None
    return "the mask differs, and no stage by itself.", None


def _extent(difference: Mapping[str, Any]) -> str:
    shape = "x".join(map(str, difference["shape"]))
    share_of = f"{difference['differing']:,} of {difference['elements']:,} elements"
    channels = f"in {difference['differing_channels']} of {difference['shape'][2]} channels"
    return f"{shape}, {share_of} {channels}, by {difference['largest']} at most"


def _rows(difference: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    return [
        (", ".join(map(str, element["at"])), element["expected"], element["found"]) for element in difference["first"]
    ]


def _elements(difference: Mapping[str, Any]) -> Table:
    table = Table("row, column, channel", title="The first of them", box=None, title_justify="left")
    for column in ("expected", "found"):
        table.add_column(column, justify="right")
    for at, expected, found in _rows(difference):
        table.add_row(at, str(expected), str(found))
    return table


def _masks(count: int) -> str:
    return "1 mask" if count == 1 else f"{count:,} masks"


def _list(indices: Sequence[int]) -> str:
    return ", ".join(map(str, indices[:8])) + (", …" if len(indices) > 8 else "")


def _share(iou: float | None) -> str:
    return "n/a" if iou is None else share(iou)
