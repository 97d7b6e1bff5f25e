"""The stedgeai compiler with a stand-in for the tool: every release, every recorded failure, the cache."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from n6gen.board import Board
from n6gen.compiler import Network, NpuInfo, network_id
from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler, take
from n6gen.compiler.stedgeai.read import read
from n6gen.errors import InputError, MissingToolError
from n6gen.model.loader import Model, load
from n6gen.tools.paths import cache_dir
from tests.support.qdq import segmenter

Standing = Callable[[str], Path]
Making = Callable[..., StEdgeAiCompiler]

_RELEASES = {
    "2.0.0": ("aton", "Default", (1, 0, 0, 16), "1000", False),
    "2.1.0": ("aton", "Default", (1, 1, 0, 31), "1010", False),
    "2.2.0": ("aton", "Default", (1, 1, 1, 14), "1020", True),
    "3.0.0": ("stai", "network", (1, 1, 3, 8), "1100", True),
    "4.0.0": ("stai", "network", (1, 1, 3, 262), "1200", True),
    "4.0.1": ("stai", "network", (1, 1, 3, 275), "1201", True),
    "4.1.0": ("stai", "network", (1, 1, 4, 1), None, True),
}


@pytest.mark.parametrize("release", _RELEASES)
def test_a_model_becomes_a_network(
    release: str, stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """Files, input, output, head and what the runtime must be, of every release; it can be loaded again."""
    stand_in(release)
    network = compiler().compile(model, tmp_path / "network")
    api, name, runtime, library, strict = _RELEASES[release]
    assert isinstance(network.npu, NpuInfo)
    assert (network.npu.api, network.npu.name, network.npu.runtime) == (api, name, runtime)
    assert (network.npu.library, network.npu.strict) == (library, strict)
    assert network.npu.weights_address == 0x70380000
    assert network.npu.blobs == 1
    assert network.compiler.version.startswith(release)
    assert network.compiler.kernels == "epoch-controller"
    assert (network.input.height, network.input.width, network.input.channels) == (16, 16, 3)
    assert (network.input.type, network.input.order) == ("int8", "hwc")
    assert network.input.scale == float(model.graph.tensors[model.graph.input].scale)
    assert (network.output.height, network.output.width, network.output.channels) == (4, 4, 2)
    assert network.head is not None
    assert network.mask_size == (16, 16)
    assert network.decode == "fine"
    assert network.macs > 0
    files = {path.name for path in network.folder.iterdir()}
    assert {"network.c", "network_ecblobs.h", "weights.bin", "network.json", "stedgeai.log", "network.mpool"} <= files
    assert ("stai_network.c" in files) == (api == "stai")
    again = Network.load(network.folder)
    assert again == network
    assert network_id(again) == network_id(network)


@pytest.mark.parametrize("release", ["2.0.0", "2.2.0", "4.0.1"])
def test_what_was_made_can_be_shown(
    release: str, stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """`network show` reads the folder that a compilation left: c_info, wherever the release put it, and the report."""
    stand_in(release)
    network = compiler().compile(model, tmp_path / "network")
    report = read(network.folder)
    assert (report.tool, report.version, report.path) == ("stedgeai", release, "npu")
    assert report.flash_kib == pytest.approx(network.weights_bytes / 1024, abs=1e-3)
    assert report.internal_ram_kib == pytest.approx(network.arena_bytes / 1024, abs=1e-3)
    assert report.counts.hybrid == 1
    assert report.errors == ()


@pytest.mark.parametrize(
    ("words", "message", "remedy"),
    [
        ("4.0.1 invalid_model", r"E010\(InvalidModelError\): Non-numerical", "export it again"),
        ("4.0.0 internal_error", "INTERNAL ERROR: Exported ONNX could be malformed", "newer stedgeai"),
        ("4.0.1 tool_error", "TOOL ERROR: list index out of range", "newer stedgeai"),
        ("4.0.1 not_implemented", "NOT IMPLEMENTED: Unkonwn layer format", "not supported"),
        ("4.0.1 unfeasible", r"E700\(UnfeasibleAllocation\).*6405160 bytes are needed", "pool larger"),
        ("4.0.1 too_large", r"E103\(CliRuntimeError\).*too small by \d+ bytes", "pool larger"),
        ("2.2.0 too_large", r"E103\(CliRuntimeError\): Error calling the Neural Art compiler \(the", "pool larger"),
        ("4.0.0 unmapped", "cannot map: Gather_7", "Replace the operator"),
        ("4.0.0 no_shape", "shape of Pad_3", "fixed shapes"),
        ("2.1.0 crash", "crashed with signal 11", "newer stedgeai"),
        ("4.0.0 cpu", "NotNpu: the NPU was asked for", "NAME@FILE"),
        ("2.1.0 cpu", "NotNpu: the NPU was asked for", "NAME@FILE"),
        ("4.0.0 silent", "did not write network.c, the weights .*stai_network.c and .h", "log"),
        ("2.1.0 silent", "did not write network.c", "log"),
        ("4.0.0 no_weights", "did not write the weights", "log"),
        ("2.1.0 no_c_info", "did not write network_c_info.json", "log"),
        ("4.0.0 lost_quantisation", "QuantisationLost: the quantisation was ignored", "quantised"),
        ("4.0.0 float_io", "QuantisationLost: Input_0_out_0, .* came out in float32", "quantised"),
        ("4.0.0 float_weights", "QuantisationLost: .* bytes of weights", "quantised"),
        ("2.1.0 ram_constants", r"constants into RAM \(network_atonbuf.AXISRAM5.raw\)", "flash pool"),
        ("4.0.0 late_status", "ExitStatus: it ended with status 1", "log"),
        ("4.0.0 prompt", "ExitStatus: .*licence", "log"),
    ],
)
def test_every_failure_is_named_with_a_remedy(
    words: str, message: str, remedy: str, stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """Failures of the tool, and successes that are none, become one line and things to try; nothing is left as done."""
    stand_in(words)
    with pytest.raises(InputError, match=message) as caught:
        compiler().compile(model, tmp_path / "network")
    assert remedy in " ".join(caught.value.things_to_try)
    assert not (tmp_path / "network" / "network.json").exists()
    assert (tmp_path / "network" / "stedgeai.log").is_file()
    assert not list((cache_dir() / "stedgeai").glob("*/entry.json"))


def test_a_new_ir_is_refused_by_an_old_release(stand_in: Standing, compiler: Making, tmp_path: Path) -> None:
    """n6gen keeps the model's IR version; the tool's refusal is told with what helps."""
    proto = segmenter()
    proto.ir_version = 10
    onnx.save(proto, tmp_path / "model.onnx")
    model = load(tmp_path / "model.onnx")
    stand_in("2.2.0")
    with pytest.raises(InputError, match="ir_version 10 is higher") as caught:
        compiler().compile(model, tmp_path / "network")
    assert "IR version 9" in caught.value.things_to_try[0]
    stand_in("4.0.1")
    assert compiler().compile(model, tmp_path / "network").npu


def test_a_missing_gcc_of_the_tools_own_is_no_failure(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """The tool's own size estimate needs a compiler; the network does not."""
    stand_in("4.0.1 no_gcc")
    assert compiler().compile(model, tmp_path / "network").npu


