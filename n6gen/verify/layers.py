"""The layers of a network and what the model says that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from n6gen.compiler.network import LayerInfo, Network
from n6gen.errors import NotComparableError
from n6gen.model.ir import Tensor
from n6gen.verify.difference import Int8

_HINT = "Build again: the folder holds another model's network, or one of another version of n6gen."


def visible(network: Network) -> bool:
    """Whether a board can show what is between input and output."""
    return bool(network.layers) and network.npu is None


def expected(layer: LayerInfo, tensors: Mapping[str, Int8]) -> Int8:
    """What `layer` must make, of all the model's tensors by name.

    Raises NotComparableError if the model has no such tensor, or one of another shape.
    """
    whole = tensors.get(layer.tensor or "")
    if whole is None:
        raise NotComparableError(f"{layer.name}: the model has no tensor {layer.tensor}", _HINT)
    if layer.left_out is not None:
        whole = np.delete(whole, slice(*layer.left_out), axis=2)
    if whole.shape != (layer.height, layer.width, layer.channels):
        raise NotComparableError(f"{layer.name}: {layer.tensor} has another shape in the model", _HINT)
    return np.ascontiguousarray(whole)


def check_output(network: Network, output: Tensor) -> None:
    """Raise NotComparableError unless the network's output is the model's, with the same quantisation."""
    made = network.output
    same_scale = np.float32(made.scale) == output.scale
    zero_point = made.zero_point - (128 if made.type == "uint8" else 0)
    if made.type == "float32" or (made.height, made.width, made.channels) != output.shape:
        said = f"{made.height}x{made.width}x{made.channels} {made.type}"
        raise NotComparableError(f"the network's output is {said}, the model's {output.words} int8", _HINT)
    if not same_scale or zero_point != output.zero_point:
        raise NotComparableError("the network's output has another scale or zero point than the model's", _HINT)


def roots(layers: Sequence[LayerInfo], differing: Sequence[int]) -> list[int]:
    """Of the layers that differ, those all of whose inputs are right: the defect lies there, not before them."""
    wrong = set(differing)
    return [index for index in differing if not wrong.intersection(layers[index].inputs)]
