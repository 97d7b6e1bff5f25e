"""Where a program of a vendor is: an option, the environment, PATH, known folders; the newest version wins.

A caller describes a tool once::

    STEDGEAI = Tool(
        names=("stedgeai",),
        option="--stedgeai",
        variables=("N6GEN_STEDGEAI", "STEDGEAI_CORE_DIR"),
        folders={"linux": ("/opt/ST/STEdgeAI/*/Utilities/linux", "~/ST/STEdgeAI/*/Utilities/linux")},
        below=("", "Utilities/*"),
    )

and asks `find(STEDGEAI, given)`. A place that the user named for n6gen and that does not hold the tool is an error,
never skipped silently; everything looked at is reported, so that a message can say what was tried.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import attrs

from n6gen.errors import InputError

System = Literal["linux", "macos", "windows"]
Version = tuple[int, ...]

#: Variables of this prefix are set for n6gen alone, so a wrong one is a mistake worth stopping for.
_OWN = "N6GEN_"


def system() -> System:
    """The kind of system n6gen runs on, as the keys of `Tool.folders` name it."""
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


@attrs.frozen
class Tool:
    """A program and the places where it may be.

    `names`: file names without ".exe", the usual one first. `option`: what a user types to name it, for messages.
    `variables`: environment variables in order of rank; each may hold the program itself or a folder.
    `folders`: per system, glob patterns of folders that may hold it ("~" and "$VARIABLE" are expanded), best first.
    `below`: where the program lies under a folder that a variable or the option names (patterns; "" is the folder).
    """

    names: tuple[str, ...]
    option: str | None = None
    variables: tuple[str, ...] = ()
    folders: Mapping[System, tuple[str, ...]] = attrs.field(factory=dict)
    below: tuple[str, ...] = ("", "bin")


@attrs.frozen
class Tried:
    """One place that was looked at; `found` is what was there, None for nothing."""

    place: str
    found: Path | None


@attrs.frozen
class Search:
    """The outcome: `path` is the program (None: not found), `source` the place that had it, `tried` all, in order."""

    path: Path | None
    source: str
    tried: tuple[Tried, ...]

    def places(self) -> str:
        """All places as one readable text, for a "things to try" line."""
        return ", ".join(dict.fromkeys(t.place for t in self.tried))


def path_version(path: Path) -> Version:
    """The last version number in a path, to order installs of one scheme: "/opt/ST/STEdgeAI/3.0/x" → (3, 0).

    A number counts when it has a dot, or is a whole part of the path. () without one, which orders first.
    """
    hits = re.findall(r"(?<=[/\\])\d+(?=[/\\])|(?<![\d.])\d+(?:\.\d+)+", path.as_posix())
    return tuple(int(part) for part in hits[-1].split(".")) if hits else ()


def find(tool: Tool, given: str | Path | None = None, *, version: Callable[[Path], Version] = path_version) -> Search:
    """Look for `tool`: `given` (the value of its option) > environment > PATH > known folders, newest first.

    `version` orders several finds in the known folders; it is not called for a single one. Equal versions keep the
    order of the patterns.

    Raises InputError if `given`, or a variable of n6gen's own that is set, does not lead to the program.
    """
    tried: list[Tried] = []
    for name, value in _named(tool, given):
        found = _at(tool, Path(value).expanduser()) if value else None
        tried.append(Tried(f"{name} ({value})" if value else name, found))
        if found is not None:
            return Search(found, name, tuple(tried))
        if value and not _foreign(name):
            raise InputError(f"{name}: there is no {tool.names[0]} at {value}", f"Put the program's path in {name}.")
    on_path = next((Path(hit) for hit in map(shutil.which, tool.names) if hit), None)
    tried.append(Tried("PATH", on_path))
    if on_path:
        return Search(on_path, "PATH", tuple(tried))
    finds: dict[Path, str] = {}
    for pattern in tool.folders.get(system(), ()):
        hits = [hit for folder in _expand(pattern) if (hit := _in_folder(tool, folder))]
        tried.append(Tried(pattern, hits[0] if hits else None))
        finds |= {hit: pattern for hit in hits if hit not in finds}
    if not finds:
        return Search(None, "", tuple(tried))
    # max() keeps the first of equals.
    best = max(finds, key=version) if len(finds) > 1 else next(iter(finds))
    return Search(best, finds[best], tuple(tried))


def _named(tool: Tool, given: str | Path | None) -> Iterator[tuple[str, str]]:
    if given:
        yield tool.option or "the given place", os.fspath(given)
    for variable in tool.variables:
        yield f"${variable}", os.environ.get(variable, "")


def _foreign(name: str) -> bool:
    return name.startswith("$") and not name.startswith(f"${_OWN}")


def _at(tool: Tool, place: Path) -> Path | None:
    """The program at a place that a user named: the file itself, or a folder that holds it."""
    if place.is_file():
        return place
    folders = [folder for below in tool.below for folder in ([place] if not below else sorted(place.glob(below)))]
    return next((hit for folder in folders if (hit := _in_folder(tool, folder))), None)


def _in_folder(tool: Tool, folder: Path) -> Path | None:
    # shutil.which with a folder as its path knows ".exe" and the executable bit on every system.
    return next((Path(hit) for name in tool.names if (hit := shutil.which(name, path=os.fspath(folder)))), None)


def _expand(pattern: str) -> list[Path]:
    return sorted(Path(hit) for hit in glob.glob(os.path.expandvars(Path(pattern).expanduser())))  # noqa: PTH207
