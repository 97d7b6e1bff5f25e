"""Which parts of a network run on the NPU and which on the CPU: its epochs in order, with their costs where known.

An epoch is a step of a network that was compiled for the NPU; of one that the CPU runs alone, each layer counts as one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from n6gen.compiler.network import Network
from n6gen.compiler.stedgeai.read import read
from n6gen.errors import InputError

#: npu: the NPU alone; hybrid: the NPU, with the CPU's help; cpu: the CPU alone.
Runner = Literal["npu", "hybrid", "cpu"]
#: Who runs an epoch of each kind that a compiled network has.
RUNNERS: Mapping[str, Runner] = {"hw": "npu", "hybrid": "hybrid", "sw": "cpu"}


@attrs.frozen
class Epoch:
    """An epoch, or a run of them that the NPU walks through by itself. `macs` is None where nobody counted them."""

    name: str
    unit: Runner
    operators: Sequence[str] = ()
    macs: int | None = None


def epochs_of(folder: Path) -> tuple[Epoch, ...]:
    """The epochs of the network in a build `folder`, in order; none if its compiler left no list of them."""
    network = Network.load(folder / "network")
    if network.npu is None:
        return tuple(Epoch(layer.name, "cpu", (layer.kind,), layer.macs) for layer in network.layers)
    with contextlib.suppress(InputError):
        report = read(folder / "network")
        return tuple(Epoch(one.name, RUNNERS[one.kind], one.operators) for one in report.epochs)
    return ()


def with_costs(epochs: Sequence[Epoch], profile: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Epochs as JSON values. With a profile (its JSON) they are what it saw, with their costs; else costs are None."""
    if profile is None:
        return [{**attrs.asdict(epoch), "operators": list(epoch.operators), "cost": None} for epoch in epochs]
    return [
        {
            "name": f"block {index}" if one["name"] is None else one["name"],
            "unit": one["unit"],
            "operators": [] if one["kind"] is None else [one["kind"]],
            "macs": one["macs"],
            "cost": one["cost"],
        }
        for index, one in enumerate(profile["layers"])
    ]


def split(epochs: Sequence[Mapping[str, Any]], digits: int) -> dict[str, float] | None:
    """What NPU and CPU each cost, of epochs with costs (with_costs), in their unit; None if there is no cost.

    Hybrid epochs are both's, and nobody knows in which parts: they count for themselves, if there are any.
    """
    if not epochs or any(epoch["cost"] is None for epoch in epochs):
        return None
    there = {epoch["unit"] for epoch in epochs} | {"npu", "cpu"}
    return {
        unit: round(sum(epoch["cost"] for epoch in epochs if epoch["unit"] == unit), digits)
        for unit in RUNNERS.values()
        if unit in there
    }
