"""Boards as data: `board/<name>/board.toml`, read, checked for overlap, and asked for addresses."""

from n6gen.board.facts import Board, Memory, Partition, Region, board_names, load_board

__all__ = ["Board", "Memory", "Partition", "Region", "board_names", "load_board"]
