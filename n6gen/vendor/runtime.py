"""Which NPU runtime goes with a compiled network. The pair is settled before a compiler is called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from n6gen.errors import InputError, N6genError
from n6gen.vendor.manifest import Manifest, Package
from n6gen.vendor.store import Place, Store, missing, root_of
from n6gen.vendor.versions import Quadruple, of_runtime, written

ROLE = "runtime"


@attrs.frozen
class Runtime:
    """A runtime on this machine and its true version, read from its files."""

    place: Place
    version: Quadruple


def runtimes(manifest: Manifest, store: Store, installs: Iterable[Path] = ()) -> list[Runtime]:
    """All runtimes on this machine, the user's own copies first: also those that `--path runtime…=DIR` adds.

    `installs` are further folders that may hold one (an install of STEdgeAI); those that do not are passed over.
    Raises InputError if a copy that the user named is not a runtime.
    """
    known = manifest.of_role(ROLE)
    if not known:
        return []
    names = {package.name for package in known}
    places = [_added(known[0], name, folder) for name, folder in store.own().items() if _extra(name, names)]
    places += [place for package in known if (place := store.find(package))]
    for folder in installs:
        try:
            places.append(_added(known[0], str(folder), folder))
        except InputError:
            continue
    places.sort(key=lambda place: not place.own)
    return [Runtime(place, of_runtime(place.root / place.package.marker)) for place in places]


def runtime_for(
    wanted: Quadruple,
    manifest: Manifest,
    store: Store,
    *,
    release: str | None = None,
    installs: Iterable[Path] = (),
) -> Place:
    """The runtime for a network that demands `wanted`, compiled by STEdgeAI `release` if that is known.

    Raises MissingToolError if it only has to be fetched, InputError if none fits: the message names both sides.
    """
    here = runtimes(manifest, store, installs)
    for runtime in here:
        if runtime.version == wanted:
            return runtime.place
    absent = [p for p in manifest.of_role(ROLE) if p.aton == wanted and p.name not in store.own()]
    if absent:
        raise missing(absent)
    raise _mismatch(wanted, release, manifest, here)


def _extra(name: str, known: set[str]) -> bool:
    return name.startswith(ROLE) and name not in known


def _added(like: Package, name: str, folder: Path) -> Place:
    root = root_of(folder, like.marker)
    return Place(attrs.evolve(like, name=name, title="your own copy"), root, root, own=True)


def _mismatch(wanted: Quadruple, release: str | None, manifest: Manifest, here: list[Runtime]) -> N6genError:
    sides = ", ".join(f"{r.place.package.name} is {written(r.version)}" for r in here) or "there is none"
    which = f" {release}" if release else ""
    others = " or ".join(p.release for p in manifest.of_role(ROLE) if p.release)
    return InputError(
        f"the compiled network needs the NPU runtime ll_aton {written(wanted)}"
        f"{f' (STEdgeAI {release})' if release else ''}; here {sides}",
        f"n6gen vendor fetch --path runtime=DIR, with the folder of the STEdgeAI{which} that compiled it.",
        f"Or compile the model again with STEdgeAI {others}, whose runtimes n6gen can fetch.",
    )
