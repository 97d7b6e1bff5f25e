"""A number card: one small SVG with the figures, what they depend on, and nothing that it needs to fetch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n6gen.errors import InputError
from n6gen.report.numbers import figure, unit_label
from n6gen.report.shapes import stage_bars
from n6gen.report.template import render
from n6gen.report.words import profile_build
from n6gen.tools.files import write_atomic

#: Width of the bar, in the units of the SVG.
_BAR = 492.0
#: So many letters have room on a line, also in a wide font.
_LINE = 60


def check_card(conditions: Mapping[str, Any]) -> None:
    """Refuse a card under conditions that no figure may be quoted from: a card is there to be quoted."""
    if profile_build(conditions):
        raise InputError(
            "no card: this is a profile build, and no latency is quoted from it", "Build without --profile."
        )


def write_card(session: Mapping[str, Any], file: Path) -> None:
    """Write the card of a session; InputError if it is a profile build's."""
    conditions, stages = session["conditions"], session["stages"]
    check_card(conditions)
    height, width = conditions["resolution"]
    exact = session["verdict"]["exact"]
    worst = min((frame["mask_exact"] for frame in session["frames"] if frame["mask_exact"] is not None), default=0.0)
    what = [f"a frame of {width}×{height}", "median" if session["windows"] else f"median of {stages['total']['n']}"]
    what += ["quick, not a full measurement"] if session["method"]["name"] == "quick" else []
    pixels = {None: "masks not compared", True: "every pixel right", False: f"{worst:.2%} of pixels right"}
    text = render(
        "card.svg.j2",
        title=_title(session["model"]["name"].removesuffix(".onnx"), conditions["board"]),
        headline=figure(stages["total"]["p50"], session["unit"]),
        unit=unit_label(session),
        what=", ".join(what),
        bars=stage_bars(session, _BAR),
        pixels=pixels[exact],
        exact=exact is not False,
        compiler=f"{conditions['compiler']['name']} {conditions['compiler']['version']}",
        build=conditions["build_id"][:12],
        started=session["started"][:10],
        version=conditions["tools"]["n6gen"],
    )
    write_atomic(file, text)


def _title(model: str, board: str) -> str:
    room = max(1, _LINE - len(f" on {board}"))
    return f"{model if len(model) <= room else model[: room - 1] + '…'} on {board}"
