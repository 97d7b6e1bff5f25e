"""The core compiled for this machine, once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.core import C_TESTS, CORE, CoreServer, compile_host


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreServer]:
    """Single functions of the core, under sanitizers."""
    program = tmp_path_factory.mktemp("core") / "core"
    sources = ["core_server.c", "host_board.c", "tiny_network.c", "host/app_config.c"]
    server = CoreServer(compile_host(program, [C_TESTS / name for name in sources]))
    yield server
    server.close()


@pytest.fixture(scope="session")
def host_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app as a program of this machine, under sanitizers."""
    sources = ["host_board.c", "tiny_network.c", "host/app_config.c"]
    program = tmp_path_factory.mktemp("app") / "app"
    return compile_host(program, [CORE / "app.c", *(C_TESTS / name for name in sources)])
