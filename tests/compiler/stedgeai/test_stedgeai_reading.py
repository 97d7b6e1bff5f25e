"""Readers on texts of our own: forms that the recorded files do not show, damage, and other people's files."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.compiler.stedgeai import version
from n6gen.compiler.stedgeai.blobs import read_ecblobs
from n6gen.compiler.stedgeai.console import is_console, read_console
from n6gen.compiler.stedgeai.descriptions import read_mpool, read_profiles
from n6gen.compiler.stedgeai.failures import failures_in
from n6gen.compiler.stedgeai.network_c import is_network_c, read_network_c, report_of
from n6gen.compiler.stedgeai.read import read, read_file
from n6gen.compiler.stedgeai.report import EpochCounts, Pool, place_of
from n6gen.errors import InputError
from tests.compiler.stedgeai.written import NETWORK_C_21, NETWORK_C_40


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ST Edge AI Core v2.0.0-20049", "2.0.0-20049"),
        ("ST Edge AI Core v2.0.0-A1", "2.0.0-A1"),
        ("ST Edge AI Core v4.0.1-20581 7ed50de05", "4.0.1-20581 7ed50de05"),
        ("2026-06-16 21:30:05,481 [INFO] CmdLine:76 - ST Edge AI Core v2.2.0-20266 2adc00962", "2.2.0-20266 2adc00962"),
        (">>> ST Neural-ART options: --OsST Edge AI Core v2.2.0-20266 2adc00962", "2.2.0-20266 2adc00962"),
        ("ST Edge AI Core v4.1.0-20700 0123456ab", "4.1.0-20700 0123456ab"),
    ],
)
def test_versions_are_found_anywhere_in_a_line(line: str, text: str) -> None:
    """Loggers and the Dev Cloud put text in front of the title, without a newline."""
    found = version.in_line(line)
    assert str(found) == text
    assert found == version.parse(text)


def test_versions_order_by_number_alone() -> None:
    """The build number does not count."""
    old, new = version.parse("2.2.0-20266 2adc00962"), version.parse("4.0.0-20500")
    assert old
    assert new
    assert old < new
    assert version.parse("no version") is None


def test_every_release_names_its_runtime() -> None:
    """The six runtimes that were seen, by their four numbers."""
    named = {runtime.ll_aton: runtime.core for runtime in version.RUNTIMES}
    assert named[(1, 1, 3, 262)] == "4.0.0"
    assert named[(1, 1, 3, 275)] == "4.0.1"
    assert version.runtime_for((9, 9, 9, 9)) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (0x34000000, "internal"),
        (0x343FFFFF, "internal"),
        (0x34400000, "unknown"),
        (0x24100000, "internal"),
        (0x70000000, "flash"),
        (0x90000000, "external"),
        (0x00000000, "unknown"),
        (None, "unknown"),
    ],
)
def test_memory_counts_by_address(address: int | None, place: str) -> None:
    """A pool's name is free text; its address is not."""
    assert place_of(address) == place
    assert Pool("octoFlash", address, 1, 1).place == place


def test_a_validation_does_not_replace_the_figures(tmp_path: Path) -> None:
    """`validate` prints the memory of the CPU path, under the NPU's name."""
    log = tmp_path / "log.txt"
    log.write_text(_GENERATED + _VALIDATED)
    report = read(log)
    assert (report.internal_ram_kib, report.flash_kib) == (12.0, 1.0)
    assert report.errors == ("LOAD ERROR: STM32 - read timeout 50094.0ms/50000ms",)


def test_errors_of_an_earlier_run_are_over_when_a_later_one_ends_well() -> None:
    """A log of several runs is told by its last compilation."""
    failed = "ST Edge AI Core v4.0.0-20500 359356bb0\nINTERNAL ERROR: something\n"
    assert read_console(failed + _GENERATED).errors == ()
    assert read_console(_GENERATED + failed).errors == ("INTERNAL ERROR: something",)
    assert read_console(_GENERATED + failed).internal_ram_kib is None


def test_a_progress_bar_does_not_hide_an_error() -> None:
    """The bar's carriage return and its blanks may stand on the very line of an error."""
    text = "PASS:  92%|#########1| 91/99 [00:02<00:00, 39.10it/s]\r      \rE102(CliArgumentError): bad --option\n"
    assert [str(failure) for failure in failures_in(_lines(text))] == ["E102(CliArgumentError): bad --option"]
    glued = "PASS:   0%|          | 0/103 [00:00<?, ?it/s]TOOL ERROR: list index out of range\n"
    assert [failure.name for failure in failures_in(_lines(glued))] == ["TOOL ERROR"]


