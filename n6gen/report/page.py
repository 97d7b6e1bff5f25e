"""A session as one HTML page that needs nothing else: no scripts, no fetches, drawings as inline SVG."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from n6gen.report import numbers, profile
from n6gen.report.epochs import caption, legend, timeline
from n6gen.report.pictures import Shown, camera_url, difference_url, mask_url
from n6gen.report.shapes import BINS, MEMORY_WIDTH, memory_rows, rest_bars, spreads, stage_bars
from n6gen.report.template import render
from n6gen.report.words import gate_lines, passed, published_lines, verdict_line, warnings
from n6gen.tools.files import write_atomic

#: Width of the drawings, in the units of their view boxes.
_WIDTH = 1000.0
#: Conditions that are large whole numbers, by the end of their names.
_LARGE = ("_hz", "_bandwidth")
_FIGURES = ("min", "p50", "p95", "p99", "max", "mad")
_GROUPS = (
    (
        "Board and clock",
        ("board", "serial", "probe", "clock", "clock_ratio", "temperature", "caches", "flash_bandwidth", "firmware"),
    ),
    ("Network", ("model_sha256", "network_id", "resolution", "compiler", "options", "decode", "input_map", "inputs")),
    ("Image", ("build_id", "images", "placement", "overlap", "epoch_controller", "flags")),
    ("Tools and link", ("tools", "protocol", "link")),
)


def write_page(session: Mapping[str, Any], shown: Sequence[Shown], log: str, file: Path) -> None:
    """Write the page of a session; `shown` are the frames to picture, `log` what the board said besides records."""
    write_atomic(file, page(session, shown, log))


def page(session: Mapping[str, Any], shown: Sequence[Shown], log: str) -> str:
    """The page's text."""
    unit, stages = session["unit"], session["stages"]
    return render(
        "page.html.j2",
        session=session,
        label=numbers.unit_label(session),
        warnings=warnings(session),
        passed=passed(session),
        verdict=verdict_line(session).removeprefix("Verdict: "),
        gate=gate_lines(session),
        published=published_lines(session),
        tiles=_tiles(session),
        bars=stage_bars(session, _WIDTH),
        rest=rest_bars(session, _WIDTH),
        layers=profile.rows(session) if session.get("profile") else [],
        layer_title=profile.title(session) if session.get("profile") else "",
        layer_head=profile.head(session),
        layer_sum=profile.total(session) if session.get("profile") else (),
        layer_lines=profile.lines(session) if session.get("profile") else [],
        stages=[(name, stage["n"], _cells(stage, unit)) for name, stage in stages.items()],
        whys=list(dict.fromkeys(stage["why"] for stage in stages.values() if stage["why"])),
        epochs=timeline(session, _WIDTH),
        epoch_caption=caption(session),
        epoch_legend=legend(session),
        spreads=spreads(session, _WIDTH),
        frames=[_frame(frame, unit) for frame in session["frames"]],
        columns=list(stages),
        windows=[_window(window, unit) for window in session["windows"]],
        cold=session["cold"] and numbers.figure(session["cold"]["total"], unit),
        model=session["model"]["name"].removesuffix(".onnx"),
        pictures=[_picture(one) for one in shown],
        memory=memory_rows(session["memory"]),
        memory_width=MEMORY_WIDTH,
        groups=_groups(session["conditions"]),
        log=log,
        width=_WIDTH,
        bins=BINS,
    )


def _tiles(session: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Headline figures: what, how much, and of what."""
    unit, stages, frames = session["unit"], session["stages"], session["frames"]
    total, network = stages["total"]["p50"], stages["network"]["p50"]
    worst = min((frame["mask_exact"] for frame in frames if frame["mask_exact"] is not None), default=None)
    tiles = [
        ("A frame costs", numbers.figure(total, unit), f"{numbers.unit_label(session)}, median"),
        ("The network's part", f"{network / (total or 1):.1%}", f"{numbers.figure(network, unit)} {unit}"),
        (
            "Pixels right",
            "n/a" if worst is None else "all" if worst == 1 else f"{worst:.3%}",
            "nothing to compare with" if worst is None else f"in {'the worst of ' * (worst < 1)}{len(frames)} masks",
        ),
    ]
    if session["rate"]:
        rate = session["rate"]
        tiles.append(
            ("Frame rate", f"{rate['fps']:.1f} fps", f"end to end; {rate['dropped']} of {rate['frames']} frames missed")
        )
    macs = session["network"].get("macs")
    if macs:
        tiles.append(("Work", f"{macs / 1e6:,.1f} M", "multiply-accumulates a frame"))
    return tiles


def _cells(stage: Mapping[str, Any], unit: str) -> list[str | None]:
    """The figures of a stage; None where there is none."""
    found = [None if stage[name] is None else numbers.figure(stage[name], unit) for name in _FIGURES]
    ends = stage["p50_interval"]
    return [*found, None if ends is None else numbers.interval(ends, unit, None)]


def _window(window: Mapping[str, Any], unit: str) -> list[str]:
    """Inputs, seconds, samples, and the median of the totals."""
    totals = window["samples"]["total"]
    middle = numbers.figure(statistics.median_low(totals), unit)
    return [", ".join(window["frames"]), f"{window['seconds']:.3f}", f"{len(totals):,}", middle]


def _frame(frame: Mapping[str, Any], unit: str) -> dict[str, Any]:
    shares = (frame["mask_exact"], frame["mask_agreement"], frame["ort_self_agreement"])
    return {
        "name": frame["name"],
        "right": frame["mask_exact"] in (None, 1),
        "shares": [numbers.share(share) for share in shares],
        "costs": [numbers.figure(cost, unit) for cost in frame["cost"].values()],
    }


def _picture(one: Shown) -> dict[str, Any]:
    views = [("camera", None), ("board's mask", mask_url(one.device))]
    found: dict[str, Any] = {"name": one.name, "camera": one.picture is not None and camera_url(one.picture)}
    if one.expected is None:
        return {**found, "views": views if found["camera"] else views[1:], "difference": None, "wrong": None}
    wrong = int((one.device != one.expected).sum())
    return {
        **found,
        "views": [*views, ("reference", mask_url(one.expected))],
        "difference": difference_url(one.device, one.expected) if wrong else None,
        "wrong": f"{wrong:,} pixels differ" if wrong else "no pixel differs",
    }


def _grouped(text: str) -> str:
    """A large whole number with its thousands apart."""
    return f"{int(text):,}" if text.isdigit() else text


def _groups(conditions: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    listed = {name for _, names in _GROUPS for name in names}
    rest = ("Others", tuple(name for name in conditions if name not in listed))
    groups = []
    for title, names in (*_GROUPS, rest):
        there = numbers.flat({name: conditions[name] for name in names if name in conditions})
        entries = [(name, _grouped(text) if name.endswith(_LARGE) else text) for name, text in there]
        if entries:
            groups.append((title, entries))
    return groups
