"""Which memories a build fills, and how far: what a report draws its memory map from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from n6gen.board import Board


def memory_map(board: Board, use: Mapping[str, Any]) -> dict[str, Any]:
    """Regions and partitions of a build with their sizes, and the bytes used (None: not known), as JSON values.

    `use` is the manifest's: ``{region: {"used", "size"}, "nor": {partition: {"used", "size"}}}``.
    """

    def used(of: Mapping[str, Any], name: str) -> int | None:
        return of[name]["used"] if name in of else None

    return {
        "regions": [
            {"name": r.name, "memory": r.memory, "base": r.base, "size": r.size, "used": used(use, r.name)}
            for r in board.regions.values()
        ],
        "partitions": [
            {"name": p.name, "base": p.address, "size": p.size, "used": used(use.get("nor", {}), p.name)}
            for p in board.partitions
        ],
        "memories": [
            {"name": m.name, "base": m.base, "size": m.size, "internal": m.internal} for m in board.memories.values()
        ],
    }
