"""A network's input as its author meant it: which bytes of a picture become which numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeVar, cast

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.picture import fit, read_image

__all__ = ["InputDeclaration", "InputSpec", "declared_in_metadata", "fit", "read_image", "resolve"]

Order = Literal["rgb", "bgr"]
Triple = tuple[float, float, float]
_T = TypeVar("_T", bound=np.generic)

#: Inputs that networks are trained with, told by the range of the numbers: mean and std on the scale of bytes.
_KNOWN_RANGES = {(-1.0, 1.0): (127.5, 127.5), (0.0, 1.0): (0.0, 255.0), (0.0, 255.0): (0.0, 1.0)}

#: How far an end of the quantised range may be off a known one, as a share of the known one's length.
_RANGE_TOLERANCE = 0.03

_METADATA = {key: f"n6gen.input.{key}" for key in ("mean", "std", "order")}


@attrs.frozen
class InputDeclaration:
    """What somebody says about a network's input; None where nothing is said.

    x = (byte - mean) / std for each channel, in the order of the network's channels. Raises InputError if a number
    cannot be right or only one of mean and std is given.
    """

    mean: Triple | None = None
    std: Triple | None = None
    order: Order | None = None

    def __attrs_post_init__(self) -> None:
        """Check."""
        if (self.mean is None) != (self.std is None):
            given, other = ("std", "mean") if self.mean is None else ("mean", "std")
            raise InputError(f"input declaration: {given} without {other}", "Give both --mean and --std.")
        for key, triple in (("mean", self.mean), ("std", self.std)):
            if triple is not None and (len(triple) != 3 or not all(map(math.isfinite, triple))):
                raise InputError(f"input declaration: {key} {triple} is not three numbers")
        if self.std is not None and min(self.std) <= 0:
            raise InputError(f"input declaration: std {self.std} must be above 0")
        if self.order not in (None, "rgb", "bgr"):
            raise InputError(f"input declaration: order {self.order!r} is neither rgb nor bgr")


@attrs.frozen
class InputSpec:
    """A network's float input [1, 3, height, width] and how bytes become its numbers.

    `mean` and `std` are on the scale of bytes, one for each of the network's channels: x = (byte - mean) / std.
    `source` and `order_source` tell who said so.
    """

    name: str
    height: int
    width: int
    mean: Triple
    std: Triple
    order: Order = "rgb"
    source: str = "declared"
    order_source: str = "declared"

    @property
    def channels(self) -> tuple[int, int, int]:
        """Which of a picture's channels (0 red, 1 green, 2 blue) feeds each channel of the network."""
        return (0, 1, 2) if self.order == "rgb" else (2, 1, 0)

    def levels(self) -> npt.NDArray[np.float32]:
        """The number that each byte becomes, float32 [3, 256], computed in float32 as frameworks do."""
        byte = np.arange(256, dtype=np.float32)
        rows = []
        for mean, std in zip(map(np.float32, self.mean), map(np.float32, self.std), strict=True):
            # [-1, 1] is written byte / 127.5 - 1 wherever networks are trained with it.
            rows.append(byte / std - np.float32(1) if mean == std else (byte - mean) / std)
        return np.stack(rows)

    def table(self, tensor: ir.Tensor) -> npt.NDArray[np.int8]:
        """The quantised number that each byte becomes, int8 [3, 256], as QuantizeLinear does with `levels`."""
        steps: npt.NDArray[np.float32] = np.rint(self.levels() / tensor.scale)
        table: npt.NDArray[np.int8] = np.clip(steps + tensor.zero_point, -128, 127).astype(np.int8)
        return table

    def quantise(self, frame: npt.NDArray[np.uint8], tensor: ir.Tensor) -> npt.NDArray[np.int8]:
        """A frame, uint8 RGB [height, width, 3] of the network's size, as its input, int8 [height, width, 3]."""
        return self._mapped(frame, self.table(tensor))

    def floats(self, frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """A frame, uint8 RGB [height, width, 3], as the float input, float32 [1, 3, height, width]."""
        return np.ascontiguousarray(self._mapped(frame, self.levels()).transpose(2, 0, 1)[None])

    def _mapped(self, frame: npt.NDArray[np.uint8], rows: npt.NDArray[_T]) -> npt.NDArray[_T]:
        if frame.shape != (self.height, self.width, 3) or frame.dtype != np.uint8:
            raise ValueError(f"a frame must be uint8 [{self.height}, {self.width}, 3]")
        return np.stack([row[frame[..., source]] for row, source in zip(rows, self.channels, strict=True)], axis=-1)


def declared_in_metadata(metadata: Mapping[str, str], where: str) -> InputDeclaration:
    """What a model file says about itself. Raises InputError if it cannot be understood."""
    values: dict[str, Triple] = {}
    for key in ("mean", "std"):
        text = metadata.get(_METADATA[key])
        if text is not None:
            try:
                numbers = [float(word) for word in text.strip("[]() ").replace(",", " ").split()]
                values[key] = cast("Triple", tuple(numbers * 3 if len(numbers) == 1 else numbers))
            except ValueError as error:
                raise InputError(f"{where}: metadata {_METADATA[key]} is {text!r}, not three numbers") from error
    order = metadata.get(_METADATA["order"])
    try:
        return InputDeclaration(values.get("mean"), values.get("std"), cast("Order | None", order and order.lower()))
    except InputError as error:
        raise InputError(f"{where}: metadata: {error.message}") from error


def resolve(name: str, tensor: ir.Tensor, said: Mapping[str, InputDeclaration | None], where: str) -> InputSpec:
    """Decide what the input is: the first of `said` (who said it → what) that says something, mean and order apart.

    If nobody does, mean and std are read off the range that `tensor` can hold, and the order is RGB.
    Raises InputError if that range is no known one either.
    """
    order, order_source = next(((d.order, who) for who, d in said.items() if d and d.order), ("rgb", "assumed"))
    for who, declaration in said.items():
        if declaration and declaration.mean and declaration.std:
            mean, std, source = declaration.mean, declaration.std, who
            break
    else:
        (one_mean, one_std), source = _by_range(tensor, where), "quantisation range"
        mean, std = (one_mean,) * 3, (one_std,) * 3
    return InputSpec(name, tensor.height, tensor.width, mean, std, order, source, order_source)


def _by_range(tensor: ir.Tensor, where: str) -> tuple[float, float]:
    low = float(tensor.scale) * (-128 - tensor.zero_point)
    high = float(tensor.scale) * (127 - tensor.zero_point)
    for (known_low, known_high), mapping in _KNOWN_RANGES.items():
        slack = _RANGE_TOLERANCE * (known_high - known_low)
        if abs(low - known_low) <= slack and abs(high - known_high) <= slack:
            return mapping
    raise InputError(
        f"{where}: cannot tell how bytes become the input: its range [{low:.4g}, {high:.4g}] is no known one",
        "Declare it: --mean R G B --std R G B, where x = (byte - mean) / std.",
        f"Or store {_METADATA['mean']} and {_METADATA['std']} in the model's metadata.",
    )
