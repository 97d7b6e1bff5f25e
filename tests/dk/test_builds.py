"""`n6gen build` for the STM32N6570-DK without a board: with the vendors' files where they are, and without.

What the stand-in for stedgeai "compiles" is linked against the real runtime and never run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from n6gen.board import load_board
from n6gen.build.vendor_sources import FILE_NAME, vendor_sources
from n6gen.errors import InputError, MissingToolError
from n6gen.image import info, intel_hex, stm32, weights
from n6gen.tools.files import sha256_file
from n6gen.vendor.manifest import load_manifest
from n6gen.vendor.store import Store
from tests.support.cli import Ran, n6gen
from tests.support.journey import tiny_model
from tests.support.vendor import real_store

pytestmark = pytest.mark.arm

BOARD = "stm32n6570-dk"
_STAND_IN = Path(__file__).resolve().parents[1] / "stand_ins" / "stedgeai"
_OLD_CAMERA = {"camera-1.4", "isp-1.1"}
_NEW_CAMERA = {"camera", "isp"}


def _cache(folder: Path, without: set[str]) -> Path:
    """A cache with the real packages but for some, by links; skips where this machine has them not."""
    manifest, real = load_manifest(BOARD), real_store()
    if not (load_board(BOARD).folder / FILE_NAME).is_file():
        pytest.skip(f"there is no {FILE_NAME}: what of the vendors' files is compiled is not known here")
    absent = [p.name for p in manifest.packages if real.record(p) is None]
    if absent:
        pytest.skip(f"not fetched on this machine: {', '.join(absent)} (n6gen vendor fetch)")
    (folder / "vendor").mkdir(parents=True)
    for package in manifest.packages:
        if package.name not in without:
            (folder / "vendor" / package.folder_name).symlink_to(real.home(package))
    return folder


def _bin(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "stedgeai"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_STAND_IN}" "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def st_network() -> Path:
    """ST's own segmentation network, STEdgeAI 2.1."""
    home = real_store().home(load_manifest(BOARD).package("runtime-2.1"))
    return home / "Model" / "STM32N6570-DK"


@pytest.fixture(scope="module")
def aton(tmp_path_factory: pytest.TempPathFactory, st_network: Path) -> tuple[Path, Ran, dict[str, str]]:
    """The app around ST's network, with the old camera middleware; folder, what was said, environment."""
    base = tmp_path_factory.mktemp("a ton")
    env = {"N6GEN_CACHE_DIR": str(_cache(base / "cache", _NEW_CAMERA))}
    ran = n6gen("build", "--network", st_network, "--out", base / "dk", "--json", env=env)
    assert ran.code == 0, ran.err
    return base / "dk", ran, env


@pytest.fixture(scope="module")
def stai(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran, dict[str, str]]:
    """The app around what the stand-in says is a network of STEdgeAI 4.0.0, with the new camera middleware."""
    base = tmp_path_factory.mktemp("stai")
    env = {
        "N6GEN_CACHE_DIR": str(_cache(base / "cache", _OLD_CAMERA)),
        "N6GEN_STEDGEAI": str(_bin(base / "bin") / "stedgeai"),
        "STAND_IN_STEDGEAI": "4.0.0",
    }
    ran = n6gen("build", "--model", tiny_model(base), "--out", base / "dk", "--json", env=env)
    assert ran.code == 0, ran.err
    return base / "dk", ran, env


@pytest.fixture(params=["aton", "stai"])
def built(request: pytest.FixtureRequest) -> Path:
    """Either build's folder."""
    folder: Path = request.getfixturevalue(request.param)[0]
    return folder


@pytest.mark.slow
def test_everything_that_is_flashed_is_there_and_sound(built: Path) -> None:
    """App, loader and weights as .bin, loader and weights as .hex, and one .hex of all; each passes `image check`."""
    for name in ("app.elf", "app_signed.bin", "weights.bin", "weights.hex", "fsbl.hex", "all.hex", "manifest.json"):
        assert (built / name).is_file(), name
    for name in (".", "app_signed.bin", "fsbl.hex", "all.hex", "weights.hex"):
        checked = n6gen("image", "check", built / name)
        assert checked.code == 0, checked.err
    parts = {part.address: part.data for part in intel_hex.read(built / "all.hex")}
    assert parts[0x7010_0000] == (built / "app_signed.bin").read_bytes()
    assert parts[0x7038_0000] == (built / "weights.bin").read_bytes()
    assert sha256_file(built / "fsbl.hex") == load_manifest(BOARD).files["fsbl"].sha256


