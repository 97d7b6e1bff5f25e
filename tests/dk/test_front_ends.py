"""What stands between the NPU's runtime and the app: on this machine, and as it is rendered."""

from __future__ import annotations

import subprocess
from pathlib import Path

import attrs
import pytest
from support.app import TinyNetwork, tiny_config, tiny_network
from support.core import ROOT, STRICT

from n6gen.app import render_project
from n6gen.board import load_board
from n6gen.compiler.network import NpuInfo, TensorInfo
from n6gen.errors import InputError

_HERE = Path(__file__).parent
_OPEN = ["elsewhere -1", "too early -2", "open ours its"]
_RUN = ["clean input 48", "begin 1 1", "end", "invalidate output 8", "run 0"]


@pytest.fixture(scope="module")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """npu.c with an NPU of the test's own."""
    program = tmp_path_factory.mktemp("facade") / "facade"
    folders = [_HERE / "stubs", ROOT / "templates/frontend", ROOT / "templates/app/core", ROOT / "tests/c/host"]
    sources = [_HERE / "npu_facade.c", ROOT / "templates/frontend/npu.c"]
    flags = [*STRICT, "-fsanitize=address,undefined", *(f"-I{folder}" for folder in folders)]
    subprocess.run(["gcc", *flags, *sources, "-o", program], check=True)
    return program


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("0", [*_OPEN, "init 0", *_RUN, *_RUN]),
        ("3", [*_OPEN, "init 0", *_RUN, *_RUN]),
        ("fail", [*_OPEN, "init 0", "clean input 48", "begin 1 1", "run -3", "run -2"]),
        ("hang", [*_OPEN, "init 0", "clean input 48", "begin 1 1", "run -3", "run -2"]),
        ("closed", [*_OPEN, "init -2", "run -2", "run -2"]),
    ],
)
def test_a_run_cleans_before_and_invalidates_after(facade: Path, mode: str, says: list[str]) -> None:
    """The input leaves the cache before the NPU reads it, the output is read anew after; a hang or failure ends.

    Weights at another address than the network's own are refused, and after a failure nothing runs on.
    """
    done = subprocess.run([facade, mode], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.splitlines() == says


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (
            "3",
            [
                "clean input 48",
                "begin 1 1",
                "block 0 1 1",
                "end",
                "invalidate output 8",
                "alone",
                "block 0 1 1",
                "run 0",
            ],
        ),
        ("fail", ["clean input 48", "begin 1 1", "alone", "run -3"]),
        ("hang", ["clean input 48", "begin 1 1", "alone", "run -3"]),
    ],
)
def test_a_walk_is_a_run_that_is_watched(facade: Path, mode: str, says: list[str]) -> None:
    """It does what a run does; a block is told when it ends and the last again at the end. Then nobody watches.

    Also where it failed or hung. After that there is nothing to walk through.
    """
    done = subprocess.run([facade, mode, "walk"], capture_output=True, text=True, check=True, timeout=20)
    again = ["watched", *says] if mode == "3" else ["run -2"]
    assert done.stdout.splitlines() == [*_OPEN, "init 0", "watched", *says, *again]


@attrs.frozen
class _NpuNetwork:
    """A network for the NPU as the project wants it."""

    tiny: TinyNetwork
    npu: NpuInfo
    input: TensorInfo
    output: TensorInfo
    sources: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    defines: dict[str, str] = attrs.field(factory=dict)

    @property
    def folder(self) -> Path:
        return self.tiny.folder


def npu_network(folder: Path, api: str, name: str) -> _NpuNetwork:
    """One with that interface, in `folder`."""
    npu = NpuInfo(api, name, (1, 1, 3, 262), True, "4.0.0", "1200", False, 1, 0x7038_0000, None, 0x342E_0000)
    source = TensorInfo(64, 48, 3, "int8", "hwc", 0.5, -3)
    return _NpuNetwork(tiny_network(folder / "network"), npu, source, TensorInfo(16, 12, 2, "int8", "chw", 0.1, 4))


@pytest.mark.parametrize(("api", "name", "calls"), [("aton", "Default", "LL_ATON_RT_"), ("stai", "network", "stai_")])
def test_the_front_end_is_the_networks(tmp_path: Path, api: str, name: str, calls: str) -> None:
    """One interface is rendered, for the network's name, with sizes and quantisation as the network has them."""
    project = render_project(
        load_board("stm32n6570-dk"), npu_network(tmp_path, api, name), tiny_config(), tmp_path / "p"
    )
    other = {"aton": "stai", "stai": "aton"}[api]
    assert f"frontend/npu_{api}.c" in project.files
    assert f"frontend/npu_{other}.c" not in project.files
    code = (project.folder / f"frontend/npu_{api}.c").read_text()
    assert calls in code
    assert f"_{name}" in code
    config = (project.folder / "frontend/npu_config.h").read_text()
    assert "NPU_WEIGHTS_ADDRESS 0x70380000u" in config
    assert f".scale = {(0.5).hex()}f, .zero_point = -3" in config
    assert "#define NPU_INPUT_IS_OURS 1" in config
    assert "#define NPU_OUTPUT_IS_OURS 0" in config
    assert ".type = NETWORK_INT8, .order = NETWORK_CHW" in config


def test_no_overlap_reaches_the_board_layer(tmp_path: Path) -> None:
    """The camera is told; it is part of what the build id covers."""
    board, ids = load_board("stm32n6570-dk"), set()
    for overlap in (True, False):
        network = npu_network(tmp_path / str(overlap), "stai", "network")
        project = render_project(board, network, tiny_config(overlap=overlap), tmp_path / str(overlap) / "p")
        told = "BOARD_NO_OVERLAP" in (project.folder / "config/board_config.h").read_text()
        assert told is not overlap
        ids.add(project.build_id)
    assert len(ids) == 2


def test_an_unknown_interface_is_refused(tmp_path: Path) -> None:
    """A network of a runtime that n6gen does not know."""
    with pytest.raises(InputError, match="no front end"):
        render_project(load_board("stm32n6570-dk"), npu_network(tmp_path, "new", "x"), tiny_config(), tmp_path / "p")


def test_no_fuse_is_ever_written() -> None:
    """The board layer's text names nothing that programs or locks one."""
    text = "".join(file.read_text() for file in (ROOT / "board" / "stm32n6570-dk" / "src").rglob("*.[ch]"))
    assert "HAL_BSEC_OTP_Read" in text
    for word in ("OTP_Program", "OTP_Lock", "OTP_Write", "WriteShadow", "OTPCR", "WDR"):
        assert word not in text
