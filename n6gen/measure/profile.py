"""What each layer of the network costs, from one inference that the board looked at layer by layer.

Of a network that the NPU runs it looks at epoch blocks: what the NPU's runtime runs in one go.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.compiler.network import LayerInfo, Network
from n6gen.compiler.stedgeai.network_c import read_network_c
from n6gen.errors import BoardError, InputError
from n6gen.link.profile import LayerTicks
from n6gen.measure.epochs import RUNNERS, Epoch
from n6gen.measure.facts import Unit

_SIZES = ("height", "width", "channels")


@attrs.frozen
class LayerCost:
    """A layer or a block, and its cost in the session's unit; `unit` is who ran it: cpu, npu or hybrid.

    `kind`, `shape` ((height, width, channels) of its output) and `macs` are None where nobody knows them, as is the
    `name` of a block that cannot be told.
    """

    name: str | None
    kind: str | None
    shape: tuple[int, int, int] | None
    macs: int | None
    unit: str
    cost: float

    def as_json(self, index: int, total: float) -> dict[str, Any]:
        """As JSON values; `total` is the cost of all."""
        return {
            "index": index,
            "name": self.name,
            "kind": self.kind,
            **dict(zip(_SIZES, self.shape or (None,) * 3, strict=True)),
            "unit": self.unit,
            "macs": self.macs,
            "cost": self.cost,
            "share": round(self.cost / total, 6) if total else 0.0,
            "macs_per_cost": round(self.macs / self.cost, 4) if self.macs is not None and self.cost else None,
        }


@attrs.frozen
class Profile:
    """The layers in order, on the input `frame`.

    `network` is what the stage cost on that frame, `watched` what the watched inference took. On a clock that repeats
    the difference is what looking took; it is taken off the layers in equal parts, and they add up to `network`. On a
    real clock it has noise in it, and the layers add up to `watched`. `built` is None for layers; for blocks it is how
    many there are in the network's code. They have names only if what the board ran are those.
    """

    frame: str
    network: float
    watched: float
    total: float
    layers: tuple[LayerCost, ...]
    built: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON values, as docs/session.schema.json describes them."""
        values: dict[str, Any] = {"frame": self.frame, "network": self.network, "watched": self.watched}
        if self.built is not None:
            values["blocks"] = {"built": self.built, "named": all(one.name is not None for one in self.layers)}
        layers = [one.as_json(index, self.total) for index, one in enumerate(self.layers)]
        return {**values, "total": self.total, "layers": layers}


def layers_of(folder: Path) -> tuple[LayerInfo, ...]:
    """The layers of the build in `folder`, none if the NPU runs them; InputError if there is nothing to look at."""
    network = Network.load(folder / "network")
    if network.npu is None and not network.layers:
        raise InputError(f"{folder}: its network has no layers that could be looked at", "Leave --profile away.")
    return network.layers


def blocks_of(folder: Path) -> tuple[Epoch, ...] | None:
    """The epoch blocks that the NPU's runtime runs for the build in `folder`; None for a network of the CPU's.

    They are those in network.c's own table, as that is what the app holds; the compiler's reports count otherwise.
    """
    network = Network.load(folder / "network")
    if network.npu is None:
        return None
    try:
        text = network.source_file.read_bytes().decode("utf-8", "replace")
        blocks = read_network_c(text).epochs
    except OSError as error:
        raise InputError(f"{network.source_file}: {error.strerror}", "Build again.") from error
    except ValueError:
        # Then they have no names; what each costs is the board's to say.
        return ()
    return tuple(Epoch(one.name, RUNNERS[one.kind], one.operators) for one in blocks)


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
    costs = _costs(measured, watched, total, unit)
    rows = [
        LayerCost(one.name, one.kind, (one.height, one.width, one.channels), one.macs, ticks.unit, cost)
        for one, ticks, cost in zip(layers, measured, costs, strict=True)
    ]
    return Profile(frame, unit.of(network), unit.of(watched), unit.of(total), tuple(rows))


def block_profile_of(
    frame: str, blocks: Sequence[Epoch], measured: Sequence[LayerTicks], network: int, unit: Unit
) -> Profile:
    """The same of epoch blocks, on a real clock. `blocks` are those of the network's code.

    Only if there are as many of them, each run by the same, are they what the board tells of. Raises BoardError if it
    tells of none.
    """
    if not measured:
        raise BoardError("the board tells of no epoch blocks")
    watched = sum(block.ticks for block in measured)
    same = [block.unit for block in blocks] == [block.unit for block in measured]
    called = (
        [(one.name, ", ".join(one.operators) or None) for one in blocks] if same else [(None, None)] * len(measured)
    )
    rows = [
        LayerCost(name, kind, None, None, ticks.unit, cost)
        for (name, kind), ticks, cost in zip(called, measured, _costs(measured, watched, watched, unit), strict=True)
    ]
    return Profile(frame, unit.of(network), unit.of(watched), unit.of(watched), tuple(rows), len(blocks))


def _costs(measured: Sequence[LayerTicks], watched: int, total: int, unit: Unit) -> list[float]:
    """What each costs, `total` ticks in all."""
    ends = [unit.of(end) for end in _ends(measured, watched, total)]
    return [round(end - before, unit.digits) for before, end in itertools.pairwise([unit.of(0), *ends])]


def _ends(measured: Sequence[LayerTicks], watched: int, total: int) -> Iterator[float]:
    """When each layer ended, in ticks, without its share of the looking and of that of those before it."""
    end, last = 0, 0.0
    for count, layer in enumerate(measured, start=1):
        end += layer.ticks
        # A layer shorter than a tick may seem to take less than nothing.
        last = min(max(last, end - (watched - total) * count / len(measured)), total)
        yield total if count == len(measured) else last
