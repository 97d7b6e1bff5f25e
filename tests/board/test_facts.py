"""Board facts: one layout, checked."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from n6gen.board import board_names, load_board
from n6gen.board.facts import parse_board
from n6gen.errors import InputError


@pytest.fixture
def raw() -> dict[str, Any]:
    """The virtual board's parsed board.toml."""
    return tomllib.loads((load_board("virtual").folder / "board.toml").read_text())


@pytest.mark.parametrize("name", board_names())
def test_every_shipped_board_is_consistent(name: str) -> None:
    """Each board loads: nothing overlaps, everything lies inside its memory."""
    board = load_board(name)
    assert board.name == name
    assert [p.name for p in board.partitions] == ["fsbl", "app", "weights"]


def test_an_unknown_board_lists_the_known_ones() -> None:
    """A wrong name says which names are right."""
    with pytest.raises(InputError) as caught:
        load_board("nucleo")
    assert "virtual" in caught.value.things_to_try[0]


def test_overlapping_partitions_name_both_owners(raw: dict[str, Any]) -> None:
    """Two partitions on one address are refused, both named."""
    raw["partition"][1]["offset"] = 0x8_0000
    with pytest.raises(InputError, match="fsbl and app overlap"):
        parse_board(raw, Path())


def test_overlapping_regions_name_both_owners(raw: dict[str, Any]) -> None:
    """Two regions on one address are refused, both named."""
    raw["regions"]["camera"]["offset"] = 0x800
    with pytest.raises(InputError, match="mailbox and camera overlap"):
        parse_board(raw, Path())


@pytest.mark.parametrize(("size", "message"), [(0x1000_0000, "does not fit"), (0x10_0001, "not aligned")])
def test_partitions_that_do_not_fit_are_refused(raw: dict[str, Any], size: int, message: str) -> None:
    """A partition leaves neither its memory nor the NOR's block grid."""
    changed = copy.deepcopy(raw)
    changed["partition"][0]["size"] = size
    with pytest.raises(InputError, match=message):
        parse_board(changed, Path())