def test_a_hanging_tool_is_ended(stand_in: Standing, dk: Board, model: Model, tmp_path: Path) -> None:
    """The time-out ends it, children included, and says what may be the cause."""
    stand_in("4.0.1 hang")
    with pytest.raises(InputError, match="did not end within") as caught:
        StEdgeAiCompiler(dk, timeout=2).compile(model, tmp_path / "network")
    assert "first start" in caught.value.things_to_try[0]


def test_the_same_model_is_compiled_once(stand_in: Standing, compiler: Making, model: Model, tmp_path: Path) -> None:
    """Same model, options and release: no run. Another of them: a run. A damaged entry: a run."""
    stand_in("4.0.1")
    stages: list[str] = []
    made = compiler()
    made = StEdgeAiCompiler(made.board, on_stage=stages.append)
    first = made.compile(model, tmp_path / "a")
    ran = len(stages)
    assert ran
    second = made.compile(model, tmp_path / "b")
    assert len(stages) == ran
    assert (first.folder / "weights.bin").read_bytes() == (second.folder / "weights.bin").read_bytes()
    made.compile(model, tmp_path / "c", keep_head=True)
    assert len(stages) == 2 * ran
    (entry,) = {path.parent for path in (cache_dir() / "stedgeai").glob("*/entry.json")} - _entries_of(tmp_path / "c")
    (entry / "network.c").write_text("damaged")
    made.compile(model, tmp_path / "d")
    assert len(stages) == 3 * ran
    stand_in("4.0.0")
    made.compile(model, tmp_path / "e")
    assert len(stages) == 4 * ran


