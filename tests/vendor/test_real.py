"""The packages that were fetched to this machine, if they were."""

from __future__ import annotations

import pytest

from n6gen.tools.files import sha256_file
from n6gen.vendor.manifest import Manifest, load_manifest
from n6gen.vendor.runtime import runtime_for, runtimes
from n6gen.vendor.store import Store
from tests.support.vendor import real_store


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest("stm32n6570-dk")


@pytest.fixture(scope="module")
def store(manifest: Manifest) -> Store:
    store = real_store()
    absent = [p.name for p in manifest.packages if store.record(p) is None]
    if absent:
        pytest.skip(f"not fetched on this machine: {', '.join(absent)} (n6gen vendor fetch)")
    return store


def test_they_are_as_they_were_fetched(manifest: Manifest, store: Store) -> None:
    """Every file has its recorded hash, every marker is where a build looks for it."""
    for package in manifest.packages:
        assert store.changes(package) == []
        assert (store.home(package) / package.root / package.marker).is_file()
        assert (store.home(package) / package.licence_file).is_file()


def test_the_fsbl_is_the_pinned_one(manifest: Manifest, store: Store) -> None:
    """It is used as it is, so its hash is in the manifest."""
    pinned = manifest.files["fsbl"]
    assert sha256_file(store.home(manifest.package(pinned.package)) / pinned.path) == pinned.sha256


def test_the_runtimes_are_what_the_manifest_says(manifest: Manifest, store: Store) -> None:
    """Their own headers agree, and each serves the network beside it."""
    found = {r.place.package.name: r.version for r in runtimes(manifest, Store(store.folder)) if not r.place.own}
    assert found == {p.name: p.aton for p in manifest.of_role("runtime")}
    for package in manifest.of_role("runtime"):
        assert package.aton is not None
        assert runtime_for(package.aton, manifest, store).package.name == package.name
