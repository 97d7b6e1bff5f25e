"""A read-only view of an ONNX graph: who makes and who reads a tensor, constants as arrays, attributes as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, numpy_helper

from n6gen.errors import InputError

#: What reading a damaged tensor or attribute can raise.
_DAMAGED = (ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError, RuntimeError)


def op_type(node: NodeProto) -> str:
    """The node's operator, with its domain unless that is ONNX's own: ``Conv``, ``com.microsoft.QLinearAdd``."""
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def label(node: NodeProto) -> str:
    """How messages call a node: its name, else what it makes, and its operator."""
    return f"node {node.name or (node.output[0] if node.output else '?')!r} ({op_type(node)})"


class View:
    """A model's graph, indexed. `where` (a file name) begins every message.

    Raises InputError from any method if the graph breaks a rule that ONNX itself sets.
    """

    def __init__(self, proto: onnx.ModelProto, where: str) -> None:
        """Index `proto`; it is not changed and must not change while the view is used."""
        self.proto = proto
        self.graph = proto.graph
        self.where = where
        self._check_text()
        self._initializers = {tensor.name: tensor for tensor in self.graph.initializer}
        self._producers: dict[str, NodeProto] = {}
        self._readers: dict[str, list[NodeProto]] = {}
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        for node in self.graph.node:
            for name in filter(None, node.output):
                if name in self._producers:
                    raise self.error(f"tensor {name!r} is made by two nodes")
                self._producers[name] = node
        for node in self.needed():
            for name in filter(None, node.input):
                self._readers.setdefault(name, []).append(node)

    def error(self, text: str, *things_to_try: str) -> InputError:
        """An InputError whose line begins with the file's name; it stays one line whatever the model's names are."""
        return InputError(f"{self.where}: {' '.join(text.split())}", *things_to_try)

    def _check_text(self) -> None:
        # Protobuf hands out a text that is none as bytes.
        graph = self.graph
        words: list[object] = [entry.domain for entry in self.proto.opset_import]
        words += [value.name for named in (graph.initializer, graph.input, graph.output) for value in named]
        words += [word for entry in self.proto.metadata_props for word in (entry.key, entry.value)]
        for node in graph.node:
            words += [node.name, node.op_type, node.domain, *node.input, *node.output]
            words += [attribute.name for attribute in node.attribute]
        if not all(isinstance(word, str) for word in words):
            raise self.error("damaged: a name in it is not text", "Download or export it again.")

    def inputs(self) -> list[onnx.ValueInfoProto]:
        """The graph's inputs, without those that are initializers by another name (IR versions before 4)."""
        return [value for value in self.graph.input if value.name not in self._initializers]

    def producer(self, tensor: str) -> NodeProto | None:
        """The node that makes `tensor`; None for inputs, constants and names that do not exist."""
        return self._producers.get(tensor)

    def readers(self, tensor: str) -> list[NodeProto]:
        """The nodes that read `tensor` and are needed, once for each of their inputs that does."""
        return self._readers.get(tensor, [])

    def is_constant(self, tensor: str) -> bool:
        """Whether `tensor` is an initializer or made by a Constant node."""
        node = self._producers.get(tensor)
        return tensor in self._initializers or (node is not None and op_type(node) == "Constant")

    def constant(self, tensor: str) -> npt.NDArray[Any] | None:
        """The value of a constant tensor, read-only; None if `tensor` is not a constant."""
        if not self.is_constant(tensor):
            return None
        if tensor not in self._arrays:
            try:
                proto = self._initializers.get(tensor)
                array = numpy_helper.to_array(proto) if proto is not None else self._constant_node(tensor)
            except _DAMAGED as error:
                raise self.error(f"constant {tensor!r} cannot be read ({error})") from error
            self._arrays[tensor] = array
            array.flags.writeable = False
        return self._arrays[tensor]

    def _constant_node(self, tensor: str) -> npt.NDArray[Any]:
        values = [onnx.helper.get_attribute_value(attribute) for attribute in self._producers[tensor].attribute]
        if len(values) != 1:
            raise ValueError("a Constant node must have one attribute")
        value = values[0]
        if isinstance(value, onnx.TensorProto):
            return numpy_helper.to_array(value)
        array = np.array(value)
        return array.astype(np.float32) if array.dtype == np.float64 else array

    def attributes(self, node: NodeProto, known: Mapping[str, type]) -> dict[str, Any]:
        """The node's attributes by name, strings decoded; `known` gives the type of each: int, float, str or list.

        Raises InputError for an attribute outside `known`: what is not understood must not be ignored.
        """
        values: dict[str, Any] = {}
        for attribute in node.attribute:
            if attribute.name not in known:
                raise self.error(f"{label(node)} has the attribute {attribute.name!r}, which is not supported")
            try:
                value = onnx.helper.get_attribute_value(attribute)
                values[attribute.name] = value.decode() if isinstance(value, bytes) else value
                if not isinstance(values[attribute.name], known[attribute.name]):
                    raise TypeError(f"it is not {known[attribute.name].__name__}")
            except _DAMAGED as error:
                raise self.error(f"attribute {attribute.name!r} of {label(node)} cannot be read ({error})") from error
        return values

    def needed(self) -> list[NodeProto]:
        """The nodes that an output depends on, each after those it reads from."""
        order: list[NodeProto] = []
        state: dict[int, bool] = {}
        stack = [(value.name, False) for value in reversed(self.graph.output)]
        while stack:
            tensor, done = stack.pop()
            node = self._producers.get(tensor)
            if node is None:
                continue
            key = id(node)
            if done:
                if not state[key]:
                    state[key] = True
                    order.append(node)
            elif key not in state:
                state[key] = False
                stack.append((tensor, True))
                stack.extend((name, False) for name in reversed(node.input) if name)
        return order
