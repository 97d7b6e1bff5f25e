"""All that a session's numbers depend on. What a board cannot tell is None, never left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from n6gen import __version__
from n6gen.board import Board
from n6gen.emulator.qemu import find_qemu, qemu_version
from n6gen.image.manifest import Manifest
from n6gen.link import Hello
from n6gen.link.inbox import Counts
from n6gen.link.protocol import VERSION

if TYPE_CHECKING:
    from n6gen.measure.facts import Facts, Input


#: Options of a build that are said elsewhere, or are places on one machine: what lay there is in the hashes.
_PLACES = ("board", "res", "templates", "network")


def host_conditions(
    board: Board, known: Mapping[str, Any], manifest: Manifest, inputs: Sequence[Input]
) -> dict[str, Any]:
    """What the host knows: the build, the board, the tools, the pictures. `known` is Subject.conditions."""
    return {
        "board": board.name,
        "serial": known["serial"],
        "probe": known["probe"],
        "model_sha256": manifest.model["sha256"],
        "images": {image.name: image.sha256 for image in manifest.partitions},
        "resolution": [manifest.model["height"], manifest.model["width"]],
        "inputs": {"count": len(inputs), "sha256": _digest(inputs), "through": known["inputs"]},
        "options": {name: value for name, value in manifest.options.items() if name not in _PLACES},
        "compiler": dict(manifest.network["compiler"]),
        "tools": {**manifest.tools, "n6gen": __version__, **_emulator(board)},
        "flags": list(manifest.flags),
        "clock": {"instructions_per_tick": board.instructions_per_tick},
        "caches": None,
        "flash_bandwidth": None,
        "temperature": None,
        "placement": _placement(board),
        "overlap": bool(manifest.options.get("overlap", False)),
    }


def session_conditions(facts: Facts, hello: Hello, counts: Counts) -> dict[str, Any]:
    """All conditions: what the host knows and what the board said of itself, as JSON values."""
    known = dict(facts.conditions)
    return {
        **known,
        "build_id": hello.build,
        "network_id": hello.network,
        "clock": {"tick_hz": hello.tick_hz, **known["clock"]},
        "decode": hello.decode,
        "input_map": hello.input,
        "protocol": VERSION,
        "link": attrs.asdict(counts),
    }


def _emulator(board: Board) -> dict[str, str]:
    if "emulator" not in board.raw:
        return {}
    return {"qemu": qemu_version(find_qemu(board.raw["emulator"]["machine"]))}


def _placement(board: Board) -> dict[str, Any]:
    """Which memories hold what the network works on."""
    activations = {
        region.memory
        for region in board.regions.values()
        if region.name == "activations" or region.name.startswith("network_")
    }
    return {"weights": "nor", "activations": sorted(activations)}


def _digest(inputs: Sequence[Input]) -> str | None:
    """One hash over what was shown, in order; names do not count. None for what only the board's camera saw."""
    hashes = [shown.sha256 for shown in inputs if shown.sha256 is not None]
    return hashlib.sha256("".join(hashes).encode()).hexdigest() if hashes else None
