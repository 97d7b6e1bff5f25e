"""The walk over a QDQ model: what is quantised where, and what the functions in `operators` may ask about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto

from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.model.quantisation import DEQUANTIZE, QUANTIZE, activation_parameters, constant_behind, is_quantisation
from n6gen.model.view import View, label, op_type

#: ONNX opsets whose operators mean what the importer takes them to mean.
OPSETS = range(13, 24)

#: No tensor may have more elements: indices must fit a signed 32-bit integer everywhere.
_MAX_ELEMENTS = 2**31 - 1

_QUANTISE_HINT = (
    "Quantise it with onnxruntime.quantization.quantize_static(…, quant_format=QuantFormat.QDQ, per_channel=True, "
    "activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)."
)


#: Adds one node's integer form to the import.
ImportOperator: TypeAlias = "Callable[[Importer, NodeProto], None]"


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
        #: Quantised tensors that ONNX holds as [batch, channels].
        self.flat: set[str] = set()
        self._quantised_of: dict[str, str] = {}
        self._names: set[str] = set()

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
        if result in self.flat:
            raise view.error(
                f"output {outputs[0].name!r} has rank 2; it must have rank 4 [batch, classes, height, width]"
            )
        return ir.Graph(source, result, self.tensors, tuple(self.nodes))

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

    def result(self, node: NodeProto, height: int, width: int, channels: int) -> ir.Tensor:
        """Make the tensor of the QuantizeLinear that reads what `node` makes.

        Raises InputError if there is none or it is not the only reader, or if the size is impossible.
        """
        readers = self.view.readers(node.output[0])
        if any(value.name == node.output[0] for value in self.view.graph.output) or not readers:
            raise self.float_node(node, "its result is not quantised")
        for reader in readers:
            if op_type(reader) not in (QUANTIZE, *self.operators):
                raise self.unsupported(reader)
        if len(readers) != 1 or op_type(readers[0]) != QUANTIZE:
            raise self.float_node(node, f"{label(readers[-1])} reads its result before it is quantised")
        scale, zero_point = activation_parameters(self.view, readers[0])
        if min(height, width, channels) < 1 or height * width * channels > _MAX_ELEMENTS:
            raise self.view.error(f"{label(node)} makes a tensor of {height}x{width}x{channels}, which is not possible")
        tensor = ir.Tensor(readers[0].output[0], height, width, channels, scale, zero_point)
        self.tensors[tensor.name] = tensor
        return tensor

    def same_scale(self, node: NodeProto, source: ir.Tensor, target: ir.Tensor) -> None:
        """Check that `node`, which only moves values, does not change their scale; raises InputError."""
        if (source.scale, source.zero_point) != (target.scale, target.zero_point):
            raise self.view.error(
                f"{label(node)} changes scale {source.scale} to {target.scale}, zero point {source.zero_point} to "
                f"{target.zero_point}; it must keep both",
                "Quantise again: onnxruntime's quantizer gives both sides of such a node the same scale.",
            )

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
        scale, zero_point = activation_parameters(self.view, readers[0])
        tensor = ir.Tensor(readers[0].output[0], height, width, channels, scale, zero_point)
        self.tensors[tensor.name] = tensor
        return tensor.name

    def _quantize(self, node: NodeProto) -> None:
        if node.output[0] in self.tensors or (node.input and self.view.is_constant(node.input[0])):
            return
        if node.input and node.input[0] in self._quantised_of:
            raise self.view.error(
                f"{label(node)} quantises {node.input[0]!r} again with no operator between; this is not supported"
            )
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


def input_size(view: View, value: onnx.ValueInfoProto) -> tuple[int, int, int]:
    """Height, width and channels of a graph input.

    Raises InputError unless it is float32 [batch, channels, height, width] with only the batch symbolic, or 1.
    """
    name = value.name
    tensor = value.type.tensor_type
    if tensor.elem_type != TensorProto.FLOAT:
        kind = TensorProto.DataType.Name(tensor.elem_type) if tensor.elem_type in TensorProto.DataType.values() else "?"
        raise view.error(f"input {name!r} is {kind.lower()}; it must be float32, read by a {QUANTIZE}")
    dims = list(tensor.shape.dim)
    if len(dims) != 4:
        raise view.error(f"input {name!r} has rank {len(dims)}; it must have rank 4 [batch, channels, height, width]")
    if dims[0].HasField("dim_value") and dims[0].dim_value != 1:
        raise view.error(f"input {name!r} has a batch of {dims[0].dim_value}; it must be 1 or symbolic")
    sizes = []
    for axis, dim in zip(("channels", "height", "width"), dims[1:], strict=True):
        if not dim.HasField("dim_value"):
            raise view.error(
                f"input {name!r} has a symbolic {axis}" + (f" ({dim.dim_param!r})" if dim.dim_param else ""),
                "Fix it before quantising: onnxruntime.tools.make_dynamic_shape_fixed, or export with a static size.",
            )
        if dim.dim_value < 1:
            raise view.error(f"input {name!r} has the {axis} {dim.dim_value}")
        sizes.append(dim.dim_value)
    if sizes[0] * sizes[1] * sizes[2] > _MAX_ELEMENTS:
        raise view.error(f"input {name!r} is too large ({sizes[1]}x{sizes[2]}x{sizes[0]})")
    return sizes[1], sizes[2], sizes[0]
