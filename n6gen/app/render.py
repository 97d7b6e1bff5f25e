"""Render the app: a CMake project that a user can open, edit and build without n6gen."""

from __future__ import annotations

import difflib
import hashlib
import json
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import jinja2

from n6gen import __version__
from n6gen.app.config import NO_ID, AppConfig, NetworkSources, VendorSources
from n6gen.app.layout import RENDERED, Layout, lay_out
from n6gen.board.facts import Board
from n6gen.errors import InputError
from n6gen.resources import data_dir
from n6gen.tools.files import sha256_bytes, write_if_changed, write_json

#: What was written and its hashes, so that neither a user's change nor a file of theirs is ever lost.
RECORD = ".n6gen.json"
#: Says where things are on this machine: no part of what the build id covers.
_PLACES = "vendor.cmake"


@attrs.frozen
class Project:
    """A rendered project. `overrides`: file of the project → the user's file that it was made of."""

    folder: Path
    board: Board
    build_id: str
    files: tuple[str, ...]
    overrides: Mapping[str, Path]
    vendor: VendorSources | None = None

    @property
    def build_folder(self) -> Path:
        """Where CMake and Ninja put what they make."""
        return self.folder / "build"

    @property
    def has_loader(self) -> bool:
        """Whether the board's first-stage loader is built with it."""
        return any(name.startswith("board/loader/") for name in self.files)


def render_project(
    board: Board, network: NetworkSources, config: AppConfig, out: Path, templates: Path | None = None
) -> Project:
    """Write the project into `out`: only what changed, and without files of an earlier rendering that are gone.

    A file in the folder `templates` replaces n6gen's file of the same name (its path under templates/, or
    ``board/<name>/…``).

    Raises InputError if a file there replaces nothing or cannot be rendered, or if a file in `out` was changed by hand.
    """
    layout = lay_out(board, network, vendor=config.vendor is not None)
    overrides = _overrides(layout, templates)
    environment = _environment(board, templates)
    build_id = config.build_id
    if build_id is None:
        draft = _contents(environment, layout, overrides, _context(board, network, config, layout, NO_ID))
        build_id = _digest(draft, config.build_inputs)
    contents = _contents(environment, layout, overrides, _context(board, network, config, layout, build_id))
    _write(out, contents)
    return Project(out, board, build_id, tuple(sorted(contents)), overrides, config.vendor)


def _overrides(layout: Layout, templates: Path | None) -> dict[str, Path]:
    if templates is None:
        return {}
    if not templates.is_dir():
        raise InputError(f"there is no templates folder {templates}")
    targets = {name: target for target, name in layout.templates.items()}
    found = {}
    for path in sorted(templates.rglob("*")):
        name = path.relative_to(templates).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(templates).parts):
            continue
        if name not in targets:
            close = difflib.get_close_matches(name, targets, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"The names are those under {data_dir('templates')}."
            raise InputError(f"{path} replaces no file of the app", hint)
        found[targets[name]] = path
    return found


def _environment(board: Board, templates: Path | None) -> jinja2.Environment:
    # With the user's folder first, an include or import in a template finds the user's file as well.
    loaders: list[jinja2.BaseLoader] = [] if templates is None else [jinja2.FileSystemLoader(templates)]
    loaders.append(jinja2.FileSystemLoader(data_dir("templates")))
    loaders.append(jinja2.PrefixLoader({"board": jinja2.FileSystemLoader(board.folder.parent)}))
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - C, not HTML
    )
    environment.filters["address"] = lambda value: f"0x{value:08X}"
    environment.filters["c_bytes"] = _c_bytes
    return environment


def _c_bytes(value: str | bytes) -> str:
    """Bytes, or hex digits, as a C initialiser."""
    data = bytes.fromhex(value) if isinstance(value, str) else value
    return "{" + ", ".join(str(byte) for byte in data) + "}"


def _context(
    board: Board, network: NetworkSources, config: AppConfig, layout: Layout, build_id: str
) -> Mapping[str, Any]:
    return {
        "board": board,
        "config": config,
        "build_id": build_id,
        "version": __version__,
        "sources": layout.sources,
        "includes": sorted({*network.includes, *_own_includes(network, config)}),
        "defines": dict(network.defines),
        "network": network,
        "vendor": config.vendor,
    }


def _own_includes(network: NetworkSources, config: AppConfig) -> set[str]:
    folders = {"core", "cortexm", "config", "decode", "network", "board/src"}
    if network.npu is not None:
        folders.add("frontend")
    return folders | set(config.vendor.own_includes if config.vendor is not None else ())


def _contents(
    environment: jinja2.Environment, layout: Layout, overrides: Mapping[str, Path], context: Mapping[str, Any]
) -> dict[str, bytes]:
    contents = {target: path.read_bytes() for target, path in layout.network.items()}
    for target, name in layout.templates.items():
        try:
            if name.endswith(RENDERED):
                text = environment.get_template(name).render(context)
            else:
                assert environment.loader is not None  # noqa: S101 - set in _environment
                text = environment.loader.get_source(environment, name)[0]
        except (jinja2.TemplateError, UnicodeDecodeError) as error:
            if target not in overrides:
                raise
            raise InputError(f"{overrides[target]}{_line(error)}: {error}", "Compare it with n6gen's file.") from error
        contents[target] = text.encode()
    return contents


def _line(error: Exception) -> str:
    """``:line`` of the template at which `error` came up; jinja2 puts the template's own lines into the traceback."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f":{error.lineno}"
    if isinstance(error, jinja2.TemplateError):
        return f":{traceback.extract_tb(error.__traceback__)[-1].lineno}"
    return ""


def _digest(contents: Mapping[str, bytes], inputs: Mapping[str, str]) -> str:
    hashes = {name: sha256_bytes(data) for name, data in contents.items() if name != _PLACES}
    return hashlib.sha256(json.dumps([hashes, dict(inputs)], sort_keys=True).encode()).hexdigest()


def _write(out: Path, contents: Mapping[str, bytes]) -> None:
    """Bring `out` to `contents`. Nothing is touched if a file that we wrote was changed since."""
    record = _read_record(out)
    hashes = {name: [sha256_bytes(data)] for name, data in sorted(contents.items())}
    for name in sorted(hashes.keys() | record.keys()):
        path = out / name
        if path.is_file() and sha256_bytes(path.read_bytes()) not in record.get(name, []) + hashes.get(name, []):
            raise InputError(
                f"{path} was changed by hand and would be overwritten",
                "Move it into a folder of your own and give that with --templates, or delete it.",
            )
    if hashes != record:
        # Until all is written, a file may have its old or its new content.
        both = {name: record.get(name, []) + hashes.get(name, []) for name in hashes.keys() | record.keys()}
        write_json(out / RECORD, both)
    for name, data in contents.items():
        write_if_changed(out / name, data)
    for name in record.keys() - contents.keys():
        (out / name).unlink(missing_ok=True)
    if hashes != record:
        write_json(out / RECORD, hashes)


def _read_record(out: Path) -> dict[str, list[str]]:
    try:
        record = json.loads((out / RECORD).read_text(encoding="utf-8"))
        return {str(name): list(digests) for name, digests in record.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{out / RECORD} is broken: {error}", f"Delete the folder {out}.") from error