@pytest.mark.parametrize(
    ("inside", "cause"),
    [
        (
            "total bytes left unallocated=10\ntotal bytes left unallocated=7",
            "the memory pools are too small by 7 bytes",
        ),
        ("Error: memory pool JSON ERROR:", "the .mpool file is not strict JSON"),
        ("Node Gather_7 not mapped", "an operator that the NPU compiler cannot map: Gather_7"),
        ("missing shape or size for value=Pad_3", "the shape of Pad_3 cannot be inferred"),
        ("Internal compiler error (signo=11)", "the NPU compiler crashed with signal 11"),
        ("wstring_convert::from_bytes", "a path with characters other than ASCII"),
    ],
)
def test_causes_inside_of_the_compilers_output(inside: str, cause: str) -> None:
    """The line of E103 says nothing; what is above it does."""
    text = (
        f"      >>> Shell execution has FAILED (returned code = 1)\n{inside}\n<<<\nE103(CliRuntimeError): Error calling"
    )
    (failure,) = failures_in(_lines(text))
    assert failure.cause == cause
    assert failure.remedies


def test_lost_quantisation_is_an_error_although_the_tool_ends_well() -> None:
    """The tool warns, goes on in float and exits with 0."""
    text = 'WARNING: invalid value "BOOL" for tensor x. Ignore Quantization JSON file\n' + _GENERATED
    assert any(failure.name == "QuantisationLost" for failure in failures_in(_lines(text)))


def test_a_failed_size_estimate_is_no_failure() -> None:
    """The tool compiles its runtime to tell its size; without a compiler it goes on without that size."""
    text = _GENERATED.replace(
        "Memory usage",
        "   >>> Shell execution has FAILED (returned code = 1)\n   $ arm-none-eabi-gcc -mthumb\n   <<<\nMemory usage",
    )
    report = read_console(text)
    assert report.errors == ()
    assert "size estimate" in report.notes[0]


def test_network_c_of_2_1() -> None:
    """Rule, name, pools, epochs with operators, input and output, of the form before 3.0."""
    assert is_network_c(NETWORK_C_21)
    network = read_network_c(NETWORK_C_21)
    assert (network.name, network.runtime, network.strict) == ("Default", (1, 1, 0, 31), False)
    assert network.core
    assert network.core.number == "2.1.0"
    assert network.counts == EpochCounts(total=5, hw=3, hybrid=1, sw=1, blobs=1)
    assert [(epoch.name, epoch.kind, epoch.operators) for epoch in network.epochs] == [
        ("epochs 1 -> 3", "hw", ()),
        ("epoch_4", "sw", ("Resize",)),
        ("epoch_5", "hybrid", ("DepthToSpace",)),
    ]
    (tensor,) = network.inputs
    assert (tensor.address, tensor.size, tensor.shape, tensor.type) == (0x342E0000, 3072, (1, 32, 32, 3), "uint8")
    assert (tensor.scale, tensor.zero_point) == (0.00777685595676303, 128)
    assert [(out.address, out.shape, out.type, out.scale) for out in network.outputs] == [
        (None, (1, 8, 8, 2), "float32", None)
    ]
    report = report_of(network)
    # 959.74 KB of flash are written; the end of the weights tells them to the byte.
    assert (report.internal_ram_kib, report.external_ram_kib, report.flash_kib) == (
        1076.0,
        0.0,
        pytest.approx(982769 / 1024, abs=1e-3),
    )
    assert report.application_io == (0, 512)


def test_network_c_of_4_0_leaves_open_what_it_does_not_say() -> None:
    """From 3.0 on, numbers inside of a blob count bookkeeping too: how many epochs are real is not in the file."""
    network = read_network_c(NETWORK_C_40)
    assert (network.name, network.strict, network.branch) == ("network", True, "4.0")
    assert network.counts == EpochCounts(total=None, hw=None, hybrid=1, sw=0, blobs=1)
    assert report_of(network).as_json()["epochs"] == {"total": None, "hw": None, "hybrid": 1, "sw": 0}


def test_an_unknown_runtime_is_named_by_its_branch() -> None:
    """A release that was never seen is read, and called what it calls itself."""
    network = read_network_c(NETWORK_C_40.replace("DEV != 262", "DEV != 999").replace("STAI-4.0", "STAI-4.1"))
    assert network.core is None
    assert report_of(network).version == "4.1"


def test_blobs_have_names_and_sizes() -> None:
    """Both forms: with and without a length."""
    without = "static const uint64_t _ec_blob_1 [] =\n{\n  0x01UL, 0x02UL,\n};\n"
    text = without + "static const uint64_t _ec_blob_n_8[1] =\n{ 0x0UL };"
    assert [(blob.name, blob.size) for blob in read_ecblobs(text)] == [("_ec_blob_1", 16), ("_ec_blob_n_8", 8)]