def _entries_of(network: Path) -> set[Path]:
    blob = (network / "network.c").read_bytes()
    return {path.parent for path in (cache_dir() / "stedgeai").glob("*/network.c") if path.read_bytes() == blob}


def test_files_that_do_not_change_are_left_alone(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """A second compilation into the same folder touches nothing; another release's files go."""
    stand_in("4.0.1")
    out = compiler().compile(model, tmp_path / "network").folder
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    compiler().compile(model, out)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    stand_in("2.1.0")
    compiler().compile(model, out)
    assert not (out / "stai_network.c").exists()


def test_two_at_once_make_one_entry(stand_in: Standing, compiler: Making, model: Model, tmp_path: Path) -> None:
    """Two compilations of one model at a time wait for each other and agree."""
    stand_in("4.0.1")
    stages: list[str] = []
    made = StEdgeAiCompiler(compiler().board, on_stage=stages.append)
    threads = [threading.Thread(target=made.compile, args=(model, tmp_path / name)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("compile for the NPU" in stage for stage in stages) == 1
    assert (tmp_path / "a" / "network.c").read_bytes() == (tmp_path / "b" / "network.c").read_bytes()


def test_the_profile_variant_has_no_epoch_controller(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """Each epoch calls back, the traffic table is there, and the network says which variant it is."""
    stand_in("4.0.1")
    network = compiler(per_epoch=True).compile(model, tmp_path / "network")
    assert network.npu
    assert network.npu.blobs == 0
    assert network.compiler.kernels == "per-epoch"
    assert (network.folder / "network.csv").is_file()
    assert not (network.folder / "network_ecblobs.h").exists()


def test_buffers_of_the_application(stand_in: Standing, compiler: Making, model: Model, tmp_path: Path) -> None:
    """On request input and output lie in no pool: the application provides them."""
    stand_in("2.1.0")
    network = compiler(application_io=True).compile(model, tmp_path / "network")
    assert network.npu
    assert (network.npu.input_address, network.npu.output_address) == (None, None)


def test_the_head_can_be_kept(stand_in: Standing, compiler: Making, model: Model, tmp_path: Path) -> None:
    """With its head the network's output is the mask's size; the decode is argmax."""
    stand_in("4.0.1")
    network = compiler().compile(model, tmp_path / "network", keep_head=True)
    assert network.head is None
    assert network.decode == "argmax"
    assert network.output.height == 16


def test_the_model_given_to_the_tool_keeps_its_versions(stand_in: Standing, compiler: Making, tmp_path: Path) -> None:
    """IR version and opset stay; foreign opset imports that no node uses go."""
    from n6gen.compiler.stedgeai.prepare import prepare

    proto = segmenter()
    proto.ir_version = 8
    proto.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    onnx.save(proto, tmp_path / "model.onnx")
    for keep_head in (True, False):
        prepared = prepare(load(tmp_path / "model.onnx"), keep_head=keep_head)
        given = onnx.load_from_string(prepared.data)
        assert given.ir_version == 8
        assert [entry.domain for entry in given.opset_import] == [""]
        assert given.opset_import[0].version == proto.opset_import[0].version
        assert (prepared.head is None) == keep_head
        assert [node.op_type for node in given.graph.node].count("Resize") == 1 + int(keep_head)


def test_variables_of_make_do_not_reach_the_tool(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make demo` may call n6gen: its MAKEFLAGS would disturb the tool's own builds. No cache key has them either."""
    stand_in("4.0.1")
    monkeypatch.setenv("MAKEFLAGS", "-j8")
    network = compiler().compile(model, tmp_path / "a")
    assert "env -u MAKEFLAGS" in (network.folder / "stedgeai.log").read_text()
    monkeypatch.delenv("MAKEFLAGS")
    stages: list[str] = []
    StEdgeAiCompiler(compiler().board, on_stage=stages.append).compile(model, tmp_path / "b")
    assert stages == []


def test_a_folder_that_is_not_ascii_is_refused_before_the_run(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The NPU compiler cannot read such a path."""
    stand_in("4.0.1")
    monkeypatch.setenv("N6GEN_CACHE_DIR", str(tmp_path / "café"))
    with pytest.raises(InputError, match="not ASCII") as caught:
        compiler().compile(model, tmp_path / "network")
    assert "N6GEN_CACHE_DIR" in caught.value.things_to_try[0]


def test_the_plan_names_the_command_and_runs_nothing(
    stand_in: Standing, compiler: Making, model: Model, tmp_path: Path
) -> None:
    """`--dry-run` prints the command line; afterwards it says that the cache has the network."""
    program = stand_in("4.0.1")
    steps = compiler().plan(model)
    assert any(f"{program} generate --target stm32n6" in step for step in steps)
    assert not list(cache_dir().rglob("*.onnx"))
    compiler().compile(model, tmp_path / "network")
    assert "from the cache" in compiler().plan(model)[0]


def test_a_network_made_elsewhere_is_taken(
    stand_in: Standing, compiler: Making, dk: Board, model: Model, tmp_path: Path
) -> None:
    """`--network DIR`: with its model the head is that model's; without one, the shapes tell the factors."""
    stand_in("2.1.0")
    made = compiler().compile(model, tmp_path / "made")
    source = tmp_path / "elsewhere"
    source.mkdir()
    for name in ("network.c", "network_ecblobs.h"):
        (source / name).write_bytes((made.folder / name).read_bytes())
    (source / "network_data.xSPI2.bin").write_bytes(made.weights_file.read_bytes())
    with_model = take(source, tmp_path / "a", dk, model=model, decode="rounded")
    assert with_model.head == made.head
    assert with_model.decode == "rounded"
    without = take(source, tmp_path / "b", dk, model=None, decode="fine")
    assert without.head
    assert (without.head.factor_height, without.head.classes) == (4, 2)
    assert without.npu
    assert without.npu.core == "2.1.0"
    assert Network.load(tmp_path / "b") == without


def test_another_models_network_is_refused(
    stand_in: Standing, compiler: Making, dk: Board, model: Model, tmp_path: Path
) -> None:
    """A network of another size is not this model's."""
    stand_in("4.0.1")
    made = compiler().compile(model, tmp_path / "made")
    onnx.save(segmenter(height=32, width=32), tmp_path / "other.onnx")
    with pytest.raises(InputError, match="its input is 16x16, the model's 32x32"):
        take(made.folder, tmp_path / "taken", dk, model=load(tmp_path / "other.onnx"), decode="fine")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("offset=0x70380000", "offset=0x71000000", "reads its weights at 0x71000000, stm32n6570-dk keeps them"),
        ("name=npuRAM6 offset=0x34350000", "name=npuRAM6 offset=0x34000000", "does not give the NPU"),
        ("mem_shape[] = { 1, 4, 4, 2 }", "mem_shape[] = { 1, 4, 5, 2 }", "not a map of 2 classes"),
        ("mem_shape[] = { 1, 16, 16, 3 }", "mem_shape[] = { 1, 16, 16, 4 }", "no picture with 3 channels"),
        ("DataType_INT8", "DataType_INT16", "type INT16"),
    ],
)
def test_a_network_that_the_app_cannot_use_is_refused(
    old: str,
    new: str,
    message: str,
    stand_in: Standing,
    compiler: Making,
    dk: Board,
    model: Model,
    tmp_path: Path,
) -> None:
    """Weights elsewhere, memory that is somebody else's, shapes and types that are no segmentation."""
    stand_in("4.0.1")
    made = compiler().compile(model, tmp_path / "made")
    code = made.folder / "network.c"
    code.write_text(code.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        take(made.folder, tmp_path / "taken", dk, model=model, decode="fine")


def test_a_folder_without_a_network_is_refused(dk: Board, tmp_path: Path) -> None:
    """No code, and code without weights."""
    from tests.compiler.stedgeai.written import NETWORK_C_40

    with pytest.raises(InputError, match=r"no network\.c of the NPU"):
        take(tmp_path, tmp_path / "taken", dk, model=None, decode="fine")
    (tmp_path / "network.c").write_text(NETWORK_C_40)
    with pytest.raises(InputError, match="holds no weights"):
        take(tmp_path, tmp_path / "taken", dk, model=None, decode="fine")


def test_pools_come_from_the_boards_file(
    stand_in: Standing, compiler: Making, dk: Board, model: Model, tmp_path: Path
) -> None:
    """One table: the .mpool has the addresses of board.toml, and the flash pool ends before the weights' trailer."""
    stand_in("4.0.1")
    network = compiler().compile(model, tmp_path / "network")
    pools = {pool.name: pool for pool in read(network.folder / "network.mpool").pools}
    assert pools["cpuRAM2"].address == dk.memories["axisram2"].base
    assert pools["npuRAM6"].address == dk.memories["axisram6"].base
    assert pools["hyperRAM"].size == dk.regions["network_psram"].size
    weights, flash = dk.partition("weights"), pools["octoFlash"]
    assert flash.address == weights.address
    assert (flash.address or 0) + (flash.size or 0) <= weights.end - 64
    raw = json.loads((network.folder / "network.mpool").read_text())
    preferred = [p["name"] for p in raw["memory"]["mempools"] if "constants_preferred" in p["prop"]]
    assert preferred == ["octoFlash"]


def test_a_board_without_an_npu_is_refused(stand_in: Standing, model: Model, tmp_path: Path) -> None:
    """The virtual board's networks are the cpu compiler's."""
    from n6gen.board import load_board

    stand_in("4.0.1")
    with pytest.raises(InputError, match="has no NPU"):
        StEdgeAiCompiler(load_board("virtual")).compile(model, tmp_path / "network")


@pytest.mark.shared
def test_the_real_model(shared: Path, stand_in: Standing, compiler: Making, tmp_path: Path) -> None:
    """ST's DeepLab at 320: 20x20 logits of two classes, upsampled 16 times by the decode."""
    stand_in("2.1.0")
    model = load(shared / "models" / "deeplab_v3_mobilenetv2_05_16_320_fft_qdq_int8.onnx")
    network = compiler().compile(model, tmp_path / "network")
    assert (network.output.height, network.output.width, network.output.channels) == (20, 20, 2)
    assert network.mask_size == (320, 320)
    assert network.head
    assert network.head.scale == network.output.scale


def test_the_stand_in_is_out_of_reach_of_the_product() -> None:
    """No file of the package or its data names the stand-in."""
    root = Path(__file__).resolve().parents[3]
    for folder in ("n6gen", "board", "templates"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and path.suffix in (".py", ".toml", ".j2", ".c", ".h"):
                assert "stand_in" not in path.read_text().lower().replace("-", "_"), path


def test_the_stand_in_refuses_what_a_release_does_not_know(stand_in: Standing, tmp_path: Path) -> None:
    """It is a witness only if it says no: unknown options, unknown profiles, options of another release."""
    program = stand_in("2.1.0")
    for words in (["generate", "--json"], ["generate", "--model", "x", "--target", "stm32n6", "--eec"], ["--quiet"]):
        done = subprocess.run([program, *words], capture_output=True, text=True, env=dict(os.environ), check=False)
        assert done.returncode == 255
        assert "E102(CliArgumentError)" in done.stdout


def test_nothing_installed_says_what_was_tried(bare: Path, compiler: Making, model: Model, tmp_path: Path) -> None:
    """Exit 3 with every place, and that the virtual board needs none of it."""
    with pytest.raises(MissingToolError, match="no stedgeai") as caught:
        compiler().compile(model, tmp_path / "network")
    said = " ".join(caught.value.things_to_try)
    for place in ("$STEDGEAI_CORE_DIR", "PATH", "~/ST/STEdgeAI", "X-CUBE-AI", "--board virtual", "--network DIR"):
        assert place in said
