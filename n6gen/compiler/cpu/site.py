"""A layer at its place in the network, and the C constants that its call needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.packed import Packed, PackedParts
from n6gen.model.ir import Tensor

_COLUMNS = 110

#: Designators and values of a struct's members.
Fields: TypeAlias = Sequence[tuple[str, int | str]]


@attrs.frozen
class Constant:
    """A struct of kernels.h."""

    type: str
    name: str
    fields: Fields

    @property
    def lines(self) -> list[str]:
        """The initializer's members in lines of a readable length."""
        lines = [""]
        for name, value in self.fields:
            member = f".{name} = {value},"
            if lines[-1] and len(lines[-1]) + len(member) >= _COLUMNS:
                lines.append("")
            lines[-1] += (" " if lines[-1] else "") + member
        return lines


#: Constants and calls.
Made: TypeAlias = tuple[list[Constant], list[str]]


@attrs.frozen
class Site:
    """One layer at its place in the network."""

    index: int
    inputs: Sequence[Tensor]
    out: Tensor
    packed: Packed | PackedParts | None
    blob: Blob
    offsets: Mapping[str, int]

    def at(self, name: str) -> str:
        """C pointer to a tensor or scratch."""
        return f"arena + {self.offsets[name]}"

    def simple(self, kernel: str, fields: Fields, *, struct: str = "", blob: bool = False) -> Made:
        """A kernel that takes its struct (of another name: `struct`), the weights if `blob`, its inputs, its output."""
        pointers = [*(["blob"] if blob else []), *(self.at(tensor.name) for tensor in (*self.inputs, self.out))]
        call = f"kernel_{kernel}(&layer_{self.index}, {', '.join(pointers)});"
        return [Constant(f"kernel_{struct or kernel}", f"layer_{self.index}", fields)], [call]

    def then_table(self, made: Made, table: bytes | None) -> Made:
        """What a kernel `made`, and the output's bytes through a table behind it if there is one."""
        if table is None:
            return made
        constants, calls = made
        fields: Fields = [("pixels", self.out.size), ("channels", 1), ("table", self.blob.add(table))]
        name, out = f"layer_{self.index}_table", self.at(self.out.name)
        return [*constants, Constant("kernel_map", name, fields)], [*calls, f"kernel_map(&{name}, blob, {out}, {out});"]


#: What one type of operation becomes at a site.
Emitter: TypeAlias = Callable[[Site, Any], Made]


def c_float(value: float | np.float32) -> str:
    """The shortest C literal that is exactly this float32."""
    return str(np.float32(value)) + "f"


def shape_field(name: str, tensor: Tensor) -> tuple[str, str]:
    """A `struct kernel_shape`."""
    return list_field(name, (tensor.height, tensor.width, tensor.channels))


def list_field(name: str, values: Sequence[int]) -> tuple[str, str]:
    """A struct of numbers, in order."""
    return name, "{" + ", ".join(map(str, values)) + "}"


def quantisation_fields(site: Site) -> Fields:
    """Zero points and scales of the one input and the output."""
    named = ("in", site.inputs[0]), ("out", site.out)
    return [
        *((f"{name}_zero_point", tensor.zero_point) for name, tensor in named),
        *((f"{name}_scale", c_float(tensor.scale)) for name, tensor in named),
    ]
