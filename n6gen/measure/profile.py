"""What each layer of the network costs, from one inference that the board looked at layer by layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.compiler.network import LayerInfo, Network
from n6gen.errors import BoardError, InputError
from n6gen.link.profile import LayerTicks
from n6gen.measure.facts import Unit


@attrs.frozen
class LayerCost:
    """A layer and its cost in the session's unit; `unit` is who ran it: cpu or npu."""

    layer: LayerInfo
    unit: str
    cost: float


@attrs.frozen
class Profile:
    """The layers in order, on the input `frame`.

    `network` is what the stage cost on that frame, `watched` what the watched inference took. On a clock that repeats
    the difference is what looking took; it is taken off the layers in equal parts, and they add up to `network`. On a
    real clock it has noise in it, and the layers add up to `watched`.
    """

    frame: str
    network: float
    watched: float
    total: float
    layers: tuple[LayerCost, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON values, as docs/session.schema.json describes them."""
        values = {"frame": self.frame, "network": self.network, "watched": self.watched, "total": self.total}
        return {**values, "layers": [_as_json(one, self.total) for one in self.layers]}


def _as_json(one: LayerCost, total: float) -> dict[str, Any]:
    layer = one.layer
    return {
        "index": layer.index,
        "name": layer.name,
        "kind": layer.kind,
        "height": layer.height,
        "width": layer.width,
        "channels": layer.channels,
        "unit": one.unit,
        "macs": layer.macs,
        "cost": one.cost,
        "share": round(one.cost / total, 6) if total else 0.0,
        "macs_per_cost": round(layer.macs / one.cost, 4) if one.cost else None,
    }


def layers_of(folder: Path) -> tuple[LayerInfo, ...]:
    """The layers of the build in `folder`; InputError if its board cannot tell what they cost."""
    network = Network.load(folder / "network")
    if network.npu is not None or not network.layers:
        raise InputError(
            f"{folder}: what the NPU runs has no layers that the processor could look at",
            "Leave --profile away, or build for a board that runs the network on its CPU (--board virtual).",
        )
    return network.layers


def profile_of(
    frame: str,
    layers: Sequence[LayerInfo],
    measured: Sequence[LayerTicks],
    network: int,
    unit: Unit,
    *,
    deterministic: bool,
) -> Profile:
    """The profile from what the board `measured`; `network` is the stage on that frame, in ticks.

    Raises BoardError if the board has other layers, or its clock says that a watched inference is the shorter one.
    """
    if len(measured) != len(layers):
        raise BoardError(f"the board tells of {len(measured)} layers, its network has {len(layers)}")
    watched = sum(layer.ticks for layer in measured)
    # Either number may be a tick too large or too small.
    if deterministic and watched < network - 1:
        raise BoardError(
            f"{frame}: watched, the network took {watched} ticks, unwatched {network}; the clock is not deterministic",
            "Report this: the emulated clock must repeat.",
        )
    total = network if deterministic else watched
    ends = [unit.of(end) for end in _ends(measured, watched, total)]
    costs = [round(end - before, unit.digits) for before, end in itertools.pairwise([unit.of(0), *ends])]
    return Profile(
        frame,
        unit.of(network),
        unit.of(watched),
        unit.of(total),
        tuple(LayerCost(*row) for row in zip(layers, (one.unit for one in measured), costs, strict=True)),
    )


def _ends(measured: Sequence[LayerTicks], watched: int, total: int) -> Iterator[float]:
    """When each layer ended, in ticks, without its share of the looking and of that of those before it."""
    end, last = 0, 0.0
    for count, layer in enumerate(measured, start=1):
        end += layer.ticks
        # A layer shorter than a tick may seem to take less than nothing.
        last = min(max(last, end - (watched - total) * count / len(measured)), total)
        yield total if count == len(measured) else last
