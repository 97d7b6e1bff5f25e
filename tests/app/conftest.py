"""The core compiled for this machine and the app built for the virtual board, once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.app import tiny_config, tiny_network
from support.core import C_TESTS, CORE, CoreServer, compile_host

from n6gen.app import BuiltApp, Project, build_project, render_project
from n6gen.board.facts import load_board


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


@pytest.fixture(scope="session")
def tiny_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, BuiltApp]:
    """The app for the virtual board around tiny_network.c."""
    folder = tmp_path_factory.mktemp("tiny")
    project = render_project(load_board("virtual"), tiny_network(folder / "network"), tiny_config(), folder / "project")
    return project, build_project(project, folder / "build.log")
