"""The rooms of the package import one way (docs/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().parent.parent / "n6gen"
_LEVELS = (
    {"cli"},
    {"hil", "labgrid", "pytest_plugin"},
    {"build", "flash", "measure", "evaluate", "verify", "size", "doctor"},
    {"compiler", "app", "image", "programmer", "link", "report", "farm"},
    {"model", "rewrite", "decode", "emulator", "board", "vendor", "scenes", "config", "zoo"},
    {"tools", "resources", "errors"},
)
_LEVEL = {room: level for level, rooms in enumerate(_LEVELS) for room in rooms}
_FILES = sorted(_PACKAGE.rglob("*.py"))


def _rooms_imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = [name.split(".") for name in names if name.startswith("n6gen.")]
    return {p[1] for p in parts if not p[1].startswith("_")}


def _room(file: Path) -> str:
    inside = file.relative_to(_PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


@pytest.mark.parametrize("file", _FILES, ids=lambda f: str(f.relative_to(_PACKAGE)))
def test_imports_go_downward(file: Path) -> None:
    """No file imports from a room above its own."""
    room = _room(file)
    if room in {"__init__", "__main__"}:
        return
    assert room in _LEVEL, f"the room {room} is not in docs/architecture.md"
    upward = {other for other in _rooms_imported(file) if _LEVEL[other] < _LEVEL[room]}
    assert not upward


def test_there_is_no_import_cycle_between_rooms() -> None:
    """Rooms of one level may know each other, but never in a circle."""
    edges: dict[str, set[str]] = {}
    for file in _FILES:
        edges.setdefault(_room(file), set()).update(_rooms_imported(file) - {_room(file)})

    def visit(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " → ".join((*path, room))
        for other in edges.get(room, ()):
            visit(other, (*path, room))

    for room in edges:
        visit(room, ())


@pytest.mark.parametrize("file", _FILES, ids=lambda f: str(f.relative_to(_PACKAGE)))
def test_processes_are_started_in_one_place(file: Path) -> None:
    """Only the runner, and the emulator whose process outlives a call, import subprocess."""
    if file.relative_to(_PACKAGE).as_posix() in {"tools/run.py", "emulator/machine.py", "emulator/qemu.py"}:
        return
    assert "import subprocess" not in file.read_text()
    assert "shell=True" not in file.read_text()
