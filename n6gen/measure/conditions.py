"""All that a session's numbers depend on."""

from __future__ import annotations

from typing import Any

import attrs

from n6gen import __version__
from n6gen.board import Board
from n6gen.emulator.qemu import find_qemu, qemu_version
from n6gen.image.manifest import Manifest
from n6gen.link import Hello
from n6gen.link.inbox import Counts


def conditions(board: Board, serial: str, manifest: Manifest, hello: Hello, counts: Counts) -> dict[str, Any]:
    """The conditions of a session on an emulated board, as JSON values."""
    options = {name: value for name, value in manifest.options.items() if name not in ("board", "res", "templates")}
    return {
        "board": board.name,
        "serial": serial,
        "build_id": hello.build,
        "network_id": hello.network,
        "model_sha256": manifest.model["sha256"],
        "images": {image.name: image.sha256 for image in manifest.partitions},
        "resolution": [manifest.model["height"], manifest.model["width"]],
        "options": options,
        "compiler": dict(manifest.network["compiler"]),
        "tools": {
            **manifest.tools,
            "n6gen": __version__,
            "qemu": qemu_version(find_qemu(board.raw["emulator"]["machine"])),
        },
        "flags": list(manifest.flags),
        "clock": {"tick_hz": hello.tick_hz, "instructions_per_tick": board.instructions_per_tick},
        "decode": hello.decode,
        "input_map": hello.input,
        "link": attrs.asdict(counts),
    }
