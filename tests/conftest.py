"""What all tests share: where the test data is, and a state and cache folder of each test's own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A loaded machine is not a failure; pytest-timeout bounds what hangs.
settings.register_profile("n6gen", deadline=None)
settings.load_profile("n6gen")

# A shell starts background jobs without Ctrl-C, and all that they start: tests that press it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: Variables that are the test run's own.
_OURS = ("N6GEN_SHARED", "N6GEN_REQUIRE_SHARED")
_ROOT = Path(__file__).resolve().parent.parent


def shared_dir() -> Path | None:
    """The test data folder: `$N6GEN_SHARED`, else `../shared` beside the checkout; None if it is not there."""
    folder = Path(os.environ.get("N6GEN_SHARED") or _ROOT.parent / "shared")
    return folder.resolve() if (folder / "models").is_dir() else None


@pytest.fixture
def shared() -> Path:
    """The test data folder; skips where a checkout has none."""
    folder = shared_dir()
    if folder is None and os.environ.get("N6GEN_REQUIRE_SHARED"):
        pytest.fail("this run must have the test data, and N6GEN_SHARED does not lead to it")
    if folder is None:
        pytest.skip("no test data: set N6GEN_SHARED to the folder that holds models/, frames/ and fixtures/")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No fixture sees, or leaves anything in, a user's state, cache or configuration."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("N6GEN_") and name not in _OURS]:
            patch.delenv(name)
        _point_to(tmp_path_factory.mktemp("n6gen-session"), patch)
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has state and cache folders of its own."""
    _point_to(tmp_path_factory.mktemp("n6gen"), monkeypatch)


def _point_to(base: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("N6GEN_STATE_DIR", str(base / "state"))
    patch.setenv("N6GEN_CACHE_DIR", str(base / "cache"))


_TOOLS = {"arm": ("arm-none-eabi-gcc",), "qemu": ("qemu-system-arm", "arm-none-eabi-gcc")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a tool skip, with its name, where it is missing."""
    for item in items:
        for marker, tools in _TOOLS.items():
            missing = [tool for tool in tools if shutil.which(tool) is None]
            if missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} is not on PATH"))
