"""The pair of compiled network and NPU runtime."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import InputError, MissingToolError
from n6gen.vendor.manifest import Manifest, load_manifest
from n6gen.vendor.runtime import runtime_for, runtimes
from n6gen.vendor.store import Store
from n6gen.vendor.versions import Quadruple, of_runtime, parse, written

_HEADER = "Npu/ll_aton/ll_aton_version.h"
_OLD, _NEW, _OTHER = (1, 1, 0, 31), (1, 1, 3, 262), (1, 1, 3, 275)


def _runtime(folder: Path, version: Quadruple) -> Path:
    file = folder / _HEADER
    file.parent.mkdir(parents=True, exist_ok=True)
    names = ("MAJOR", "MINOR", "MICRO", "DEV")
    file.write_text("".join(f"#define LL_ATON_VERSION_{n} ({v})\n" for n, v in zip(names, version, strict=True)))
    return folder


@pytest.fixture
def manifest() -> Manifest:
    return load_manifest("stm32n6570-dk")


@pytest.fixture
def store(tmp_path: Path, manifest: Manifest) -> Store:
    """A store that holds the two runtimes of the manifest."""
    store = Store(tmp_path / "vendor")
    for package in manifest.of_role("runtime"):
        assert package.aton is not None
        _runtime(store.home(package) / package.root, package.aton)
        store.write_record(package, store.home(package))
    return store


def test_each_compiled_network_gets_its_runtime(manifest: Manifest, store: Store) -> None:
    """All four numbers decide."""
    assert runtime_for(_OLD, manifest, store).package.name == "runtime-2.1"
    assert runtime_for(_NEW, manifest, store).package.name == "runtime-4.0"


def test_a_runtime_that_is_not_here_yet_is_to_be_fetched(manifest: Manifest, tmp_path: Path) -> None:
    """The very package is named."""
    with pytest.raises(MissingToolError) as error:
        runtime_for(_NEW, manifest, Store(tmp_path / "empty"))
    assert error.value.things_to_try[0] == "n6gen vendor fetch runtime-4.0"


def test_a_mismatch_names_both_sides_and_the_fix(manifest: Manifest, store: Store) -> None:
    """4.0.0 and 4.0.1 do not fit, though both are 4.0."""
    with pytest.raises(InputError) as error:
        runtime_for(_OTHER, manifest, store, release="4.0.1")
    said = error.value.message
    assert "needs the NPU runtime ll_aton 1.1.3-275 (STEdgeAI 4.0.1)" in said
    assert "runtime-2.1 is 1.1.0-31, runtime-4.0 is 1.1.3-262" in said
    assert "--path runtime=DIR" in error.value.things_to_try[0]
    assert "2.1.0 or 4.0.0" in error.value.things_to_try[1]


def test_the_users_own_runtime_is_taken(manifest: Manifest, store: Store, tmp_path: Path) -> None:
    """Added beside the known ones, from an install's folder."""
    _runtime(tmp_path / "STEdgeAI" / "4.0" / "Middlewares" / "ST" / "AI", _OTHER)
    store.keep_own({"runtime": tmp_path / "STEdgeAI" / "4.0"})
    place = runtime_for(_OTHER, manifest, store)
    assert place.own
    assert place.root == (tmp_path / "STEdgeAI" / "4.0" / "Middlewares" / "ST" / "AI").resolve()
    assert [r.version for r in runtimes(manifest, store)] == [_OTHER, _OLD, _NEW]


def test_an_install_that_was_found_serves_without_being_named(manifest: Manifest, store: Store, tmp_path: Path) -> None:
    """One without a runtime is passed over."""
    install = _runtime(tmp_path / "install", _OTHER)
    assert runtime_for(_OTHER, manifest, store, installs=(tmp_path / "none", install)).root == install
    with pytest.raises(InputError):
        runtime_for(_OTHER, manifest, store, installs=(tmp_path / "none",))


def test_a_copy_counts_as_what_it_is_not_as_what_it_stands_for(
    manifest: Manifest, store: Store, tmp_path: Path
) -> None:
    """A wrong folder behind --path runtime-4.0 is noticed before gcc."""
    store.keep_own({"runtime-4.0": _runtime(tmp_path / "mine", _OTHER)})
    assert runtime_for(_OTHER, manifest, store).own
    with pytest.raises(InputError, match=r"runtime-4\.0 is 1\.1\.3-275"):
        runtime_for(_NEW, manifest, store)


def test_a_named_copy_that_is_no_runtime_is_an_error(manifest: Manifest, store: Store, tmp_path: Path) -> None:
    """The user named it, so it is not passed over."""
    store.keep_own({"runtime": tmp_path / "nothing"})
    with pytest.raises(InputError, match="holds no"):
        runtime_for(_OLD, manifest, store)


@pytest.mark.parametrize("text", ["", "#define LL_ATON_VERSION_MAJOR (1)\n", "LL_ATON_VERSION_MAJOR 1"])
def test_a_header_that_does_not_say_is_an_error(tmp_path: Path, text: str) -> None:
    """Nothing is guessed."""
    file = tmp_path / "ll_aton_version.h"
    file.write_text(text)
    with pytest.raises(InputError, match="does not define"):
        of_runtime(file)
    with pytest.raises(InputError, match="cannot read"):
        of_runtime(tmp_path / "none.h")


@given(st.tuples(*[st.integers(0, 10**6)] * 4))
def test_versions_written_are_read_again(version: Quadruple) -> None:
    """As the vendor writes them."""
    assert parse(written(version)) == version


@given(st.text())
def test_anything_else_is_no_version(text: str) -> None:
    """parse either reads four numbers or raises ValueError."""
    try:
        version = parse(text)
    except ValueError:
        return
    assert len(version) == 4


def test_a_package_can_be_copied_with_its_version(manifest: Manifest) -> None:
    """attrs.evolve goes through the converter again."""
    package = manifest.package("runtime-4.0")
    assert attrs.evolve(package, name="x").aton == package.aton == _NEW
