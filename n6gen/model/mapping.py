"""How a camera's bytes reach the network: `exact`, as the model's author meant it, or `raw`, at no cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from n6gen.model import ir
from n6gen.model.input import InputSpec


def byte_table(spec: InputSpec, tensor: ir.Tensor, mapping: str) -> npt.NDArray[np.int8]:
    """The int8 that each byte becomes, [3, 256], one row for each of the network's channels.

    `exact` quantises (byte - mean) / std; `raw` only shifts the byte to int8, which is a slightly different scale.
    """
    if mapping == "exact":
        return spec.table(tensor)
    return np.tile((np.arange(256) - 128).astype(np.int8), (3, 1))
