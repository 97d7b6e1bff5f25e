"""`n6gen vendor`: the packages that a real board's build takes from the vendors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from n6gen.vendor.manifest import Manifest, Package
    from n6gen.vendor.store import Store


@click.group("vendor", cls=click.RichGroup)
def vendor() -> None:
    """Vendor packages: pinned public repositories that a real board's build needs. They stay on this machine."""


@command("ls")
@setting("board")
def ls(out: Output, board: str) -> None:
    """List the packages, where they are and under which licence."""
    from n6gen.vendor.manifest import load_manifest
    from n6gen.vendor.store import Store

    _show(out, load_manifest(board), Store())


@command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@setting("board")
@setting("mirror")
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="NAME=DIR",
    help="Use the copy in DIR for package NAME from now on; 'NAME=' forgets it. 'runtime=DIR' adds an NPU runtime.",
)
def fetch(out: Output, names: tuple[str, ...], board: str, mirror: str | None, paths: tuple[str, ...]) -> None:
    """Get packages, by default all: the folders that are needed of one commit, compared with its hash.

    Once here, they are used without a network. What was taken is recorded in n6gen.lock.
    """
    from n6gen.config.settings import find_file
    from n6gen.tools.lock import LockFile
    from n6gen.vendor.fetch import fetch as get
    from n6gen.vendor.manifest import load_manifest
    from n6gen.vendor.store import Store

    manifest, store = load_manifest(board), Store()
    wanted = [manifest.package(name) for name in names]
    if paths:
        named = _own_copies(manifest, paths)
        store.keep_own(named)
        for name, folder in named.items():
            out.say(f"{name}: {f'your copy in {folder}' if folder else 'your copy is forgotten'}")
    if not names and not paths:
        wanted = [p for p in manifest.packages if store.state(p) != "own"]
    lock = LockFile(find_file())
    for package in wanted:
        kept = lock.entry("vendor", package.name)
        expect = kept["sha256"] if kept and kept.get("commit") == package.commit else None
        fresh = store.record(package) is None
        record = get(package, store, mirror=Path(mirror) if mirror else None, expect=expect, say=out.say)
        entry = {"url": package.url, "commit": package.commit, "sha256": record.sha256, "licence": package.licence}
        lock.record("vendor", {package.name: entry})
        if fresh:
            text = store.home(package) / package.licence_file
            out.say(f"  licence {package.licence}: {manifest.licences[package.licence]} ({text})")
    _show(out, manifest, store, lock)


@command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@setting("board")
def check(out: Output, names: tuple[str, ...], board: str) -> None:
    """Compare the packages on this machine, by default all, with what was fetched and what n6gen.lock says."""
    from n6gen.config.settings import find_file
    from n6gen.errors import InputError
    from n6gen.tools.lock import LockFile
    from n6gen.vendor.manifest import load_manifest
    from n6gen.vendor.store import Store, missing, problems

    manifest, store, lock = load_manifest(board), Store(), LockFile(find_file())
    packages = [manifest.package(name) for name in names] or list(manifest.packages)
    found = {p.name: problems(p, store, lock) for p in packages}
    for name, lines in found.items():
        for line in lines:
            out.say(f"{name}: {line}")
    absent = [p for p in packages if store.state(p) == "missing"]
    changed = [name for name, lines in found.items() if lines]
    if changed:
        raise InputError(
            f"not what was fetched: {', '.join(changed)}",
            f"To fetch anew, remove {', '.join(str(store.home(manifest.package(name))) for name in changed)}.",
        )
    if absent:
        raise missing(absent)
    _show(out, manifest, store, lock)


for _command in (ls, fetch, check):
    vendor.add_command(_command)


def _own_copies(manifest: Manifest, paths: Sequence[str]) -> dict[str, Path | None]:
    from n6gen.vendor.runtime import ROLE
    from n6gen.vendor.store import root_of

    named: dict[str, Path | None] = {}
    for text in paths:
        name, equals, folder = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=DIR", param_hint="--path")
        extra = name.startswith(ROLE) and name not in {p.name for p in manifest.packages}
        package = manifest.of_role(ROLE)[0] if extra else manifest.package(name)
        if folder:
            root_of(Path(folder), package.marker)
        named[name] = Path(folder).resolve() if folder else None
    return named


def _show(out: Output, manifest: Manifest, store: Store, lock: Any = None) -> None:
    rows = [_row(package, store) for package in manifest.packages]
    extra = [
        {"name": n, "folder": str(f)} for n, f in store.own().items() if n not in {p.name for p in manifest.packages}
    ]
    if not out.for_machine:
        from rich.table import Table

        table = Table("package", "version", "commit", "licence", "here", "what", box=None, pad_edge=False)
        for row in rows:
            here = f"your copy, {row['folder']}" if row["state"] == "own" else row["state"]
            table.add_row(row["name"], row["version"], row["commit"][:8], row["licence"], here, row["title"])
        for row in extra:
            table.add_row(row["name"], "", "", "", f"your copy, {row['folder']}", "NPU runtime")
        out.show(table, f"in {store.folder}")
    used = {package.licence for package in manifest.packages}
    out.result(
        {
            "folder": str(store.folder),
            "lock": str(lock.path) if lock else None,
            "packages": rows,
            "own_runtimes": extra,
            "licences": {name: text for name, text in manifest.licences.items() if name in used},
        }
    )


def _row(package: Package, store: Store) -> dict[str, Any]:
    state = store.state(package)
    folder = store.own()[package.name] if state == "own" else store.home(package)
    return {
        "name": package.name,
        "role": package.role,
        "title": package.title,
        "version": package.version,
        "commit": package.commit,
        "url": package.url,
        "licence": package.licence,
        "state": state,
        "folder": None if state == "missing" else str(folder),
    }
