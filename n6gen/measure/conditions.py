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
from n6gen.link import Hello, Selftest
from n6gen.link.inbox import Counts
from n6gen.link.protocol import VERSION

if TYPE_CHECKING:
    from n6gen.measure.facts import Facts, Input
    from n6gen.measure.session import Measured


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
        "placement": _placement(board, manifest.memory),
        "overlap": _overlap(board, manifest.options),
        "epoch_controller": _epoch_controller(manifest.network),
    }


def session_conditions(facts: Facts, hello: Hello, counts: Counts, measured: Measured) -> dict[str, Any]:
    """All conditions: what the host knows and what the board said of itself, as JSON values."""
    known = dict(facts.conditions)
    return {
        **known,
        "build_id": hello.build,
        "network_id": hello.network,
        "clock": {"tick_hz": hello.tick_hz, "tick2_hz": hello.tick2_hz or None, **hello.clocks, **known["clock"]},
        "clock_ratio": None if measured.clock_ratio is None else round(measured.clock_ratio, 6),
        "caches": None if hello.caches is None else list(hello.caches),
        "flash_bandwidth": _bandwidth(measured.selftest, hello),
        "firmware": {"app": hello.app, "runtime": hello.runtime},
        "decode": hello.decode,
        "input_map": hello.input,
        "protocol": VERSION,
        "link": attrs.asdict(counts),
    }


def _emulator(board: Board) -> dict[str, str]:
    if "emulator" not in board.raw:
        return {}
    return {"qemu": qemu_version(find_qemu(board.raw["emulator"]["machine"]))}


def _overlap(board: Board, options: Mapping[str, Any]) -> bool:
    """Whether frames come in while the network runs. An emulated camera takes each when it is wanted, at once."""
    return "emulator" not in board.raw and bool(options.get("overlap", False))


def _bandwidth(found: Selftest | None, hello: Hello) -> int | None:
    """Bytes of the flash that the processor reads a second, by the board's self-test."""
    if found is None or not found.flash_ticks:
        return None
    return round(found.flash_size * hello.tick_hz / found.flash_ticks)


def _epoch_controller(network: Mapping[str, Any]) -> bool | None:
    """Whether the NPU walks from epoch to epoch by itself; None for a network that it has no part in."""
    return bool(network["npu"]["blobs"]) if "npu" in network else None


def _placement(board: Board, use: Mapping[str, Any]) -> dict[str, Any]:
    """Which memories hold what the network works on, without those of which the build uses nothing."""
    activations = {
        region.memory
        for region in board.regions.values()
        if (region.name == "activations" or region.name.startswith("network_"))
        and use.get(region.name, {}).get("used") != 0
    }
    return {"weights": "nor", "activations": sorted(activations)}


def _digest(inputs: Sequence[Input]) -> str | None:
    """One hash over what was shown, in order; names do not count. None for what only the board's camera saw."""
    hashes = [shown.sha256 for shown in inputs if shown.sha256 is not None]
    return hashlib.sha256("".join(hashes).encode()).hexdigest() if hashes else None
