"""The operators of templates/kernels/operators.h: one C file each in templates/kernels/ref, the same in all sets."""

from __future__ import annotations

#: Names of the files, without folder and ending.
OPERATORS = ("binary", "interpolate", "map", "pick", "pool", "transposed")
