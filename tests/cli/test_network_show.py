"""`n6gen network show`, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import n6gen

_KEYS = ["tool", "version", "path", "internal_ram_kib", "external_ram_kib", "flash_kib", "epochs", "spill", "errors"]


@pytest.mark.shared
def test_a_folder_for_a_machine(shared: Path) -> None:
    """Exactly the keys of the contract, in their order; figures as ST's tables have them."""
    folder = shared / "fixtures" / "stedgeai" / "2.1.0-face-recognition-epoch-controller"
    done = n6gen("network", "show", folder, "--json")
    assert done.code == 0
    assert list(done.json) == _KEYS
    assert done.json["epochs"] == {"total": 165, "hw": 53, "hybrid": 0, "sw": 112}
    assert (done.json["tool"], done.json["version"], done.json["path"]) == ("stedgeai", "2.1.0", "npu")
    assert (done.json["internal_ram_kib"], done.json["external_ram_kib"]) == (2452.0, 1568.0)
    assert len(done.json["spill"]) == 1
    assert done.json["errors"] == []


@pytest.mark.shared
def test_unknown_figures_are_null(shared: Path) -> None:
    """A run on the CPU path says how much, never where; a failed one says nothing but its error."""
    root = shared / "fixtures" / "stedgeai"
    cpu = n6gen("network", "show", root / "4.0.0-trap-st-neural-art-E-is-cpu" / "network_c_info.json", "--json").json
    assert cpu["path"] == "cpu"
    assert [cpu[key] for key in _KEYS[3:6]] == [None] * 3
    assert cpu["epochs"] == {"total": None, "hw": None, "hybrid": None, "sw": None}
    assert cpu["errors"][0].startswith("NotNpu")
    failed = n6gen("network", "show", root / "4.0.1-aistudio-failures" / "yolov11x_float32_E103.txt", "--json").json
    assert failed["errors"][0].startswith("E103(CliRuntimeError)")
    assert failed["internal_ram_kib"] is None


@pytest.mark.shared
def test_a_table_for_people(shared: Path) -> None:
    """Memory, pools, epochs that are not pure hardware, and what lies in external RAM."""
    done = n6gen("network", "show", shared / "fixtures" / "stedgeai" / "2.1.0-face-recognition-epoch-controller")
    assert done.code == 0
    for words in (
        "2,452.00 KiB",
        "hyperRAM",
        "0x90000000",
        "PRelu",
        "spill: 1,568.0 KiB of activations",
        "and 92 more",
    ):
        assert words in done.out


def test_what_is_none_of_the_tools_is_refused(tmp_path: Path) -> None:
    """Exit 5, with what would be read."""
    (tmp_path / "notes.txt").write_text("nothing of interest\n")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "gone"):
        done = n6gen("network", "show", path)
        assert done.code == 5
        assert "Things to try" in done.err
