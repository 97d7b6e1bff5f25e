"""What programming needs to know of a board, from its board.toml."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from n6gen.board.facts import Board, board_names, load_board

_DEVELOP = (
    "Set the boot switches to the development position (STM32N6570-DK: both to the right), then unplug the board and "
    "plug it in again."
)


@attrs.frozen
class ProbeFacts:
    """The table [probe] of a board.toml: how its debug probe and its flash are reached."""

    names: tuple[str, ...] = attrs.field(converter=tuple)
    device_id: str
    access_port: int
    loader: str
    sector: int
    chip: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, board: Board) -> ProbeFacts | None:
        """A board's facts; None if it has no debug probe."""
        raw = board.raw.get("probe")
        return cls(**{name: raw[name] for name in attrs.fields_dict(cls)}) if raw else None


def develop(board: Board | None) -> str:
    """The sentence that says how to set the switches to program a board."""
    return str(board.raw.get("boot", {}).get("develop", _DEVELOP)) if board else _DEVELOP


def start(board: Board) -> str | None:
    """The sentence that says how to set the switches so that a board starts what its flash holds; None without any."""
    sentence = board.raw.get("boot", {}).get("start")
    return str(sentence) if sentence else None


def board_called(name: str) -> str | None:
    """n6gen's name of the board that a probe calls `name`, None if n6gen does not know it."""
    for board in map(load_board, board_names()):
        if name in board.raw.get("probe", {}).get("names", ()):
            return board.name
    return None
