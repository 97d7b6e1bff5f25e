"""The images of a build, with the place where each belongs, checked against the board and the manifest."""

from __future__ import annotations

from pathlib import Path

from n6gen.board.facts import Board, Partition, load_board
from n6gen.errors import InputError
from n6gen.image import stm32, weights
from n6gen.image.manifest import PartitionImage, read_manifest
from n6gen.tools.files import sha256_bytes

_AGAIN = "Run 'n6gen build' again."


def read_build(folder: Path) -> tuple[Board, list[tuple[Partition, bytes]]]:
    """The board that a build folder is for, and every partition with the bytes that belong there.

    Raises InputError if there is no build, a file is missing or not the one that was built, an image does not fit
    its partition, or the build's layout is not the board's.
    """
    manifest = read_manifest(folder)
    board = load_board(manifest.board)
    images = [(_partition(board, image), _bytes(folder, image)) for image in manifest.partitions]
    names = [partition.name for partition, _ in images]
    if len(set(names)) != len(names) or not names:
        raise InputError(f"{folder}: the manifest names partitions {names}", _AGAIN)
    for partition, data in images:
        _check(board, partition, data)
    return board, images


def _partition(board: Board, image: PartitionImage) -> Partition:
    try:
        partition = board.partition(image.name)
    except KeyError:
        raise InputError(f"board {board.name} has no partition {image.name}", _AGAIN) from None
    if (image.address, image.offset) != (partition.address, partition.offset):
        raise InputError(
            f"the build puts {image.name} at {image.address:#010x}, board {board.name} has it at "
            f"{partition.address:#010x}",
            _AGAIN,
        )
    return partition


def _bytes(folder: Path, image: PartitionImage) -> bytes:
    file = folder / image.file
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}", _AGAIN) from error
    if len(data) != image.size or sha256_bytes(data) != image.sha256:
        raise InputError(f"{file} is not the file that was built (its hash differs from the manifest's)", _AGAIN)
    return data


def _check(board: Board, partition: Partition, data: bytes) -> None:
    if not 0 < len(data) <= partition.size:
        raise InputError(f"{partition.name}: {len(data)} B do not fit into its partition of {partition.size} B")
    for problem in _problems(board, partition, data):
        raise InputError(f"the image of {partition.name} is bad: {problem}", _AGAIN)


def _problems(board: Board, partition: Partition, data: bytes) -> list[str]:
    if partition.image == "stm32":
        return stm32.problems(data, stm32.Place.of(board, partition))
    try:
        weights.parse(data)
    except InputError as error:
        return [error.message]
    return []