@pytest.mark.slow
def test_the_app_lies_where_the_loader_wants_it(built: Path) -> None:
    """Vectors at 0x34000400, no segment below, everything inside of the app's regions, ids in place."""
    board = load_board(BOARD)
    with (built / "app.elf").open("rb") as stream:
        elf = ELFFile(stream)
        loads = [s for s in elf.iter_segments("PT_LOAD") if s["p_memsz"]]
        vectors = elf.get_section_by_name(".vectors")
        names = {symbol.name for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
        assert min(segment["p_paddr"] for segment in loads) == vectors["sh_addr"] == 0x3400_0400
        assert len(vectors.data()) == 4 * 211
        stack, reset = (int.from_bytes(vectors.data()[at : at + 4], "little") for at in (0, 4))
        assert stack == board.regions["stack"].end
        assert reset == elf["e_entry"] | 1
    # Fuses are read; nothing that could burn or lock one is there.
    assert "HAL_BSEC_OTP_Read" in names
    assert not {name for name in names if "OTP" in name} - {"HAL_BSEC_OTP_Read", "HAL_BSEC_OTP_Reload"}
    manifest = json.loads((built / "manifest.json").read_text())
    app = info.parse(stm32.payload((built / "app_signed.bin").read_bytes()))
    assert (app.network_id, app.build_id) == (manifest["network_id"], manifest["build_id"])
    assert weights.parse((built / "weights.bin").read_bytes()).network_id == app.network_id


@pytest.mark.slow
def test_our_own_files_are_compiled_with_warnings_as_errors(built: Path) -> None:
    """-Werror for each of ours; the vendors' are compiled where they lie, none was copied into the project."""
    commands = json.loads((built / "project/build/compile_commands.json").read_text())
    own = [c for c in commands if Path(c["file"]).is_relative_to(built / "project")]
    for entry in own:
        generated = "/project/network/" in entry["file"]
        assert "-Werror" in entry["command"]
        assert (" -w " in entry["command"]) is generated, entry["file"]
    assert {Path(c["file"]).name for c in own} >= {"board.c", "camera.c", "display.c", "npu.c", "mcu_cache.c"}
    foreign = [c["file"] for c in commands if c not in own]
    assert foreign
    assert not any("mcu_cache.c" in name for name in foreign)


@pytest.mark.slow
def test_each_interface_of_the_runtime_is_linked(
    aton: tuple[Path, Ran, dict[str, str]], stai: tuple[Path, Ran, dict[str, str]]
) -> None:
    """LL_ATON for 2.1, stai for 4.0; software epochs bring their operators, the others none of ST's libraries."""
    names = []
    for folder, ran, _ in (aton, stai):
        with (folder / "app.elf").open("rb") as stream:
            names.append({symbol.name for symbol in ELFFile(stream).get_section_by_name(".symtab").iter_symbols()})
        assert ran.json["network"]["npu"]["api"] == ("aton" if folder == aton[0] else "stai")
    assert "LL_ATON_RT_RunEpochBlock" in names[0]
    assert "stai_network_run" in names[1]
    assert "forward_lite_resize_bilinear_if32of32" in names[0] or any("forward_lite" in name for name in names[0])
    assert not any("forward_lite" in name for name in names[1])


@pytest.mark.slow
def test_a_second_build_does_nothing(stai: tuple[Path, Ran, dict[str, str]]) -> None:
    """Nor is anything compiled when only the tool's place is given another way."""
    folder, _, env = stai
    ran = n6gen("build", "--model", folder.parent / "tiny0.onnx", "--out", folder, "--json", env=env)
    assert ran.code == 0, ran.err
    assert ran.json["changed"] is False


@pytest.mark.slow
@pytest.mark.parametrize("tensor", ["conv_7:0_q", "concat_25:0_q"])
def test_a_cut_network_is_an_app_without_a_mask(stai: tuple[Path, Ran, dict[str, str]], tensor: str) -> None:
    """Compiled and linked with the vendors' files like any other; its images are sound."""
    folder, whole, env = stai
    out = folder.parent / f"cut {tensor[:6]}"
    words = ("--model", folder.parent / "tiny0.onnx", "--cut", tensor, "--out", out, "--json")
    ran = n6gen("build", *words, env=env)
    assert ran.code == 0, ran.err
    assert (ran.json["network"]["decode"], ran.json["options"]["cut"]) == ("none", tensor)
    assert ran.json["network_id"] != whole.json["network_id"]
    checked = n6gen("image", "check", out)
    assert checked.code == 0, checked.err
    with (out / "app.elf").open("rb") as stream:
        names = {symbol.name for symbol in ELFFile(stream).get_section_by_name(".symtab").iter_symbols()}
    assert "decode_none" in names
    assert not names & {"decode_fine", "decode_rounded", "decode_argmax"}


@pytest.mark.slow
def test_size_tells_the_npus_memory(aton: tuple[Path, Ran, dict[str, str]]) -> None:
    """The pools of ST's network, the camera's buffers in PSRAM, and the picture."""
    ran = n6gen("size", "--build", aton[0], "--svg", aton[0] / "map.svg", "--json")
    assert ran.code == 0, ran.err
    used = {room["name"]: room["used"] for room in ran.json["rooms"]}
    assert used["network_axisram2"] == 1024 * 1024
    assert used["network_axisram5"] == 448 * 1024
    assert 0 < used["app_psram"] < 16 << 20
    assert used["network_psram"] == 0


def test_a_network_that_segments_nothing_is_refused(tmp_path: Path) -> None:
    """ST's face detection has four outputs: refused by shape, before anything is compiled."""
    env = {"N6GEN_CACHE_DIR": str(_cache(tmp_path / "cache", set()))}
    faces = real_store().home(load_manifest(BOARD).package("runtime-4.0")) / "Model" / "STM32N6570-DK"
    ran = n6gen("build", "--network", faces, "--out", tmp_path / "dk", env=env)
    assert ran.code == 5
    assert "4 outputs" in ran.err


def test_a_network_without_its_runtime_stops_before_the_compiler(tmp_path: Path) -> None:
    """STEdgeAI 4.0.1 wants a runtime that nobody has fetched: both sides are named, nothing is built."""
    env = {
        "N6GEN_CACHE_DIR": str(_cache(tmp_path / "cache", set())),
        "N6GEN_STEDGEAI": str(_bin(tmp_path / "bin") / "stedgeai"),
        "STAND_IN_STEDGEAI": "4.0.1",
    }
    ran = n6gen("build", "--model", tiny_model(tmp_path), "--out", tmp_path / "dk", env=env)
    assert ran.code == 5
    assert "1.1.3-275" in ran.err
    assert "1.1.3-262" in ran.err
    assert not (tmp_path / "dk" / "project").exists()
    assert not (tmp_path / "dk" / "manifest.json").exists()


def test_missing_and_incomplete_packages_are_named(tmp_path: Path) -> None:
    """All that are missing at once; a user's own copy that lacks a file by that file."""
    cache = _cache(tmp_path / "cache", {"hal", "bsp"})
    board = load_board(BOARD)
    with pytest.raises(MissingToolError, match="packages hal, bsp are not"):
        vendor_sources(board, None, Store(cache / "vendor"))
    own = tmp_path / "my hal"
    (own / "Inc").mkdir(parents=True)
    (own / "Inc" / "stm32n6xx_hal.h").touch()
    store = Store(real_store().folder, own={"hal": own})
    with pytest.raises(InputError, match=r"hal .* lacks Src/"):
        vendor_sources(board, None, store)


@pytest.mark.parametrize("words", [("--res", "320"), ("--model", "model.onnx")])
def test_with_nothing_installed_it_says_what_is_missing(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 3; stedgeai and what brings it are named, and the board that needs none of it."""
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "STEDGEAI_CORE_DIR": ""}
    ran = n6gen("build", *words, cwd=tmp_path, env=env)
    assert ran.code == 3
    assert "no stedgeai on this machine" in ran.err
    assert "n6gen vendor fetch" in ran.err or FILE_NAME in ran.err
    assert "n6gen build --board virtual" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("words", [("--network", "x"), ("--profile",)])
def test_what_is_for_the_npu_is_refused_for_a_board_without_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    """--network and --profile make no sense for the virtual board."""
    ran = n6gen("build", "--board", "virtual", *words, "--out", tmp_path / "b")
    assert ran.code == 5
    assert words[0] in ran.err


@pytest.mark.parametrize(
    ("mode", "says"),
    [("4.0.0 tool_error", "TOOL ERROR"), ("4.0.0 cpu", "CPU"), ("2.1.0 tool_error", "TOOL ERROR")],
)
def test_a_failure_of_the_tool_becomes_one_of_ours(tmp_path: Path, mode: str, says: str) -> None:
    """Exit 5, what it means, and the log; no manifest is left."""
    env = {
        "N6GEN_CACHE_DIR": str(_cache(tmp_path / "cache", set())),
        "N6GEN_STEDGEAI": str(_bin(tmp_path / "bin") / "stedgeai"),
        "STAND_IN_STEDGEAI": mode,
    }
    ran = n6gen("build", "--model", tiny_model(tmp_path), "--out", tmp_path / "dk", env=env)
    assert ran.code == 5, ran.err
    assert says in ran.err
    assert not (tmp_path / "dk" / "manifest.json").exists()
