"""What others' compilers cost, as it was measured: bench/peers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs

PEERS = Path(__file__).resolve().parent / "peers.toml"


@attrs.frozen
class Peer:
    """One measurement by hand. `ram`: bytes of its data; `differ`: how its output compares with onnxruntime's.

    `instructions` is None where it could not be measured; `note` then says why.
    """

    name: str
    version: str
    compiler: str
    flags: str
    model: str
    resolution: int
    instructions: int | None = None
    ram: int | None = None
    rom: int | None = None
    differ: str = ""
    note: str = ""


@attrs.frozen
class Peers:
    """All of them, when and with what. `models`: the first digits of the files' SHA-256, by name."""

    date: str
    qemu: str
    models: Mapping[str, str]
    peers: tuple[Peer, ...]

    def of(self, model: str, resolution: int) -> list[Peer]:
        """Those that ran one network, the cheapest first, those that could not be measured last."""
        mine = [peer for peer in self.peers if (peer.model, peer.resolution) == (model, resolution)]
        return sorted(mine, key=lambda peer: (peer.instructions is None, peer.instructions or 0))


def read(file: Path = PEERS) -> Peers:
    """Read the file."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return Peers(data["date"], data["qemu"], data["models"], tuple(Peer(**peer) for peer in data["peer"]))
