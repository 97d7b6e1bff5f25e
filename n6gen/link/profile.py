"""What the layers of a network cost: `layer` records, and the `layers` record that proves them whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import attrs

from n6gen.link.client import Client
from n6gen.link.protocol import ProtocolError, Record

#: Who runs a layer (hybrid: the NPU, with the CPU's help); the places are the numbers that the CRC takes.
UNITS = ("cpu", "npu", "hybrid")
_PACKED = struct.Struct("<3I")


@attrs.frozen
class LayerTicks:
    """One layer, or one epoch block of the NPU: its index, ticks of the board's clock, and who ran it."""

    i: int
    ticks: int
    unit: str = UNITS[0]

    @classmethod
    def of(cls, record: Record) -> LayerTicks:
        """From a `layer` record; raises ProtocolError if a field is missing or bad. Without `unit` it is the CPU's."""
        unit = record.fields.get("unit", UNITS[0])
        if unit not in UNITS:
            raise ProtocolError("unit", f"{record.type} unit={unit!a}")
        return cls(record.integer("i"), record.integer("ticks"), unit)


def layers_crc(layers: Iterable[LayerTicks]) -> str:
    """CRC-32 over packed layers, as the `layers` record spells it."""
    crc = 0
    for layer in layers:
        crc = zlib.crc32(_PACKED.pack(layer.i, layer.ticks, UNITS.index(layer.unit)), crc)
    return f"{crc:08x}"


def profile(client: Client, *, timeout: float) -> list[LayerTicks]:
    """Let the board run its next frame and say what each layer took, in order; only if count, sum and CRC match.

    `timeout` bounds the work, in seconds. Raises NoAnswer for a hang, WindowDamaged if layers did not arrive whole,
    BoardError if the board cannot tell, refuses or gives up.
    """
    return client.listed("profile", ("layer", "layers"), LayerTicks.of, _problem, timeout=timeout)


def _problem(end: Record | None, layers: list[LayerTicks]) -> str | None:
    wrong = _wrong(end, layers)
    return wrong and f"the profile is damaged: {wrong}"


def _wrong(end: Record | None, layers: list[LayerTicks]) -> str | None:
    if end is None:
        return f"its end did not arrive, {len(layers)} layers did"
    count, total, crc = end.integer("n"), end.integer("total"), end.text("crc")
    if count != len(layers):
        return f"{count} layers were sent, {len(layers)} arrived"
    if [layer.i for layer in layers] != list(range(count)) or crc != layers_crc(layers):
        return f"its layers have CRC {layers_crc(layers)}, its end says {crc}"
    ticks = sum(layer.ticks for layer in layers)
    return None if ticks == total else f"its layers took {ticks} ticks, its end says {total}"
