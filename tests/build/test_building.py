"""`n6gen build` on a tiny network, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from n6gen.image import info, stm32, weights
from n6gen.tools.files import sha256_file
from tests.support.cli import n6gen
from tests.support.journey import build, tiny_model

pytestmark = pytest.mark.arm


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build in a folder with a space; the model lies beside it."""
    folder = tmp_path_factory.mktemp("my builds")
    ran = build(tiny_model(folder), folder / "b")
    assert ran.code == 0, ran.err
    return folder / "b"


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(built, tmp_path / "b", copy_function=shutil.copy2)
    return tmp_path / "b"


def test_all_files_are_there_and_are_what_the_manifest_says(built: Path) -> None:
    """The manifest's hashes are those of the files, images included."""
    manifest = json.loads((built / "manifest.json").read_text())
    assert {"app.elf", "app_signed.bin", "fsbl.bin", "weights.bin"} <= set(manifest["files"])
    assert all(sha256_file(built / name) == sha for name, sha in manifest["files"].items())
    for image in manifest["partitions"]:
        assert sha256_file(built / image["file"]) == image["sha256"]
        assert (built / image["file"]).stat().st_size == image["size"]


def test_ids_are_the_same_in_manifest_app_and_weights(built: Path) -> None:
    """The network id lies beside the weights and in the app; the build id in the app."""
    manifest = json.loads((built / "manifest.json").read_text())
    app = info.parse(stm32.payload((built / "app_signed.bin").read_bytes()))
    assert app.network_id == manifest["network_id"]
    assert app.build_id == manifest["build_id"]
    assert weights.parse((built / "weights.bin").read_bytes()).network_id == manifest["network_id"]


def test_a_second_build_does_nothing_and_says_so_at_once(built: Path) -> None:
    """With nothing changed no file is touched, and it takes less than half a second of processor time."""
    before = {file: file.stat().st_mtime_ns for file in built.rglob("*") if file.is_file() and file.name != ".lock"}
    words = ("build", "--board", "virtual", "--model", built.parent / "tiny0.onnx", "--out", built)

    def once() -> float:
        before = os.times()
        ran = n6gen(*words)
        assert "nothing changed" in ran.out
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(once() for _ in range(3)) < 0.5
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize("change", ["file", "option", "manifest"])
def test_a_changed_input_or_output_is_built_again(copy: Path, built: Path, change: str) -> None:
    """A damaged image, another option or a missing manifest is not taken for a finished build."""
    options: list[str] = []
    if change == "file":
        (copy / "weights.bin").write_bytes(b"x")
    elif change == "option":
        options = ["--decode", "rounded"]
    else:
        (copy / "manifest.json").unlink()
    ran = build(built.parent / "tiny0.onnx", copy, *options)
    assert ran.code == 0, ran.err
    assert ran.json["changed"]
    weights.parse((copy / "weights.bin").read_bytes())


def test_the_same_inputs_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """A build in another folder makes the same images."""
    assert build(built.parent / "tiny0.onnx", tmp_path / "other place").code == 0
    for name in ("fsbl.bin", "app_signed.bin", "weights.bin"):
        assert (tmp_path / "other place" / name).read_bytes() == (built / name).read_bytes()


def test_an_app_only_change_leaves_the_weights_alone(built: Path, tmp_path: Path) -> None:
    """Another palette changes the build id, but neither the network id nor one byte of the weights."""
    mine = tmp_path / "mine" / "app" / "core"
    mine.mkdir(parents=True)
    source = Path(__file__).parents[2] / "templates" / "app" / "core" / "palette.c"
    (mine / "palette.c").write_text(source.read_text() + "\n/* mine */\n")
    ran = build(built.parent / "tiny0.onnx", tmp_path / "b", "--templates", tmp_path / "mine")
    assert ran.code == 0, ran.err
    before = json.loads((built / "manifest.json").read_text())
    assert ran.json["network_id"] == before["network_id"]
    assert ran.json["build_id"] != before["build_id"]
    assert (tmp_path / "b" / "weights.bin").read_bytes() == (built / "weights.bin").read_bytes()


def test_a_dry_run_changes_nothing(built: Path, tmp_path: Path) -> None:
    """--dry-run tells the steps and leaves no folder."""
    ran = build(built.parent / "tiny0.onnx", tmp_path / "b", "--dry-run")
    assert ran.code == 0
    assert len(ran.json["steps"]) == 5
    assert not (tmp_path / "b").exists()


def test_an_ejected_project_builds_without_n6gen(copy: Path, built: Path, tmp_path: Path) -> None:
    """--eject leaves a CMake project that makes the same app by itself; a full folder is never overwritten."""
    target = tmp_path / "my app"
    assert build(built.parent / "tiny0.onnx", copy, "--eject", target).code == 0
    tools = Path(sys.executable).parent
    words = [tools / "cmake", "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}", "-S", target]
    words += ["-B", target / "build", f"-DCMAKE_TOOLCHAIN_FILE={target / 'toolchain.cmake'}"]
    subprocess.run(words, check=True, capture_output=True)
    subprocess.run([tools / "cmake", "--build", target / "build"], check=True, capture_output=True)
    payload = stm32.payload((built / "app_signed.bin").read_bytes())
    assert (target / "build" / "app.bin").read_bytes() == payload
    again = build(built.parent / "tiny0.onnx", copy, "--eject", target)
    assert again.code == 5
    assert "not an empty folder" in again.err


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--model", "nowhere.onnx"), 5, "there is no model nowhere.onnx"),
        (("--res", "64"), 5, "--res 64 contradicts the model"),
        (("--board", "nucleo"), 5, "no board called 'nucleo'"),
        (("--compiler", "tvm"), 5, "no compiler 'tvm'"),
        (("--kernels", "simd"), 2, "simd"),
        (("--templates", "nowhere"), 5, "no templates folder"),
    ],
)
def test_wrong_requests_are_refused(
    built: Path, tmp_path: Path, options: tuple[str, ...], code: int, says: str
) -> None:
    """Each wrong option ends in its exit code and a line that names it."""
    model = () if "--model" in options else ("--model", built.parent / "tiny0.onnx")
    board = () if "--board" in options else ("--board", "virtual")
    ran = n6gen("build", *board, *model, "--out", tmp_path / "b", *options)
    assert ran.code == code
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_a_failed_build_leaves_no_manifest(copy: Path, built: Path, tmp_path: Path) -> None:
    """A user's file that does not compile is named with its line, and nobody can flash what is left."""
    mine = tmp_path / "mine" / "app" / "core"
    mine.mkdir(parents=True)
    (mine / "palette.c").write_text("int broken(void) { return }\n")
    ran = build(built.parent / "tiny0.onnx", copy, "--templates", tmp_path / "mine")
    assert ran.code == 5
    assert f"{mine / 'palette.c'}:1" in ran.json["error"]["message"]
    assert n6gen("flash", "--build", copy).code == 5


def test_without_the_compiler_it_says_what_to_install(built: Path, tmp_path: Path) -> None:
    """No arm-none-eabi-gcc: exit 3 and the packages' names."""
    model = built.parent / "tiny0.onnx"
    ran = n6gen("build", "--board", "virtual", "--model", model, "--out", tmp_path, env={"PATH": str(tmp_path)})
    assert ran.code == 3
    assert "gcc-arm-none-eabi" in ran.err


def test_the_real_board_says_what_it_needs(tmp_path: Path) -> None:
    """The default board cannot be built without its vendor's compiler; the error names the way that needs none."""
    ran = n6gen("build", "--res", "320", cwd=tmp_path)
    assert ran.code == 3
    assert "--board virtual" in ran.err
