"""QDQ ONNX to the integer graph: every float operator between DequantizeLinear and QuantizeLinear becomes one node."""

from __future__ import annotations

import onnx

from n6gen.model import ir
from n6gen.model.importer import Importer, supported
from n6gen.model.normalise import normalise
from n6gen.model.operators import OPERATORS
from n6gen.model.view import View


def import_qdq(proto: onnx.ModelProto, where: str = "model") -> ir.Graph:
    """Read the integer graph that `proto` means.

    `where` (a file name) begins every message. The graph is that of the model's `normalise` form, whose tensors it
    names. Raises InputError if the model is not a fully quantised int8 graph of supported operators.
    """
    return Importer(View(normalise(proto, where), where), OPERATORS).graph()


def supported_operators() -> list[str]:
    """The ONNX operators that a model may consist of, sorted."""
    return supported(OPERATORS)
