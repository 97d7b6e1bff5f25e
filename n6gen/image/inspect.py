"""What is in a file of images or in a build folder, and whether a board would take it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Literal

import attrs

from n6gen.board.facts import Board, load_board
from n6gen.errors import InputError
from n6gen.image import info, intel_hex, stm32, weights
from n6gen.image.intel_hex import Segment
from n6gen.image.manifest import FILE_NAME, read_manifest
from n6gen.tools.files import sha256_bytes

Kind = Literal["stm32", "weights", "data"]


@attrs.frozen
class Found:
    """One image, or bytes that are none. `address` is None where the file does not say one.

    `facts` are its header's or trailer's fields by name; `problems` what would keep it from working, empty if nothing.
    """

    label: str
    address: int | None
    kind: Kind
    data: bytes = attrs.field(repr=False)
    facts: dict[str, Any]
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON values, without the bytes."""
        fields = attrs.asdict(self, filter=attrs.filters.exclude(attrs.fields(Found).data))
        return {**fields, "size": len(self.data), "sha256": sha256_bytes(self.data)}


def inspect(path: Path, board: Board) -> tuple[Found, ...]:
    """Look at a .bin, a .hex or a build folder, which says itself for which board it is.

    Raises InputError if there is nothing that can be read.
    """
    if path.is_dir():
        return _build(path)
    return tuple(_look(part, f"{path.name}", address, board) for address, part in _parts(path))


def _parts(path: Path) -> list[tuple[int | None, bytes]]:
    if path.suffix.lower() in (".hex", ".ihex"):
        return [(segment.address, segment.data) for segment in intel_hex.read(path)]
    try:
        return [(None, path.read_bytes())]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _build(folder: Path) -> tuple[Found, ...]:
    manifest = read_manifest(folder)
    board = load_board(manifest.board)
    found = []
    for image in manifest.partitions:
        data = _parts(folder / image.file)[0][1]
        seen = _look(data, image.name, image.address, board)
        problems = list(seen.problems)
        if sha256_bytes(data) != image.sha256:
            problems.append(f"hash: {image.file} is not the file that {FILE_NAME} describes")
        if (
            image.name in ("app", "weights")
            and seen.facts.get("network_id", manifest.network_id) != manifest.network_id
        ):
            problems.append(f"network id: not the one of {FILE_NAME}")
        found.append(attrs.evolve(seen, problems=tuple(problems)))
    return tuple(found)


def _look(data: bytes, label: str, address: int | None, board: Board) -> Found:
    if data[:4] == stm32.MAGIC:
        return _image(data, label, address, board)
    if data[-weights.TRAILER_SIZE :][:4] == weights.MAGIC:
        return _weights(data, label, address, board)
    partition = next((p for p in board.partitions if p.address == address and p.image == "stm32"), None)
    problems = (f"header: {partition.name} belongs here, and begins with no STM32 header",) if partition else ()
    return Found(label, address, "data", data, {}, problems)


def _image(data: bytes, label: str, address: int | None, board: Board) -> Found:
    try:
        header = stm32.parse(data)
    except InputError as error:
        return Found(label, address, "stm32", data, {}, (error.message,))
    name = "fsbl" if header.binary_type == stm32.FSBL else "app"
    partition = board.partition(name)
    problems = stm32.problems(data, stm32.Place.of(board, partition))
    if address not in (None, partition.address):
        problems.append(f"address: {name} of {board.name} belongs at {partition.address:#010x}")
    stack, reset = stm32.vectors(data)
    facts: dict[str, Any] = {
        "header": header.layout.name,
        "type": name,
        "length": header.length,
        "checksum": header.checksum,
        "entry": header.entry,
        "load": header.load,
        "image_version": header.image_version,
        "flags": header.flags,
        "stack_pointer": stack,
        "reset_vector": reset,
    }
    with contextlib.suppress(InputError):  # not every image is an app of n6gen's
        facts |= attrs.asdict(info.parse(stm32.payload(data)))
    return Found(label, address, "stm32", data, facts, tuple(problems))


def _weights(data: bytes, label: str, address: int | None, board: Board) -> Found:
    partition = board.partition("weights")
    problems = [] if address in (None, partition.address) else [f"address: weights belong at {partition.address:#010x}"]
    try:
        parsed = weights.parse(data)
    except InputError as error:
        return Found(label, address, "weights", data, {}, (error.message, *problems))
    facts = {"blob": len(parsed.blob), "network_id": parsed.network_id}
    return Found(label, address, "weights", data, facts, tuple(problems))


def check(found: tuple[Found, ...], path: Path) -> None:
    """Raise InputError for the first thing that is wrong; all of them are in its remedies."""
    wrong = [f"{one.label}: image {problem}" for one in found for problem in one.problems]
    if not any(one.kind != "data" for one in found) and not wrong:
        wrong = [f"{path}: there is no image in it (no STM2 header, no weights trailer)"]
    if wrong:
        raise InputError(wrong[0], *wrong[1:])


def rebuild(path: Path, out: Path) -> int:
    """Write every STM32 image of a .bin or .hex anew, of its payload, type and filler; returns how many there were.

    What is no such image is copied. Raises InputError if one is not sound, or not as the vendor's tool makes it.
    """
    parts = _parts(path)
    made = [(address, stm32.rebuild(data) if data[:4] == stm32.MAGIC else data) for address, data in parts]
    count = sum(data[:4] == stm32.MAGIC for _, data in parts)
    if not count:
        raise InputError(f"{path}: there is no STM32 image in it")
    if out.suffix.lower() == ".hex":
        placed = [Segment(address, data) for address, data in made if address is not None]
        if len(placed) != len(made):
            raise InputError(f"{path} does not say where its image belongs: write a .bin")
        text = intel_hex.write(placed)
    elif len(made) == 1:
        text = made[0][1]
    else:
        raise InputError(f"{path} has {len(made)} parts: write a .hex")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(text)
    return count
