"""docs/flashing.md says of every failure what n6gen says."""

from __future__ import annotations

from pathlib import Path

from n6gen.programmer.failures import FAILURES, SYNTHETIC

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flashing.md"


def test_every_failure_is_in_the_table() -> None:
    """By name, cause and exit code; and none that there is not."""
    rows = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.count(" | ") == 4]
    table = {row[0].strip("| "): (row[1], int(row[4].strip("| "))) for row in rows[1:]}
    assert table == {one.name: (one.cause, int(one.error.exit_code)) for one in (*FAILURES, *SYNTHETIC)}


def test_no_way_from_the_product_to_a_stand_in() -> None:
    """What stands in for a tool in tests is nothing that n6gen knows of."""
    for file in (PAGE.parents[1] / "n6gen").rglob("*.py"):
        assert "stand_in" not in file.read_text(encoding="utf-8").lower(), file
