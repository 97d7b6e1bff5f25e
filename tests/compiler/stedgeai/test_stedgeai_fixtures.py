"""Every recorded file of stedgeai's is read to the figures it states, or to the error it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from n6gen.compiler.stedgeai.read import read
from n6gen.compiler.stedgeai.report import NetworkReport
from n6gen.errors import InputError
from tests.compiler.stedgeai.expected import BROKEN_POOLS, FIGURES, FOREIGN, KIB, POOLS, PROFILES, Figures
from tests.conftest import shared_dir

pytestmark = pytest.mark.shared

_SHARED = shared_dir()
_ROOT = (_SHARED or Path("none")) / "fixtures" / "stedgeai"
_FILES = sorted(
    path.relative_to(_ROOT).as_posix()
    for path in (_ROOT.rglob("*") if _SHARED else ())
    if path.is_file() and path.parent != _ROOT
)


def _fixture(shared: Path, name: str) -> Path:
    return shared / "fixtures" / "stedgeai" / name


def test_every_file_has_an_expectation(shared: Path) -> None:
    """199 files: figures, descriptions, or foreign ones; and none is expected that is not there."""
    assert len(_FILES) == 199
    described = {name for name in _FILES if name.endswith((".mpool", ".mdesc"))}
    profiles = {name for name in _FILES if name.endswith(".json")} - FIGURES.keys() - FOREIGN
    assert FIGURES.keys() | FOREIGN | described | profiles == set(_FILES)
    assert all("neural" in Path(name).name or "profile" in name or "stock" in name for name in profiles)


@pytest.mark.parametrize("name", [name for name in _FILES if name in FIGURES])
def test_figures(shared: Path, name: str) -> None:
    """Version, path, memory, epochs and errors are those that the file states."""
    report, wanted = read(_fixture(shared, name)), FIGURES[name]
    assert report.tool == "stedgeai"
    assert (report.version, report.path) == (wanted.version, wanted.path)
    assert report.internal_ram_kib == _about(wanted.internal)
    assert report.external_ram_kib == _about(wanted.external)
    assert report.flash_kib == _about(wanted.flash, wanted.flash_slack)
    counts = report.counts
    assert (counts.total, counts.hw, counts.hybrid, counts.sw) == wanted.epochs
    assert report.errors == wanted.errors
    assert bool(report.spill) == bool(wanted.external)


@pytest.mark.parametrize("name", [name for name in _FILES if name in FOREIGN])
def test_foreign_files_are_refused(shared: Path, name: str) -> None:
    """A file of another tool's is named as such, never read as empty figures."""
    with pytest.raises(InputError, match="not a file of stedgeai's"):
        read(_fixture(shared, name))


@pytest.mark.parametrize("name", [name for name in _FILES if name.endswith((".mpool", ".mdesc", ".json"))])
def test_descriptions(shared: Path, name: str) -> None:
    """Pools, profiles and machines are told as what they are; they state no figure of a network."""
    if name in FIGURES or name in FOREIGN:
        return
    report = read(_fixture(shared, name))
    assert report.kind in ("memory pools", "machine description", "profiles")
    assert _unknown(report)
    error = BROKEN_POOLS.get(name)
    assert [text.startswith(error or "") for text in report.errors] == ([True] if error else [])
    if name.endswith(".mpool") and not error:
        stated = json.loads(_fixture(shared, name).read_text())["memory"]["mempools"]
        assert [pool.name for pool in report.pools] == [pool["name"] for pool in stated]


def test_pools_have_their_addresses(shared: Path) -> None:
    """A pool's address and size are read in whatever unit they are written."""
    for name, pools in POOLS.items():
        read_pools = [(pool.name, pool.address, pool.size) for pool in read(_fixture(shared, name)).pools]
        assert read_pools == [(pool, address, size * KIB) for pool, address, size in pools]
    saved = read(_fixture(shared, "3.0.0-mobilenetv2-generate/ws_stm32n6.mpool")).pools
    assert (saved[0].name, saved[0].address, saved[0].size) == ("npuRAM6", 0x34350000, 448 * KIB)


def test_profiles_are_named(shared: Path) -> None:
    """A profile file says which profiles it holds, comments or not."""
    for name, profiles in PROFILES.items():
        assert read(_fixture(shared, name)).notes == (f"profiles: {', '.join(profiles)}",)
    assert "n6-extram" in read(_fixture(shared, "2.2.0-n6-scripts/user_neuralart_bkp.json")).notes[0]


@pytest.mark.parametrize("name", [name for name in _FILES if name in FIGURES])
def test_figures_agree_with_themselves(shared: Path, name: str) -> None:
    """The kinds of epochs add up to their total; the pools add up to the memory."""
    report = read(_fixture(shared, name))
    counts = report.counts
    if counts.total is not None:
        assert None not in (counts.hw, counts.hybrid, counts.sw)
        assert (counts.hw or 0) + (counts.hybrid or 0) + (counts.sw or 0) == counts.total
    if report.internal_ram_kib is not None:
        used = sum(pool.used or 0 for pool in report.pools) / KIB
        parts = (report.internal_ram_kib, report.external_ram_kib, report.flash_kib)
        assert sum(part or 0 for part in parts) == pytest.approx(used, abs=0.005)


