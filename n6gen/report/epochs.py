"""A network's epochs as a timeline, and in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from n6gen.report.numbers import figure

#: Who runs an epoch: what people read, and the colour of the page that stands for it.
RUNNERS = {"npu": ("NPU", "network"), "hybrid": ("NPU with the CPU", "present"), "cpu": ("CPU", "decode")}
#: However little an epoch is, it must be seen.
_LEAST = 1.0


@attrs.frozen
class Step:
    """An epoch in the drawing: `x` and `width`, its colour's name, and what to say of it."""

    x: float
    width: float
    colour: str
    says: str


def timeline(session: Mapping[str, Any], width: float) -> list[Step]:
    """The epochs from left to right over `width`.

    As long as they cost; without a profile, as they have multiply-accumulates; else all alike.
    """
    epochs: Sequence[Mapping[str, Any]] = session.get("epochs") or ()
    scale = _scale(epochs)
    lengths = [1.0 if scale is None else float(epoch[scale]) for epoch in epochs]
    # What is widened to be seen is taken from all.
    whole, least = sum(lengths) or 1.0, min(_LEAST, width / max(1, len(lengths)))
    room = width - least * len(lengths)
    steps, x = [], 0.0
    for epoch, length in zip(epochs, lengths, strict=True):
        wide = least + room * length / whole
        steps.append(Step(x, wide, RUNNERS[epoch["unit"]][1], _says(epoch, session["unit"])))
        x += wide
    return steps


def legend(session: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each runner that there is: its colour's name, who it is, and how many epochs it runs at what cost."""
    epochs = session.get("epochs") or ()
    counts, costs = Counter(epoch["unit"] for epoch in epochs), _costs(epochs)
    return [
        (
            colour,
            name,
            f"{counts[unit]}" + (f" for {figure(costs[unit], session['unit'])} {session['unit']}" if costs else ""),
        )
        for unit, (name, colour) in RUNNERS.items()
        if counts[unit]
    ]


def caption(session: Mapping[str, Any]) -> str:
    """What the drawing shows, and what it does not."""
    epochs = session.get("epochs") or ()
    scale = _scale(epochs)
    if scale == "cost":
        return f"Each epoch as long as it cost, in {session['unit']}, in the order in which they run."
    if scale == "macs":
        return "No profile: each epoch as long as it has multiply-accumulates, which is work and not cost."
    return "No profile: the epochs in the order in which they run, all drawn alike. Their lengths say nothing."


def epoch_lines(session: Mapping[str, Any]) -> list[str]:
    """How the network is split between NPU and CPU, for people; nothing for one that the CPU runs alone."""
    epochs = session.get("epochs") or ()
    counts = Counter(epoch["unit"] for epoch in epochs)
    if set(counts) <= {"cpu"}:
        return []
    parts = session.get("split")
    if parts:
        whole = sum(parts.values()) or 1
        costs = ((RUNNERS[unit][0], cost) for unit, cost in parts.items())
        said = (f"{name} {figure(cost, session['unit'])} ({cost / whole:.1%})" for name, cost in costs)
        return [f"Network by its profile, in {session['unit']}: {', '.join(said)}."]
    said = (f"{counts[unit]} on {RUNNERS[unit][0]}" for unit in RUNNERS if counts[unit])
    return [f"Network: {len(epochs)} epochs, {', '.join(said)}; no profile, so nobody knows what each costs."]


def _scale(epochs: Sequence[Mapping[str, Any]]) -> str | None:
    for key in ("cost", "macs"):
        if epochs and all(epoch[key] is not None for epoch in epochs) and any(epoch[key] for epoch in epochs):
            return key
    return None


def _costs(epochs: Sequence[Mapping[str, Any]]) -> Counter[str] | None:
    if _scale(epochs) != "cost":
        return None
    costs: Counter[str] = Counter()
    for epoch in epochs:
        costs[epoch["unit"]] += epoch["cost"]
    return costs


def _says(epoch: Mapping[str, Any], unit: str) -> str:
    parts = [epoch["name"], RUNNERS[epoch["unit"]][0]]
    if epoch["operators"]:
        parts.append(", ".join(epoch["operators"]))
    if epoch["macs"]:
        parts.append(f"{epoch['macs']:,} MACs")
    if epoch["cost"] is not None:
        parts.append(f"{figure(epoch['cost'], unit)} {unit}")
    return ": ".join((parts[0], "; ".join(parts[1:])))
