"""Fixtures for hardware tests of your own: a board with your build, a measured session, a mask.

::

    def test_it_sees_the_road(n6gen_mask):
        mask = n6gen_mask("frames/road.png")      # (height, width) of uint8: class indices
        assert (mask == 1).mean() > 0.2

    def test_it_is_right(n6gen_session):
        assert n6gen_session.exact                # every pixel equals the integer reference

Run them with ``pytest --n6gen-build build [--n6gen-sn SERIAL]``; without a build they skip.
pytest loads this file in every run on this machine: it imports nothing until a fixture is used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: A picture's file, or its pixels: (height, width, 3) of uint8, RGB.
    Picture = str | Path | NDArray[np.uint8]

#: What the commands may take, in seconds.
_FLASH_S, _MEASURE_S = 900.0, 1800.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of hardware tests."""
    group = parser.getgroup("n6gen", "hardware tests with n6gen")
    group.addoption("--n6gen-build", metavar="DIR", help="The folder that `n6gen build` made; without, its tests skip.")
    group.addoption("--n6gen-board", metavar="NAME", help="The board that the build must be for.")
    group.addoption(
        "--n6gen-sn", metavar="SERIAL", help="Serial number of the board; by default the one that is there."
    )


class Measured:
    """A session: `result` is what `n6gen measure --json` says, `masks` one array a picture, by the picture's name."""

    def __init__(self, result: Mapping[str, Any], masks: Mapping[str, NDArray[np.uint8]]) -> None:
        """Keep both."""
        self.result = result
        self.masks = masks

    @property
    def exact(self) -> bool | None:
        """Whether every pixel of every mask equals the integer reference; None if nothing was compared."""
        found: bool | None = self.result["verdict"]["exact"]
        return found


class HardwareBoard:
    """A board that holds the build. `serial`: its serial number; `build`: the build's folder."""

    def __init__(self, build: Path, board: str | None, serial: str | None, scratch: Callable[[], Path]) -> None:
        """Write the build to the board: only what differs. Fails the test if that does not work."""
        self.build = build
        self._scratch = scratch
        words = [*(("--board", board) if board else ()), *(("--sn", serial) if serial else ())]
        self.serial = str(self._n6gen("flash", words, _FLASH_S)["serial"])

    def measure(self, *pictures: Picture, options: Sequence[str] = ()) -> Measured:
        """Run pictures on the board; without any, four frames of a generated scene. Fails the test if it cannot.

        `options` are further words of `n6gen measure`. A wrong mask fails nothing by itself: look at `exact`.
        """
        from PIL import Image

        scratch = self._scratch()
        files = [_file(picture, scratch / f"picture{n}.png") for n, picture in enumerate(pictures)]
        masks = scratch / "masks"
        words = ["--sn", self.serial, "--masks", str(masks), *options, *(("--frames", *files) if files else ())]
        result = self._n6gen("measure", words, _MEASURE_S)
        return Measured(result, {file.stem: _array(Image.open(file)) for file in sorted(masks.glob("*.png"))})

    def _n6gen(self, command: str, words: Sequence[str], timeout: float) -> dict[str, Any]:
        from n6gen.tools.run import run

        said = self._scratch() / "said.json"
        where = ["--json", str(said)] if command == "measure" else ["--json"]
        argv = [sys.executable, "-m", "n6gen", command, "--build", str(self.build), "--quiet", *where, *words]
        done = run(argv, timeout=timeout)
        # 1: a verdict that is not good, which is the test's to judge.
        if done.timed_out or done.returncode not in {0, 1}:
            pytest.fail(f"n6gen {command} did not work (exit code {done.returncode}):\n{done.tail(20)}", pytrace=False)
        text = said.read_text(encoding="utf-8") if said.exists() else done.output[done.output.index("{") :]
        found: dict[str, Any] = json.loads(text)
        return found


@pytest.fixture(scope="session")
def n6gen_board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HardwareBoard:
    """The board, with the build of ``--n6gen-build`` on it; it is flashed once a test run."""
    build = request.config.getoption("--n6gen-build")
    if not build:
        pytest.skip("no build: pytest --n6gen-build DIR")
    return HardwareBoard(
        Path(build).resolve(),
        request.config.getoption("--n6gen-board"),
        request.config.getoption("--n6gen-sn"),
        lambda: tmp_path_factory.mktemp("n6gen"),
    )


@pytest.fixture(scope="session")
def n6gen_session(n6gen_board: HardwareBoard) -> Measured:
    """A session of four generated frames on the board; measured once a test run."""
    return n6gen_board.measure()


@pytest.fixture(scope="session")
def n6gen_mask(n6gen_board: HardwareBoard) -> Callable[[Picture], NDArray[np.uint8]]:
    """A function from a picture to the mask that the board makes of it: (height, width) of uint8, class indices."""

    def mask(picture: Picture) -> NDArray[np.uint8]:
        (found,) = n6gen_board.measure(picture).masks.values()
        return found

    return mask


def _file(picture: Picture, file: Path) -> str:
    """The path of a picture; pixels are written to `file`."""
    if isinstance(picture, (str, Path)):
        return str(picture)
    from PIL import Image

    Image.fromarray(picture).save(file)
    return str(file)


def _array(image: Any) -> NDArray[np.uint8]:
    import numpy as np

    with image:
        return np.asarray(image, dtype=np.uint8)
