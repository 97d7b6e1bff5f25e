"""A build folder without a compiler: images of the right form, filled with anything; and a flash that is killed."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path

from n6gen.board.facts import load_board
from n6gen.image import stm32, weights
from n6gen.image.manifest import Manifest, PartitionImage
from n6gen.tools.files import sha256_bytes

NETWORK_ID = "0123456789abcdef" * 4


def images(
    seed: int = 0,
    *,
    fsbl: int = 6_000,
    app: int = 70_000,
    blob: int = 90_000,
    board: str = "virtual",
    header: str = "2.3",
) -> dict[str, bytes]:
    """The three images of a board, filled from `seed`; sizes in bytes."""
    noise = random.Random(seed)
    facts = load_board(board)

    def code(size: int, name: str) -> bytes:
        partition = facts.partition(name)
        place = stm32.Place.of(facts, partition)
        vectors = struct.pack("<II", place.stacks[-1][1] // 8 * 8, place.code[0] + 0x41)
        return stm32.sign(vectors + noise.randbytes(size - 8), binary_type=partition.binary_type, header=header)

    return {
        "fsbl": code(fsbl, "fsbl"),
        "app": code(app, "app"),
        "weights": weights.wrap(noise.randbytes(blob), NETWORK_ID),
    }


def write_build(folder: Path, content: dict[str, bytes], *, board: str = "virtual") -> Path:
    """Write the images and the manifest into `folder`; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = load_board(board)
    entries = []
    for name, data in content.items():
        (folder / f"{name}.bin").write_bytes(data)
        place = facts.partition(name)
        entries.append(PartitionImage(name, place.address, place.offset, len(data), f"{name}.bin", sha256_bytes(data)))
    Manifest(
        board=board,
        network_id=NETWORK_ID,
        build_id="0" * 64,
        fingerprint="0" * 64,
        partitions=tuple(entries),
        files={},
        model={},
        network={},
        options={},
        sources={},
        tools={},
        flags=(),
        memory={},
    ).write(folder)
    return folder


def killed_after(build: Path, writes: int) -> subprocess.CompletedProcess[str]:
    """Flash in a process of its own that gets a SIGKILL after so many small writes (tests/flash/killed.py)."""
    words = [sys.executable, Path(__file__).with_name("killed.py"), build, str(writes)]
    return subprocess.run(words, check=False, timeout=60, stdout=subprocess.PIPE, text=True)