@pytest.mark.parametrize("name", [name for name in _FILES if name.endswith("c_info.json")])
def test_c_info_agrees_with_the_tools_own_sums(shared: Path, name: str) -> None:
    """`memory_footprint`, which stedgeai adds, is internal + external RAM and flash, to the byte.

    One 2.0 file counts the application's inputs and outputs as activations too; they lie in no pool.
    """
    footprint = json.loads(_fixture(shared, name).read_text()).get("memory_footprint")
    report = read(_fixture(shared, name))
    if footprint is None or report.path != "npu":
        return
    ram = (report.internal_ram_kib or 0) + (report.external_ram_kib or 0)
    if name.startswith("2.0.0-ssd"):
        ram += sum(footprint["io"]) / KIB
    assert ram == pytest.approx(footprint["activations"] / KIB, abs=0.002)
    assert report.flash_kib == pytest.approx(footprint["weights"] / KIB, abs=0.002)


def test_software_epochs_have_names_and_operators(shared: Path) -> None:
    """Epochs that are not pure hardware say what they compute, in every form of the list."""
    named = {
        "2.0.0-mnist-analyze-cubemx/network_analyze_report.txt": ("epoch_8", "sw", ("Softmax",)),
        "2.0.0-mnist-analyze-cubemx/network_cnn_mnist_quantized.tflite_c_info.json": ("epoch_8", "sw", ("Softmax",)),
        "2.1.0-face-detection-epoch-controller/face_detection_generate_report.txt": ("epoch_77", "hybrid", ()),
        "3.0.0-yolox-epoch-controller-hybrid/network_c_info.json": ("epoch_132", "hybrid", ("DepthToSpace",)),
        "3.0.0-yolox-epoch-controller-hybrid/network_generate_report.txt": ("epoch_114", "hybrid", ("DepthToSpace",)),
        "4.0.1-aistudio-mobilenetv2-full/mobilenet_v2_224.txt": ("epoch_55", "sw", ("GlobalAveragePool(float)",)),
    }
    for name, epoch in named.items():
        report = read(_fixture(shared, name))
        assert epoch in [(found.name, found.kind, found.operators) for found in report.epochs]
        slow = (report.counts.hybrid or 0) + (report.counts.sw or 0)
        assert sum(found.kind != "hw" for found in report.epochs) == slow


def test_blobs_and_application_buffers(shared: Path) -> None:
    """Epoch controller blobs are counted, buffers of the application stay out of the pools."""
    assert read(_fixture(shared, "3.0.0-yolox-epoch-controller-hybrid/network_c_info.json")).counts.blobs == 3
    assert read(_fixture(shared, "4.0.1-aistudio-yolov8n-micro/yolov8n_micro_224.txt")).counts.blobs == 10
    for name in ("network_c_info.json", "network_generate_report.txt"):
        ours = read(_fixture(shared, f"2.0.0-yolov8n-epoch-controller-user-io/{name}"))
        assert ours.application_io == (196608, 13440)


def test_spill_says_what_and_how_much(shared: Path) -> None:
    """Activations in PSRAM are called out with amount, place, traffic and consequence."""
    folder = _fixture(shared, "2.1.0-face-recognition-epoch-controller")
    (sentence,) = read(folder / "face_recognition_c_info.json").spill
    assert sentence.startswith("1,568.0 KiB of activations lie in external RAM (hyperRAM at 0x90000000)")
    assert "reads 1,568 KiB and writes 1,568 KiB" in sentence
    (shorter,) = read(folder / "face_recognition_generate_report.txt").spill
    assert "One inference" not in shorter


#: Published internal RAM of the same network, KiB: ST's tables, then a third party's (reference/*_n6.csv).
_PUBLISHED = {
    "4.0.1-aistudio-mobilenetv2-full/mobilenet_v2_224.txt": 2058.0,  # mobilenetv2_a100_224, 4.0.0
    "2.2.0-blazeface-windows/network_c_info.json": 528.0,  # blazeface_front_128, 4.0.0
    "4.0.0-devcloud-console/conv2d_1x1_report.txt": 140.0,  # thirdparty_n6.csv, 4.0.0
    "2.2.0-cubemx-target-validate-conv2d_32f_7x7/network_generate_report.txt": 1292.0,  # thirdparty_n6.csv, 2.2.0
    "2.2.0-cubemx-target-validate-conv2d_1x1/network_generate_report.txt": 12.03,
    "2.2.0-cubemx-target-validate-depthwise_3x3/network_generate_report.txt": 24.0,
}


def test_internal_ram_is_what_is_published(shared: Path) -> None:
    """The rule by which pools count gives the figures of published tables."""
    for name, kib in _PUBLISHED.items():
        assert read(_fixture(shared, name)).internal_ram_kib == pytest.approx(kib, abs=0.005)


@pytest.mark.parametrize(
    "name", sorted({Path(name).parts[0] for name in _FILES if name in FIGURES and FIGURES[name].flash is not None})
)
def test_a_folder_has_the_best_of_its_files(shared: Path, name: str) -> None:
    """A folder is read to the figures of its c_info, or of its report where a validation overwrote that."""
    report = read(_fixture(shared, name))
    inside: list[Figures] = [FIGURES[file] for file in FIGURES if file.startswith(f"{name}/") and FIGURES[file].flash]
    assert report.kind == "folder"
    assert report.internal_ram_kib in [_about(figures.internal) for figures in inside]
    assert report.counts.total in [figures.epochs[0] for figures in inside]
    assert report.version in {figures.version for figures in inside}


def _about(value: float | None, slack: float = 0.001) -> object:
    return None if value is None else pytest.approx(value, abs=slack)


def _unknown(report: NetworkReport) -> bool:
    figures = (report.internal_ram_kib, report.external_ram_kib, report.flash_kib, report.version)
    return report.path == "unknown" and set(figures) == {None} and report.counts.total is None
