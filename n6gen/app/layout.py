"""Which files make up a project and where each comes from.

A template's name is its path under templates/, or, for a board's files, ``board/`` and its path under board/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import attrs

from n6gen.app.config import NetworkSources
from n6gen.board.facts import Board
from n6gen.errors import InputError
from n6gen.resources import data_dir

#: Files with this ending are rendered by jinja2, all others are copied.
RENDERED = ".j2"
_COMPILED = (".c", ".S")
_HEADER = ".h"
#: A folder of Helium twins: each file takes the place of the one of its name in the folder above, or joins them.
_TWINS = "mve"


@attrs.frozen
class Sources:
    """The files to compile, relative to the project's folder, by the part that they belong to."""

    core: tuple[str, ...]
    config: tuple[str, ...]
    network: tuple[str, ...]
    board: tuple[str, ...]
    loader: tuple[str, ...]


@attrs.frozen
class Layout:
    """`templates`: file of the project → name of its template. `network`: file of the project → the compiled file."""

    templates: dict[str, str]
    network: dict[str, Path]

    @property
    def sources(self) -> Sources:
        """What to compile. core/app.c is the app's own, everything else in core/ is a library."""
        return Sources(
            core=self._compiled("core/", but="core/app.c"),
            config=self._compiled("config/"),
            network=self._compiled("network/", "kernels/", "decode/", "frontend/"),
            board=self._compiled("board/src/", "cortexm/"),
            loader=self._compiled("board/loader/"),
        )

    def _compiled(self, *folders: str, but: str = "") -> tuple[str, ...]:
        names = [*self.templates, *self.network]
        return tuple(sorted(n for n in names if n.startswith(folders) and n.endswith(_COMPILED) and n != but))


def lay_out(board: Board, network: NetworkSources, *, vendor: bool = False) -> Layout:
    """The files of the project for one board and one network; `vendor`: some of the vendors' files are compiled too.

    Raises InputError if the network has no network.c or names a kernel file that n6gen does not have.
    """
    root = data_dir("templates")
    templates = _placed("app/config", _names(root / "app/config"), "config")
    templates |= _placed("app/cortexm", _names(root / "app/cortexm"), "cortexm")
    templates |= _with_twins(root, "app/core", "core", board)
    templates |= _with_twins(root, "decode", "decode", board)
    templates |= _placed("app", (path.name for path in (root / "app").iterdir() if path.is_file()), ".")
    for folder in sorted({*network.includes} - {"decode"}):
        templates |= _placed(folder, (name for name in _names(root / folder) if name.endswith(_HEADER)), folder)
    templates |= _placed(".", _existing(root, network.sources), ".")
    templates |= _front_end(root, network)
    if vendor:
        templates |= _placed("vendor", _names(root / "vendor"), ".")

    own = f"board/{board.folder.name}"
    for folder in ("src", "loader"):
        templates |= _placed(f"{own}/{folder}", _names(board.folder / folder), f"board/{folder}")
    templates |= _placed(own, (path.name for path in board.folder.glob("*.ld.j2")), "board")

    if not (network.folder / "network.c").is_file():
        raise InputError(f"{network.folder} holds no compiled network (no network.c)", "Run the build again.")
    files = (path for path in network.folder.iterdir() if path.name.endswith((*_COMPILED, _HEADER)))
    return Layout(templates, {f"network/{path.name}": path for path in files})


def _front_end(root: Path, network: NetworkSources) -> dict[str, str]:
    """For a network of the NPU's: what stands between its runtime's interface and network.h."""
    if network.npu is None:
        return {}
    folder = root / "frontend"
    own = folder / network.npu.api
    if not own.is_dir():
        raise InputError(f"there is no front end for the NPU interface {network.npu.api!r}", "Compile it again.")
    common = _placed("frontend", (path.name for path in folder.iterdir() if path.is_file()), "frontend")
    return common | _placed(f"frontend/{own.name}", _names(own), "frontend")


def _names(folder: Path) -> Iterator[str]:
    """The files in `folder` and below, as POSIX paths relative to it."""
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _with_twins(root: Path, folder: str, target: str, board: Board) -> dict[str, str]:
    names = _names(root / folder)
    placed = _placed(folder, (name for name in names if PurePosixPath(name).parts[0] != _TWINS), target)
    if board.mve:
        placed |= _placed(f"{folder}/{_TWINS}", _names(root / folder / _TWINS), target)
    return placed


def _placed(prefix: str, names: Iterable[str], target: str) -> dict[str, str]:
    """Map ``target/name``, without the .j2, to ``prefix/name``."""
    return {str(PurePosixPath(target, name.removesuffix(RENDERED))): str(PurePosixPath(prefix, name)) for name in names}


def _existing(root: Path, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if not (root / name).is_file():
            raise InputError(f"the network was compiled for {name}, which n6gen does not have", "Compile it again.")
    return names
