"""Vendor packages, and whether compiler and runtime go together."""

from __future__ import annotations

from n6gen.compiler.stedgeai.locate import Located
from n6gen.compiler.stedgeai.version import RUNTIMES
from n6gen.doctor.finding import Finding, absent
from n6gen.errors import InputError, N6genError
from n6gen.vendor.manifest import Manifest, load_manifest
from n6gen.vendor.runtime import runtime_for
from n6gen.vendor.store import Store
from n6gen.vendor.versions import written

_BOARD = "stm32n6570-dk"
_PACKAGES, _RUNTIME = "vendor packages", "NPU runtime"
_FETCH = ("n6gen vendor fetch", "Without a network: n6gen vendor fetch --mirror DIR (docs/vendor.md)")


def packages(*, needed: bool) -> Finding:
    """Whether there is a package for each thing that a build takes from the vendors."""
    manifest, store = load_manifest(_BOARD), Store()
    try:
        lacking = _lacking(manifest, store)
    except InputError as error:
        return absent(_PACKAGES, error.message, error.things_to_try, needed=needed)
    if lacking:
        return absent(_PACKAGES, f"not here: {', '.join(lacking)}", _FETCH, needed=needed)
    return Finding(_PACKAGES, "ok", f"a package for each of {len(_roles(manifest))} roles, {store.folder}")


def runtime(compiler: Located | None, *, needed: bool) -> Finding:
    """Whether the runtime that networks of the installed compiler need is at hand."""
    if compiler is None:
        return Finding(_RUNTIME, "optional", "no stedgeai, so nothing to compare")
    release = compiler.core.number
    wanted = next((r.ll_aton for r in RUNTIMES if r.core == release), None)
    if wanted is None:
        detail = f"which runtime goes with STEdgeAI {release} is not known yet; a build compares the real numbers"
        return Finding(_RUNTIME, "optional", detail)
    installs = () if compiler.core_dir is None else (compiler.core_dir,)
    try:
        place = runtime_for(wanted, load_manifest(_BOARD), Store(), release=release, installs=installs)
    except N6genError as error:
        return absent(_RUNTIME, error.message, error.things_to_try, needed=needed)
    return Finding(_RUNTIME, "ok", f"{written(wanted)}, as STEdgeAI {release} needs it, {place.root}")


def _roles(manifest: Manifest) -> list[str]:
    return list(dict.fromkeys(package.role for package in manifest.packages))


def _lacking(manifest: Manifest, store: Store) -> list[str]:
    return [role for role in _roles(manifest) if not any(store.find(p) for p in manifest.of_role(role))]
