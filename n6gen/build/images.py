"""The files of a build that go to a board: signed, wrapped, and checked against their partitions."""

from __future__ import annotations

import shutil
from pathlib import Path

from n6gen.app.build import BuiltApp
from n6gen.board import Board
from n6gen.compiler.network import Network
from n6gen.errors import InputError
from n6gen.image import stm32, weights
from n6gen.image.manifest import PartitionImage
from n6gen.tools.files import sha256_bytes, write_if_changed

_FILES = {"fsbl": "fsbl.bin", "app": "app_signed.bin", "weights": "weights.bin"}


def write_images(board: Board, app: BuiltApp, network: Network, network_id: str, out: Path) -> list[PartitionImage]:
    """Write `app.elf` and the image of every partition into `out`; returns them in the order of the flash.

    Raises InputError if one does not fit.
    """
    if app.loader_bin is None:
        raise InputError(f"{board.name} has no first-stage loader of its own")
    contents = {
        "fsbl": stm32.sign(app.loader_bin.read_bytes(), binary_type=board.partition("fsbl").binary_type),
        "app": stm32.sign(app.bin.read_bytes(), binary_type=board.partition("app").binary_type),
        "weights": weights.wrap(network.weights_file.read_bytes(), network_id),
    }
    images = []
    for partition in board.partitions:
        data = contents[partition.name]
        if len(data) > partition.size:
            raise InputError(
                f"{partition.name} has {len(data):,} bytes, its partition at {partition.address:#010x} "
                f"({board.folder / 'board.toml'}) only {partition.size:,}"
            )
        name = _FILES[partition.name]
        write_if_changed(out / name, data)
        images.append(
            PartitionImage(partition.name, partition.address, partition.offset, len(data), name, sha256_bytes(data))
        )
    shutil.copyfile(app.elf, out / "app.elf")
    return images
