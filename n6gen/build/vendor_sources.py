"""Which of the vendors' files an app is compiled of: sources.toml of the board, found in the packages that are here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from n6gen.app.config import VendorSources
from n6gen.board import Board
from n6gen.compiler.network import NpuInfo
from n6gen.errors import InputError, MissingToolError
from n6gen.tools.files import sha256_file
from n6gen.vendor.manifest import FILE_NAME as MANIFEST
from n6gen.vendor.manifest import Manifest, load_manifest
from n6gen.vendor.runtime import runtime_for
from n6gen.vendor.store import Place, Store, content_digest, missing

FILE_NAME = "sources.toml"
_RUNTIME = "runtime"
#: Tables of the file that are no package.
_NO_PACKAGE = {"defines"}


@attrs.frozen
class _Part:
    """What a table of the file says of one package."""

    includes: Sequence[str] = ()
    optional_includes: Sequence[str] = ()
    sources: Sequence[str] = ()
    optional: Sequence[str] = ()
    libraries: Sequence[str] = ()
    stai: Sequence[str] = ()
    software: Sequence[str] = ()
    software_libraries: Sequence[str] = ()
    software_define: str | None = None


def check_packages(board: Board, store: Store | None = None) -> None:
    """Raise MissingToolError if a package that every build for the board needs is not here.

    Which runtime is needed is known only when the network is. A board without vendor packages needs none.
    """
    if needs_vendor(board):
        _places(load_manifest(board.name), _tables(_read(board)), None, store or Store())


def needs_vendor(board: Board) -> bool:
    """Whether the board's app is compiled of vendors' files, too."""
    return (board.folder / MANIFEST).is_file()


def vendor_sources(board: Board, npu: NpuInfo | None, store: Store | None = None) -> VendorSources:
    """Find the files for one network. The runtime is the one that fits it.

    Raises MissingToolError if a package has to be fetched, InputError if no runtime fits or a package lacks a file.
    """
    store = store or Store()
    raw = _read(board)
    tables = _tables(raw)
    places = _places(load_manifest(board.name), tables, npu, store)
    parts = {
        name: _Part(**{key: value for key, value in table.items() if key != "with"}) for name, table in tables.items()
    }
    defines = {name: str(value) for name, value in raw["defines"].items()}
    sources, includes, libraries = list[str](), list[str](), list[str]()
    for name, place in places.items():
        part = parts[name]
        sources += _all(place, name, [*part.sources, *_by_network(part, npu)])
        sources += _any(place, name, part.optional)
        includes += [*_all(place, name, part.includes), *_any(place, name, part.optional_includes)]
        libraries += _any(place, name, part.libraries)
        if npu is not None and npu.software:
            libraries += _all(place, name, part.software_libraries)
            if part.software_define:
                defines |= {part.software_define: "", "NPU_SOFTWARE_EPOCHS": ""}
    return VendorSources(
        roots={name: place.root for name, place in places.items()},
        sources=tuple(sources),
        includes=tuple(includes),
        own_includes=tuple(raw["own_includes"]),
        libraries=tuple(libraries),
        flags=tuple(raw["flags"]),
        defines=defines,
        forbidden=tuple(raw["forbidden"]),
        digests={name: _digest(place, store) for name, place in places.items()},
    )


def _read(board: Board) -> dict[str, Any]:
    file = board.folder / FILE_NAME
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingToolError(
            f"{file} is missing: it lists what of the vendor packages an app for {board.name} is compiled of",
            "docs/dk.md says what belongs into it.",
            "'--board virtual' needs none of it.",
        ) from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: {error}") from error


def _tables(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: dict(value) for name, value in raw.items() if isinstance(value, dict) and name not in _NO_PACKAGE}


def _by_network(part: _Part, npu: NpuInfo | None) -> Sequence[str]:
    if npu is None:
        return ()
    return [*(part.stai if npu.api == "stai" else ()), *(part.software if npu.software else ())]


def _places(
    manifest: Manifest, tables: Mapping[str, Mapping[str, Any]], npu: NpuInfo | None, store: Store
) -> dict[str, Place]:
    """The package behind each table's name. All that are missing are named at once."""
    chosen: dict[str, str] = {}
    for table in tables.values():
        for group in _first_here(manifest, table.get("with", ()), store):
            chosen[manifest.package(group).role] = group
    names = {name: chosen.get(name, name) for name in tables if name != _RUNTIME}
    absent = [p for p in map(manifest.package, names.values()) if store.find(p) is None]
    if absent:
        raise missing(absent)
    places = {name: store.place(manifest.package(package)) for name, package in names.items()}
    if npu is not None:
        places[_RUNTIME] = runtime_for(npu.runtime, manifest, store, release=npu.core)
    return places


def _first_here(manifest: Manifest, groups: Sequence[Sequence[str]], store: Store) -> Sequence[str]:
    """The first group whose packages are all on this machine; the first of all if none is."""
    here = (g for g in groups if all(store.find(manifest.package(name)) is not None for name in g))
    return next(here, groups[0] if groups else ())


def _all(place: Place, name: str, patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        found = list(_any(place, name, [pattern]))
        if not found:
            raise InputError(
                f"vendor package {place.package.name} ({place.root}) lacks {pattern}",
                f"n6gen vendor check, then n6gen vendor fetch {place.package.name}"
                if not place.own
                else "Use another copy: n6gen vendor fetch --path NAME=DIR.",
            )
        yield from found


def _any(place: Place, name: str, patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        if pattern == ".":
            yield f"{name}/."
            continue
        for path in sorted(place.root.glob(pattern)):
            yield f"{name}/{path.relative_to(place.root).as_posix()}"


def _digest(place: Place, store: Store) -> str:
    """What is there: the recorded hash of a fetched package; of a user's own copy its sources' and headers'."""
    record = None if place.own else store.record(place.package)
    if record is not None:
        return record.sha256
    files = (path for path in sorted(place.root.rglob("*")) if path.suffix in {".c", ".h", ".a"} and path.is_file())
    return content_digest({path.relative_to(place.root).as_posix(): sha256_file(path) for path in files})
