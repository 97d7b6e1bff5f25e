"""The walk over a QDQ model: what is quantised where, and what the functions in `operators` may ask about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.ports import MAX_ELEMENTS, input_size
from n6gen.model.quantisation import DEQUANTIZE, QUANTIZE, activation_parameters, constant_behind, is_quantisation
from n6gen.model.tables import LEVELS, dequantise, quantise
from n6gen.model.view import View, label, op_type

#: ONNX opsets whose operators mean what the importer takes them to mean.
OPSETS = range(13, 24)

_QUANTISE_HINT = (
    "Quantise it with onnxruntime.quantization.quantize_static(…, quant_format=QuantFormat.QDQ, per_channel=True, "
    "activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)."
)


#: Adds one node's integer form to the import.
ImportOperator: TypeAlias = "Callable[[Importer, NodeProto], None]"


@attrs.frozen(eq=False)
class Function:
    """A float tensor that depends on one activation, element by element.

    `values` are the real values for -128 … 127, float32 [1 or channels, 256]. `operators` made them, in this order;
    `exact` tells whether each gives the very float32 that onnxruntime gives. `flat`: ONNX holds it with rank 2.
    """

    source: ir.Tensor
    values: npt.NDArray[np.float32]
    operators: tuple[str, ...] = ()
    exact: bool = True
    flat: bool = False


def supported(operators: Iterable[str]) -> list[str]:
    """All ONNX operators that a model may consist of, given those that become integer nodes."""
    return sorted([*operators, QUANTIZE, DEQUANTIZE, "Constant"])


class Importer:
    """The state of one import; the functions in `operators` use its methods to read their node's surroundings."""

    def __init__(self, view: View, operators: Mapping[str, ImportOperator]) -> None:
        """Start with nothing imported. `operators` has a function for each ONNX operator that may appear."""
        self.view = view
        self.operators = operators
        self.nodes: list[ir.Node] = []
        self.tensors: dict[str, ir.Tensor] = {}
        #: Quantised tensors that ONNX holds as [batch, channels x height x width].
        self.flat: set[str] = set()
        #: Float tensors that are functions of one activation, an activation itself included.
        self.functions: dict[str, Function] = {}
        self._quantised_of: dict[str, str] = {}
        self._names: set[str] = set()

    @property
    def opset(self) -> int:
        """The version of ONNX's operators."""
        return next(int(entry.version) for entry in self.view.proto.opset_import if entry.domain in ("", "ai.onnx"))

    def graph(self) -> ir.Graph:
        """Import the whole model."""
        view = self.view
        self._check_opset()
        self._check_is_qdq()
        inputs, outputs = view.inputs(), list(view.graph.output)
        if len(inputs) != 1 or len(outputs) != 1:
            names = ", ".join(repr(value.name) for value in (outputs if len(inputs) == 1 else inputs))
            kind, count = ("outputs", len(outputs)) if len(inputs) == 1 else ("inputs", len(inputs))
            raise view.error(f"{count} {kind} ({names or 'none'}); one input and one output are supported")
        source = self._input(inputs[0])
        for node in view.needed():
            self._import(node)
        final = view.producer(outputs[0].name)
        result = self._quantised_of.get(outputs[0].name)
        if final is None or result is None:
            raise view.error(
                f"output {outputs[0].name!r} is not the result of a {DEQUANTIZE}; a quantised network ends with one",
                _QUANTISE_HINT,
            )
        return ir.Graph(source, result, self.tensors, tuple(self.nodes), frozenset(self.flat))

    def operand(self, node: NodeProto, index: int, *, flat: bool = False) -> ir.Tensor:
        """The activation that input `index` of `node` reads.

        Raises InputError if it is not int8, or has rank 2 and `flat` is not set.
        """
        name = node.input[index] if index < len(node.input) else ""
        quantised = self._quantised_of.get(name)
        if quantised is None:
            if self.view.is_constant(name) or self._is_constant_behind(name):
                raise self.view.error(f"{label(node)} reads the constant {name!r}; only activations are supported here")
            raise self.float_node(node, f"its input {name!r} is not quantised")
        if quantised in self.flat and not flat:
            raise self.view.error(f"{label(node)} reads {quantised!r} of rank 2; rank 4 is supported")
        return self.tensors[quantised]

    def result(
        self, node: NodeProto, height: int, width: int, channels: int, *, output: int = 0, flat: bool = False
    ) -> ir.Tensor:
        """Make the tensor of the QuantizeLinear that reads output number `output` of `node`.

        Raises InputError if there is none or it is not the only reader, or if the size is impossible.
        """
        made = node.output[output]
        readers = self.view.readers(made)
        if any(value.name == made for value in self.view.graph.output) or not readers:
            raise self.float_node(node, "its result is not quantised")
        for reader in readers:
            if op_type(reader) not in (QUANTIZE, *self.operators):
                raise self.unsupported(reader)
        if len(readers) != 1 or op_type(readers[0]) != QUANTIZE:
            raise self.float_node(node, f"{label(readers[-1])} reads its result before it is quantised")
        if min(height, width, channels) < 1 or height * width * channels > MAX_ELEMENTS:
            raise self.view.error(f"{label(node)} makes a tensor of {height}x{width}x{channels}, which is not possible")
        return self._tensor(readers[0], height, width, channels, flat=flat)

    def same(self, node: NodeProto, source: ir.Tensor, target: ir.Tensor) -> None:
        """Say that `target` holds the values of `source`, at its own scale."""
        name, inputs = self.name(node), (source.name,)
        if (source.scale, source.zero_point) == (target.scale, target.zero_point):
            self.nodes.append(ir.Same(name, inputs, target.name))
        else:
            table = quantise(dequantise(source), target)[None]
            self.nodes.append(ir.Map(name, inputs, target.name, table, (), exact=True))

    def constant(self, node: NodeProto, index: int) -> npt.NDArray[Any] | None:
        """The value of a constant input of `node` (shapes, pads, factors); None where it is left out.

        Raises InputError if it is computed.
        """
        name = node.input[index] if index < len(node.input) else ""
        if not name:
            return None
        value = self.view.constant(name)
        if value is None:
            raise self.view.error(f"{label(node)}: {name!r} must be a constant")
        return value

    def name(self, node: NodeProto) -> str:
        """A name for `node` that no other node has."""
        base = node.name or node.output[0]
        name, count = base, 1
        while name in self._names:
            count += 1
            name = f"{base}#{count}"
        self._names.add(name)
        return name

    def float_node(self, node: NodeProto, why: str) -> InputError:
        """The InputError for a node that computes in float."""
        return self.view.error(f"partly quantised: the first float node is {label(node)}: {why}", _QUANTISE_HINT)

    def unsupported(self, node: NodeProto) -> InputError:
        """The InputError for an operator that has no integer form here."""
        if _is_operator_format(node):
            return self.view.error(f"{label(node)}: quantised in operator format; QDQ is needed", _QUANTISE_HINT)
        what = label(node) + " is"
        if not self._is_inside(node):
            what = f"partly quantised: the first float node is {label(node)}, which is"
        return self.view.error(
            f"{what} not supported; supported: {', '.join(supported(self.operators))}",
            "Export the model without this operator, or fold it into its neighbours before quantising.",
        )

    def _is_inside(self, node: NodeProto) -> bool:
        """Whether what `node` reads and makes is quantised, so that only its operator is the trouble."""
        makers = [self.view.producer(name) for name in node.input if name and not self.view.is_constant(name)]
        readers = [reader for name in node.output for reader in self.view.readers(name)]
        return (
            all(maker is not None and op_type(maker) == DEQUANTIZE for maker in makers)
            and bool(readers)
            and all(op_type(reader) == QUANTIZE for reader in readers)
        )

    def _import(self, node: NodeProto) -> None:
        kind = op_type(node)
        if kind == QUANTIZE:
            self._quantize(node)
        elif kind == DEQUANTIZE:
            self._dequantize(node)
        elif kind in self.operators:
            self.operators[kind](self, node)
        elif kind != "Constant":
            raise self.unsupported(node)

    def _input(self, value: onnx.ValueInfoProto) -> str:
        height, width, channels = input_size(self.view, value)
        readers = self.view.readers(value.name)
        if len(readers) != 1 or op_type(readers[0]) != QUANTIZE:
            reader = next((node for node in readers if op_type(node) != QUANTIZE), None)
            if reader is None:
                raise self.view.error(f"input {value.name!r} must be read by exactly one {QUANTIZE}")
            if op_type(reader) not in self.operators:
                raise self.unsupported(reader)
            raise self.float_node(reader, f"it reads the input {value.name!r} before it is quantised")
        return self._tensor(readers[0], height, width, channels).name

    def _tensor(self, quantize: NodeProto, height: int, width: int, channels: int, *, flat: bool = False) -> ir.Tensor:
        """What `quantize` makes."""
        scale, zero_point = activation_parameters(self.view, quantize)
        tensor = ir.Tensor(quantize.output[0], height, width, channels, scale, zero_point)
        self.tensors[tensor.name] = tensor
        if flat:
            self.flat.add(tensor.name)
        return tensor

    def _quantize(self, node: NodeProto) -> None:
        if node.output[0] in self.tensors or (node.input and self.view.is_constant(node.input[0])):
            return
        function = self.functions.get(node.input[0]) if node.input else None
        if function is not None:
            self._tabulate(node, function)
            return
        raise self.view.error(f"{label(node)} reads {node.input[0] if node.input else ''!r}, which nothing makes")

    def _dequantize(self, node: NodeProto) -> None:
        source = node.input[0] if node.input else ""
        tensor = self.tensors.get(source)
        if tensor is None:
            if not self.view.is_constant(source) and self.view.producer(source) is None:
                raise self.view.error(f"{label(node)} reads {source!r}, which nothing makes")
            return
        scale, zero_point = activation_parameters(self.view, node)
        if (scale, zero_point) != (tensor.scale, tensor.zero_point):
            raise self.view.error(
                f"{label(node)} has scale {scale} and zero point {zero_point}, but {source!r} was quantised with "
                f"{tensor.scale} and {tensor.zero_point}"
            )
        self._quantised_of[node.output[0]] = source
        self.functions[node.output[0]] = Function(tensor, dequantise(tensor)[None], flat=source in self.flat)

    def _tabulate(self, quantize: NodeProto, function: Function) -> None:
        """Add the table that quantising `function` comes to."""
        source = function.source
        out = self._tensor(quantize, source.height, source.width, source.channels, flat=function.flat)
        producer = self.view.producer(quantize.input[0]) if function.operators else None
        name, inputs = self.name(producer or quantize), (source.name,)
        if np.isnan(function.values).any():
            raise self.view.error(f"{name}: {' '.join(function.operators)} of some input is not a number")
        table = quantise(function.values, out)
        if (out.scale, out.zero_point) == (source.scale, source.zero_point) and np.all(table == LEVELS):
            self.nodes.append(ir.Same(name, inputs, out.name))
        else:
            self.nodes.append(ir.Map(name, inputs, out.name, table, function.operators, function.exact))

    def _is_constant_behind(self, name: str) -> bool:
        node = self.view.producer(name)
        return node is not None and op_type(node) == DEQUANTIZE and constant_behind(self.view, node) is not None

    def _check_opset(self) -> None:
        versions = [entry.version for entry in self.view.proto.opset_import if entry.domain in ("", "ai.onnx")]
        if not versions:
            raise self.view.error("declares no opset of ONNX", "Export it again; the file may be damaged.")
        if versions[0] not in OPSETS:
            raise self.view.error(
                f"uses opset {versions[0]}; {OPSETS[0]} to {OPSETS[-1]} are supported",
                "Export it with opset 17, or convert it with onnx.version_converter.",
            )

    def _check_is_qdq(self) -> None:
        nodes = self.view.graph.node
        if any(is_quantisation(node) for node in nodes):
            return
        for node in nodes:
            if _is_operator_format(node):
                raise self.unsupported(node)
        raise self.view.error(f"a float model: it has no {QUANTIZE} or {DEQUANTIZE} node", _QUANTISE_HINT)


def _is_operator_format(node: NodeProto) -> bool:
    """Whether the node computes with integers itself, as ONNX's other way of writing a quantised model has it."""
    return node.op_type.startswith("QLinear") or node.op_type.endswith("Integer")
