"""The model zoo's rows: complete, queryable, checked for sense."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from n6gen.board import load_board
from n6gen.zoo import broken_bounds, rows, seed_row, seed_rows, select
from n6gen.zoo.rows import bound_facts
from tests.support.cli import n6gen


def test_every_row_is_a_measurement() -> None:
    """154 rows with a time; memory where it was published."""
    assert len(rows()) == 154
    assert all(row.ms > 0 for row in rows())
    unknown = [row.model for row in rows() if None in (row.internal_kib, row.external_kib, row.flash_kib)]
    assert unknown == ["sqnxt23v5_x100_pt_224"]
    assert all(row.source.endswith("/README.md") for row in rows())


@pytest.mark.shared
def test_rows_are_the_reference_rows(shared: Path) -> None:
    """Figure by figure what the table of facts has."""
    with (shared / "reference" / "modelzoo_n6.csv").open(newline="") as file:
        facts = list(csv.DictReader(file))
    assert len(facts) == len(rows())
    for fact, row in zip(facts, rows(), strict=True):
        assert (fact["task"], fact["model"], fact["resolution"]) == (row.task, row.model, row.resolution)
        assert (fact["quant"], fact["stedgeai_version"]) == (row.quantisation, row.stedgeai)
        figures = (row.internal_kib, row.external_kib, row.flash_kib, row.ms)
        published = [fact[name] for name in ("int_ram_kib", "ext_ram_kib", "flash_kib", "inference_ms")]
        assert tuple(float(text) if text else None for text in published) == figures
        path, _, commit = fact["source_path"].partition("@")
        repository = "https://github.com/STMicroelectronics/stm32ai-modelzoo"
        assert row.source == path.replace("STMicroelectronics/stm32ai-modelzoo", f"{repository}/blob/{commit}")


def test_rows_beyond_the_hardware_are_found_and_no_others() -> None:
    """Three known ones: more flash bandwidth than there is, more on-chip memory than there is, a copied figure."""
    found = {row.model: [b.name for b in broken_bounds(row)] for row in rows() if broken_bounds(row)}
    assert found == {
        "facelandmarksv1_192": ["flash-stream"],
        "st_yoloxn_d100_w025_480": ["on-chip-pool"],
        "st_yolodv2tiny_actrelu_pt_coco_640": ["time-is-memory"],
    }
    (face,) = (row for row in rows() if row.model == "facelandmarksv1_192")
    assert broken_bounds(face)[0].found == "607 MB/s"


def test_the_pool_is_the_boards() -> None:
    """The bound on on-chip memory is what board.toml says of AXISRAM2 to 6."""
    memories = load_board("stm32n6570-dk").memories
    kib = sum(memories[f"axisram{i}"].size for i in range(2, 7)) / 1024
    assert [fact["limit"] for fact in bound_facts() if fact["name"] == "on-chip-pool"] == [kib]


def test_selections() -> None:
    """Each filter takes away what it should; a row without figures does not fit on chip."""
    fitting = select(fits_onchip=True)
    assert all(row.external_kib == 0 for row in fitting)
    assert "sqnxt23v5_x100_pt_224" not in {row.model for row in fitting}
    fast = select(fps=20.0)
    assert all(row.ms <= 50 for row in fast)
    assert select(fits_onchip=True, fps=20.0) == [row for row in fitting if row in fast] != fitting
    assert {row.task for row in select(task="semantic_segmentation")} == {"semantic_segmentation"}
    assert select(name="DEEPLAB") == select(task="semantic_segmentation")


def test_the_seed_rows_are_the_default_network() -> None:
    """256, 320 and 416 pixels, in two generations, found by the model file's name."""
    assert sorted((row.resolution, row.stedgeai) for row in seed_rows()) == [
        (f"{side}x{side}x3", version) for side in (256, 320, 416) for version in ("2.0.0", "4.0.0")
    ]
    row = seed_row("st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8")
    assert row is not None
    assert (row.ms, row.internal_kib, row.external_kib, row.flash_kib) == (40.86, 2421, 0, 893.3)
    assert round(row.fps, 2) == 24.47
    assert seed_row("mine") is None


def test_ls_on_the_command_line() -> None:
    """Filters, JSON with source and bounds, and the marks people see."""
    ran = n6gen("zoo", "ls", "--fits-onchip", "--fps", "20", "--json")
    assert ran.code == 0
    listed = ran.json["rows"]
    assert all(row["fits_onchip"] and row["inferences_per_second"] >= 20 for row in listed)
    assert [row["ms"] for row in listed] == sorted(row["ms"] for row in listed)
    assert ran.json["conditions"]["clocks"] == "not published"
    assert {row["model"] for row in listed if row["bounds"]} == {"facelandmarksv1_192", "st_yoloxn_d100_w025_480"}
    shown = n6gen("zoo", "ls", "--name", "facelandmarksv1_192")
    assert "607 MB/s" in shown.out
    assert "400 MB/s at most" in shown.out
    assert "Clocks: not published. Measured: the whole model as it is, its last Resize included" in shown.out
    seed = n6gen("zoo", "ls", "--seed", "--json").json["rows"]
    assert len(seed) == 6


def test_a_task_that_is_not_there_is_refused() -> None:
    """With those that are."""
    ran = n6gen("zoo", "ls", "--task", "poetry")
    assert ran.code == 5
    assert "semantic_segmentation" in ran.err
