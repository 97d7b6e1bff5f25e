"""Figures that others published for networks on an NPU, as a catalogue: `models/zoo/`, read and checked for sense."""

from n6gen.zoo.bounds import Bound, broken_bounds
from n6gen.zoo.rows import Row, conditions, rows, seed_row, seed_rows, select

__all__ = ["Bound", "Row", "broken_bounds", "conditions", "rows", "seed_row", "seed_rows", "select"]
