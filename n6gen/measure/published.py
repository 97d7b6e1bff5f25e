"""The published row beside a result, where both are times and the network is the row's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import attrs

from n6gen.measure.facts import Facts
from n6gen.measure.statistics import quantile
from n6gen.report.words import profile_build
from n6gen.zoo import Row, broken_bounds, conditions, seed_row


def beside(facts: Facts, known: Mapping[str, Any], samples: Mapping[str, Sequence[float]]) -> dict[str, Any] | None:
    """The row, the ratio measured / published, what was compared with it and what is not alike; None without a row.

    `samples` are those of each stage, in the session's unit; the median over them is compared.

    An instruction count is never set against a time, nor is what a profile build takes.
    """
    if facts.unit.name != "ms" or facts.emulated or profile_build(known):
        return None
    row = seed_row(PurePath(facts.model["name"]).stem)
    if row is None:
        return None
    cut = "cut-head" in facts.model["rewrites"]
    # The published network ends with the Resize that a cut one leaves to the decode.
    parts = ["network", "decode"] if cut else ["network"]
    ours = quantile(sorted(map(sum, zip(*(samples[part] for part in parts), strict=True))), 50)
    return {
        "row": {**attrs.asdict(row), "inferences_per_second": round(row.fps, 2), "source": row.source},
        "compared": parts,
        "measured": ours,
        "ratio": round(ours / row.ms, 4),
        "unlike": _unlike(row, known, cut=cut),
        "bounds": [attrs.asdict(bound) for bound in broken_bounds(row)],
    }


def _clocks(clock: Mapping[str, Any]) -> str:
    """The clocks as the board read them back; of what it cannot tell, that."""
    names = {"cpu_hz": "CPU", "npu_hz": "NPU", "bus_hz": "bus"}
    return ", ".join(f"{name} {_mhz(clock.get(key))}" for key, name in names.items())


def _mhz(hz: int | None) -> str:
    return "at an unknown clock" if hz is None else f"{hz / 1e6:g} MHz"


def _unlike(row: Row, known: Mapping[str, Any], *, cut: bool) -> list[str]:
    """What should be known before the ratio is believed."""
    published, compiler = conditions(), known["compiler"]
    found = []
    if compiler["version"] != row.stedgeai:
        found.append(f"compiled by {compiler['name']} {compiler['version']}, the row by stedgeai {row.stedgeai}")
    found.append(f"{_clocks(known['clock'])} here; the row's clocks: {published['clocks']}")
    if cut:
        found.append("the head is cut: network + decode are compared, and the decode includes the argmax")
    return found
