"""A build that several files of tests put defects into."""

from __future__ import annotations

import pytest

from tests.support.journey import SIDE
from tests.support.qdq import segmenter
from tests.verify.bench import Bench


@pytest.fixture(scope="session")
def helium(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A network with every operator, by the Helium kernels: its first three convolutions in a row are one block."""
    return Bench(tmp_path_factory.mktemp("verify helium"), segmenter(SIDE, SIDE, factor=4), "mve")


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The same network by the portable kernels, which have no blocks: each layer is there as a whole."""
    return Bench(tmp_path_factory.mktemp("verify plain"), segmenter(SIDE, SIDE, factor=4), "c")
