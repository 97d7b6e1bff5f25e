"""Kernels are compiled once a session for each set of flags."""

from __future__ import annotations

import pytest

from tests.compiler.on_host import SANITIZERS, HostCompiler


@pytest.fixture(scope="session")
def fast(tmp_path_factory: pytest.TempPathFactory) -> HostCompiler:
    """As users build: optimised, no checks."""
    return HostCompiler(tmp_path_factory.mktemp("fast"), "-O2")


@pytest.fixture(scope="session")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> HostCompiler:
    """With AddressSanitizer and UndefinedBehaviorSanitizer, which end the program at the first finding."""
    return HostCompiler(tmp_path_factory.mktemp("sanitized"), *SANITIZERS)
