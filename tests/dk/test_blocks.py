"""`profile` of a network that the NPU runs, on this machine: the app, both front ends, and a runtime without an NPU.

The runtime tells of blocks as the real one does (npu_runtime.c) and computes nothing. No board ran any of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from support.core import C_TESTS, CORE, ROOT, HostApp, compile_host

from n6gen.app import render_project
from n6gen.board import load_board
from n6gen.image import weights
from n6gen.link.profile import LayerTicks, layers_crc
from tests.dk.test_front_ends import npu_network
from tests.support.app import tiny_config

_HERE = Path(__file__).parent
_FRONT = ROOT / "templates" / "frontend"
_ID = "abcdef" + "00" * 29
_NAMES = {"aton": "Default", "stai": "network"}


@pytest.fixture(scope="module", params=list(_NAMES))
def npu_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app around a network of that interface, under sanitizers."""
    api, folder = request.param, tmp_path_factory.mktemp(request.param)
    network = npu_network(folder, api, _NAMES[api])
    project = render_project(load_board("stm32n6570-dk"), network, tiny_config(), folder / "p")
    own = [CORE / "app.c", C_TESTS / "host_board.c", C_TESTS / "host" / "app_config.c", _HERE / "npu_runtime.c"]
    front = [_FRONT / "npu.c", _FRONT / "npu_event.c", project.folder / f"frontend/npu_{api}.c"]
    return compile_host(folder / "app", [*own, *front], [_HERE / "runtime", _HERE / "stubs", _FRONT])


@attrs.define
class _Board:
    """Starts the app with a plan of blocks, and knows whether its runs were watched."""

    program: Path
    folder: Path
    app: HostApp | None = None

    def start(self, plan: str) -> HostApp:
        """The app, in a session, with frames to take."""
        (self.folder / "weights").write_bytes(weights.wrap(bytes(100), _ID))
        (self.folder / "frames").write_bytes(bytes(64 * 48 * 3) * 4)
        places = {f"HOST_{name.upper()}": str(self.folder / name) for name in ("weights", "frames")}
        self.app = HostApp(
            self.program, {**os.environ, **places, "NPU_PLAN": plan, "NPU_LOG": str(self.folder / "log")}
        )
        assert self.app.record().fields["status"] == "ready"
        self.app.hello()
        return self.app

    @property
    def runs(self) -> list[str]:
        return (self.folder / "log").read_text().split()


@pytest.fixture
def board(npu_app: Path, tmp_path: Path) -> Iterator[_Board]:
    board = _Board(npu_app, tmp_path)
    yield board
    assert board.app is not None
    assert board.app.close() == 0


def _profile(app: HostApp) -> list[LayerTicks] | str:
    """What the app says took how long, proven by count, sum and CRC; or the reason why it does not."""
    app.send("profile")
    assert app.record().fields["cmd"] == "profile"
    layers = []
    while (record := app.record()).type == "layer":
        layers.append(LayerTicks.of(record))
    if record.type == "error":
        assert not layers
        return record.text("reason")
    assert record.type == "layers"
    assert record.integer("n") == len(layers)
    assert record.integer("total") == sum(layer.ticks for layer in layers)
    assert record.text("crc") == layers_crc(layers)
    assert [layer.i for layer in layers] == list(range(len(layers)))
    return layers


def _run(app: HostApp) -> None:
    app.send("run", frames=1, repeat=1)
    assert [app.record().type for _ in range(3)] == ["ok", "sample", "window"]


def test_each_block_has_a_record_with_who_ran_it(board: _Board) -> None:
    """Blocks of the NPU's, of the epoch controller's, of the CPU's and hybrid ones, each as long as it took, or longer.

    A hybrid block's parts are parts of it. Only the profile's own run is watched: not the one before, nor those after.
    """
    app = board.start("h2 s8 b1 y1 i4 i6 h s12")
    _run(app)
    layers = _profile(app)
    _run(app)
    assert isinstance(layers, list)
    assert [layer.unit for layer in layers] == ["npu", "cpu", "npu", "hybrid", "npu", "cpu"]
    for layer, ms in zip(layers, (2, 8, 1, 11, 0, 12), strict=True):
        assert layer.ticks >= 1000 * ms
    assert board.runs == ["alone", "watched", "alone"]


def test_one_blob_is_one_block(board: _Board) -> None:
    """Where the epoch controller runs all of the network there is one step to see."""
    layers = _profile(board.start("b3"))
    assert isinstance(layers, list)
    assert [layer.unit for layer in layers] == ["npu"]


@pytest.mark.parametrize(("blocks", "works"), [(512, True), (513, False), (900, False)])
def test_there_is_room_for_512_blocks(board: _Board, blocks: int, works: bool) -> None:
    """More are counted and refused; the app goes on."""
    app = board.start(f"h *{blocks - 1}")
    found = _profile(app)
    assert len(found) == 512 if works else found == "range"
    _run(app)


@pytest.mark.parametrize(
    "plan",
    ["h !s h", "h s !h", "h ?s", "+h s", "i h", "h i", "s u", ""],
    ids=["end missing", "last end missing", "begin missing", "begin twice", "part first", "part", "no kind", "none"],
)
def test_blocks_in_an_order_that_cannot_be_are_not_believed(board: _Board, plan: str) -> None:
    """Not a single tick of them is sent; the network itself ran, and runs on."""
    app = board.start(plan)
    assert _profile(app) == "order"
    _run(app)
    assert board.runs == ["watched", "alone"]


@pytest.mark.parametrize("npu_app", ["stai"], indirect=True)
@pytest.mark.parametrize("plan", ["h s f h", "n"])
def test_a_failure_on_the_way_is_one_of_the_network(board: _Board, plan: str) -> None:
    """Nothing is sent of the blocks that were done, or if the runtime takes no watcher."""
    assert _profile(board.start(plan)) == "network"
