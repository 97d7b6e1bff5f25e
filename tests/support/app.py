"""Projects around tiny_network.c, the network that tests of the app use instead of a compiled one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import attrs

from n6gen.app.config import AppConfig
from support.core import C_TESTS

#: tiny_network.c's input, RGB bytes centred: the test's own mapping.
HEIGHT, WIDTH = 64, 48
TABLE = bytes(byte ^ 128 for byte in range(256)) * 3
NETWORK_ID = bytes(range(32)).hex()
WEIGHTS_SIZE = 100


@attrs.frozen
class TinyNetwork:
    """A compiled network as the project wants it."""

    folder: Path
    sources: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    defines: Mapping[str, str] = attrs.field(factory=dict)
    npu: None = None


def tiny_network(folder: Path) -> TinyNetwork:
    """Put tiny_network.c into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(C_TESTS / "tiny_network.c", folder / "network.c")
    return TinyNetwork(folder)


def tiny_config(**changes: object) -> AppConfig:
    """The configuration that fits tiny_network.c."""
    config = AppConfig(
        network_id=NETWORK_ID,
        weights_size=WEIGHTS_SIZE,
        decode="fine",
        mask_height=HEIGHT,
        mask_width=WIDTH,
        input_table=TABLE,
    )
    return attrs.evolve(config, **changes)


def tiny_weights(mode: int = 0) -> bytes:
    """A blob for tiny_network.c; `mode` is what its network_run does, see there."""
    return bytes([10, 20, 30, mode]).ljust(WEIGHTS_SIZE, b"\0")