def test_pools_that_are_not_ascii_are_an_error() -> None:
    """The NPU compiler cannot read them."""
    pools = {"memory": {"mempools": [{"name": "é", "offset": _AT_ZERO, "size": _AT_ZERO}]}}
    assert read_mpool(json.dumps(pools, ensure_ascii=False)).errors[0].startswith("MpoolNotAscii")
    assert read_mpool('{"memory": {}}').errors[0].startswith("MpoolIncomplete")


def test_a_slash_inside_a_string_is_no_comment() -> None:
    """Profiles may hold addresses of web pages."""
    report = read_profiles('{"Profiles": {"a//b": {}} // two slashes\n}')
    assert report
    assert report.notes == ("profiles: a//b",)
    assert read_profiles("[]") is None


def test_a_damaged_c_info_is_told_with_its_folder(tmp_path: Path) -> None:
    """The figures come from the report beside it; that the c_info is cut off is said."""
    (tmp_path / "network_c_info.json").write_text('{"json_schema_version": "2.0", "environment": {')
    with pytest.raises(InputError, match="not JSON"):
        read(tmp_path / "network_c_info.json")
    with pytest.raises(InputError, match="nothing of stedgeai's"):
        read(tmp_path)
    (tmp_path / "network_generate_report.txt").write_text(_GENERATED)
    report = read(tmp_path)
    assert report.internal_ram_kib == 12.0
    assert report.errors[0].startswith("DamagedFile: ")


def test_files_of_two_releases_in_one_folder_are_told(tmp_path: Path) -> None:
    """The workspace keeps files of older runs."""
    (tmp_path / "network_generate_report.txt").write_text("Created date : x\n" + _GENERATED)
    (tmp_path / "network.c").write_text(NETWORK_C_21)
    assert read(tmp_path).errors == ("StaleFiles: files of several releases lie in one folder (2.1.0, 4.0.0)",)


def test_a_network_of_our_own_cpu_compiler_is_told(tmp_path: Path) -> None:
    """`n6gen network show build/network` of a virtual board."""
    compiler = {"name": "cpu", "version": "1", "kernels": "c"}
    (tmp_path / "network.json").write_text(json.dumps({"compiler": compiler, "arena_bytes": 1, "weights_bytes": 1}))
    report = read(tmp_path)
    assert (report.tool, report.version, report.path) == ("cpu", "1", "cpu")


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """No such file, an empty folder, an empty file."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError):
            read(path)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InputError):
        read(tmp_path / "empty.txt")


@given(st.binary(max_size=300), st.sampled_from([".json", ".mpool", ".txt", ".c", ".ini", ".csv"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str) -> None:
    """No file makes a reader fail in any other way than with an InputError."""
    path = tmp_path_factory.mktemp("any") / f"file{ending}"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        read_file(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["environment", "graphs", "memory_pools", "buffers", "memory"]), _JSON))
def test_any_c_info_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]) -> None:
    """A c_info that breaks its schema anywhere is refused in words."""
    path = tmp_path_factory.mktemp("any") / "c_info.json"
    path.write_text(json.dumps({"json_schema_version": "2.0", "environment": None, **value}))
    with contextlib.suppress(InputError):
        read_file(path)


@given(st.text(max_size=200))
def test_any_text_is_some_console_or_none(text: str) -> None:
    """The console's reader takes any text."""
    is_console(text)
    assert read_console(text).kind


def _lines(text: str) -> list[str]:
    from n6gen.compiler.stedgeai.lines import clean_lines

    return clean_lines(text)


_AT_ZERO = {"value": "0", "magnitude": "BYTES"}
_POOL = "({:6.2f} % used) -- weights: {:>10} ( 0.00 % used)  activations: {:>10} ( 0.00 % used)"
_GENERATED = f"""ST Edge AI Core v4.0.0-20500 359356bb0
 >>>> EXECUTING NEURAL ART COMPILER
 <<<< DONE EXECUTING NEURAL ART COMPILER
 Exec/report summary (generate)
 target/series      :   stm32n6npu
Memory usage information
\tnpuRAM5    [0x342E0000 - 0x34350000]:     12.000 kB /    448.000 kB  {_POOL.format(2.68, "0  B", "12.000 kB")}
\toctoFlash  [0x71000000 - 0x78000000]:   1024  B     /    112.000 MB  {_POOL.format(0.0, "1024  B", "0  B")}
elapsed time (GENERATE): 3.999s
"""
_VALIDATED = """C:/ST/STEdgeAI/4.0/Utilities/windows/stedgeai.exe validate --mode target
 Exec/report summary (validate)
 target/series      :   stm32n6npu
 weights (ro)       :   9,999 B (9.76 KiB) (1 segment)
 activations (rw)   :   99,999 B (97.66 KiB) (1 segment) *
LOAD ERROR: STM32 - read timeout 50094.0ms/50000ms
"""
