"""Whether a build would make anything new, found out without doing it or importing anything heavy.

A fingerprint covers the options, the model's bytes, our own files and the tool chain. Our own files and the tool chain
are told apart by name, size and time stamp: cheap, and any doubt only costs a build.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from n6gen import __version__
from n6gen.board import load_board
from n6gen.build.request import BuildRequest
from n6gen.image.manifest import Manifest
from n6gen.resources import data_dir
from n6gen.tools.files import sha256_file
from n6gen.tools.paths import cache_dir

_TOOL_CHAIN = ("arm-none-eabi-gcc", "cmake", "ninja")


def fingerprint(request: BuildRequest, model: Path | None) -> str:
    """SHA-256 over everything that a build of `model` depends on (None: of a taken network alone)."""
    roots = [Path(__file__).resolve().parent.parent, data_dir("templates"), data_dir("board")]
    if request.templates is not None:
        roots.append(request.templates)
    if request.network is not None:
        roots.append(request.network)
    tools = [Path(found) for found in map(shutil.which, _TOOL_CHAIN) if found]
    parts = {
        "n6gen": __version__,
        "python": sys.version,
        "options": request.options(),
        "model": sha256_file(model) if model is not None else None,
        "files": list(_stamps(roots)),
        "tools": [_stamp(tool) for tool in [*tools, *_vendor_tools(request)]],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _vendor_tools(request: BuildRequest) -> Iterator[Path]:
    """stedgeai and the packages' records, for a board that uses them."""
    board = load_board(request.board)
    if "stedgeai" in board.compilers and request.network is None:
        from n6gen.compiler.stedgeai.locate import search

        found = search(request.stedgeai).path
        if found is not None:
            yield found
    if (board.folder / "vendor.toml").is_file():
        folder = cache_dir() / "vendor"
        yield from sorted(
            path for path in (folder / "own.json", *folder.glob("*/.n6gen-package.json")) if path.is_file()
        )


def is_current(manifest: Manifest | None, wanted: str, folder: Path) -> bool:
    """Whether `folder` holds the very build that `wanted` stands for, every file as it was made."""
    if manifest is None or manifest.fingerprint != wanted:
        return False
    return all((folder / name).is_file() and sha256_file(folder / name) == sha for name, sha in manifest.files.items())


def _stamps(roots: Iterable[Path]) -> Iterator[str]:
    for root in roots:
        for folder, inside, files in os.walk(root):
            inside[:] = sorted(name for name in inside if name != "__pycache__")
            yield from (_stamp(Path(folder, name)) for name in sorted(files))


def _stamp(file: Path) -> str:
    facts = file.stat()
    return f"{file}:{facts.st_size}:{facts.st_mtime_ns}"
