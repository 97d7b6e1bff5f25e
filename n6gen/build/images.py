"""The files of a build that go to a board: signed, wrapped, and checked against their partitions."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from n6gen.app.build import BuiltApp
from n6gen.board import Board, Partition
from n6gen.build.vendor_sources import needs_vendor
from n6gen.compiler.network import Network
from n6gen.errors import InputError
from n6gen.image import intel_hex, stm32, weights
from n6gen.image.intel_hex import Segment
from n6gen.image.manifest import PartitionImage
from n6gen.tools.files import sha256_bytes, sha256_file, write_if_changed
from n6gen.vendor.manifest import load_manifest
from n6gen.vendor.store import Store

_FILES = {"fsbl": "fsbl.bin", "app": "app_signed.bin", "weights": "weights.bin"}
#: Partitions that also come as a file of their own for other tools. All of them together are in ALL.
_HEX = {"fsbl": "fsbl.hex", "weights": "weights.hex"}
ALL = "all.hex"


def write_images(board: Board, app: BuiltApp, network: Network, network_id: str, out: Path) -> list[PartitionImage]:
    """Write `app.elf` and the image of every partition into `out`; returns them in the order of the flash.

    For a board that other tools can write, too, also as Intel HEX. Raises InputError if one does not fit,
    MissingToolError if the board's own loader has to be fetched.
    """
    contents = {
        "fsbl": _loader(board, app),
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
    _write_hex(board, [(partition, contents[partition.name]) for partition in board.partitions], out)
    return images


def _loader(board: Board, app: BuiltApp) -> bytes:
    """The image of the first-stage loader: built with the app, else the vendor's, known by its hash."""
    partition = board.partition("fsbl")
    if app.loader_bin is not None:
        return stm32.sign(app.loader_bin.read_bytes(), binary_type=partition.binary_type)
    manifest, store = load_manifest(board.name), Store()
    pinned = manifest.files["fsbl"]
    file = store.home(manifest.package(pinned.package)) / pinned.path
    if not file.is_file():
        store.place(manifest.package(pinned.package))
        raise InputError(f"there is no {file}", f"n6gen vendor fetch {pinned.package}")
    if sha256_file(file) != pinned.sha256:
        raise InputError(f"{file} is not the loader that n6gen knows (its hash differs)", "n6gen vendor check")
    segments = intel_hex.read(file)
    if [segment.address for segment in segments] != [partition.address]:
        raise InputError(f"{file} does not lie at {partition.address:#010x} in one piece")
    return segments[0].data


def _write_hex(board: Board, contents: Sequence[tuple[Partition, bytes]], out: Path) -> None:
    if not needs_vendor(board):
        return
    segments = {partition.name: Segment(partition.address, data) for partition, data in contents}
    for name, file in _HEX.items():
        write_if_changed(out / file, intel_hex.write([segments[name]]))
    write_if_changed(out / ALL, intel_hex.write(sorted(segments.values(), key=lambda segment: segment.address)))
