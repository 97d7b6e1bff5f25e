"""The integer graph becomes a list of layers: pads and views vanish into what reads them, numbers are worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.conv import lower_conv, lower_transposed
from n6gen.compiler.cpu.program import Operation
from n6gen.model import ir
from n6gen.model.tables import requantisation

_Pads = tuple[int, int, int, int]


def lower(graph: ir.Graph) -> program.Program:
    """Lower `graph`.

    Raises InputError, naming node and channel, where a convolution's sums could leave int32.
    """
    return _Lowering(graph).program()


@attrs.frozen
class _View:
    """What a tensor of the graph is in the program: a tensor, with rows and columns of its zero point around it."""

    tensor: str
    pads: _Pads = (0, 0, 0, 0)


class _Lowering:
    def __init__(self, graph: ir.Graph) -> None:
        self.graph = graph
        self.views = {graph.input: _View(graph.input)}
        self.layers: list[program.Layer] = []

    def program(self) -> program.Program:
        for node in self.graph.nodes:
            _LOWER[type(node)](self, node)
        output = self.plain(self.graph.output)
        used = {self.graph.input, *(layer.output for layer in self.layers)}
        tensors = {name: tensor for name, tensor in self.graph.tensors.items() if name in used}
        return program.Program(self.graph.input, output, tensors, tuple(self.layers))

    def plain(self, name: str) -> str:
        """The program's tensor for `name`, with its padding as bytes in memory where it has some."""
        view = self.views[name]
        if any(view.pads):
            place = program.Place(view.pads[0], view.pads[1], 0, None)
            join = program.Join((place,), self.graph.tensors[view.tensor].zero_point)
            self.layers.append(program.Layer(self.maker(name), join, (view.tensor,), name))
            view = self.views[name] = _View(name)
        return view.tensor

    def maker(self, output: str) -> str:
        return next(node.name for node in self.graph.nodes if node.output == output)

    def emit(self, node: ir.Node, operation: Operation) -> None:
        inputs = tuple(self.plain(name) for name in node.inputs)
        self.layers.append(program.Layer(node.name, operation, inputs, node.output))
        self.views[node.output] = _View(node.output)

    def same(self, node: ir.Same) -> None:
        self.views[node.output] = self.views[node.inputs[0]]

    def pad(self, node: ir.Pad) -> None:
        view = self.views[node.inputs[0]]
        self.views[node.output] = attrs.evolve(view, pads=_sum(view.pads, node.pads))

    def conv(self, node: ir.Conv) -> None:
        view = self.views[node.inputs[0]]
        source, out = self.graph.tensors[view.tensor], self.graph.tensors[node.output]
        operation = lower_conv(node, source, out, _sum(view.pads, node.pads))
        self.layers.append(program.Layer(node.name, operation, (view.tensor,), node.output))
        self.views[node.output] = _View(node.output)

    def transposed(self, node: ir.ConvTranspose) -> None:
        source, out = self.graph.tensors[node.inputs[0]], self.graph.tensors[node.output]
        self.emit(node, lower_transposed(node, source, out))

    def add(self, node: ir.Add) -> None:
        self.emit(node, program.Add())

    def binary(self, node: ir.Binary) -> None:
        self.emit(node, program.Binary(node.kind))

    def map(self, node: ir.Map) -> None:
        words = [word.lower() for word in node.operators] or ["requantise"]
        self.emit(node, program.Map(words[0] if len(words) == 1 else "function", node.table.tobytes()))

    def average(self, node: ir.GlobalAveragePool) -> None:
        self.emit(node, program.Average())

    def max_pool(self, node: ir.MaxPool) -> None:
        table = self.requantisation(node)
        self.emit(node, program.MaxPool(node.kernel, node.strides, node.dilations, node.pads, table))

    def average_pool(self, node: ir.AveragePool) -> None:
        window = node.kernel, node.strides, node.dilations, node.pads
        self.emit(node, program.AveragePool(*window, node.counts_padding, node.by_columns))

    def requantisation(self, node: ir.Node) -> bytes | None:
        """The table that takes values of the node's input to its output's scale; None if nothing changes."""
        return requantisation(self.graph.tensors[node.inputs[0]], self.graph.tensors[node.output])

    def resize(self, node: ir.Resize) -> None:
        source = self.graph.tensors[node.inputs[0]]
        if (source.height, source.width) == (1, 1):
            self.emit(node, program.Repeat(node.factors[0] * node.factors[1]))
        else:
            self.emit(node, program.Resize(node.factors))

    def concat(self, node: ir.Concat) -> None:
        places, at, out = [], [0, 0, 0], self.graph.tensors[node.output]
        for name in node.inputs:
            source = self.graph.tensors[name]
            places.append(program.Place(at[0], at[1], at[2], requantisation(source, out)))
            at[node.axis] += source.shape[node.axis]
        self.emit(node, program.Join(tuple(places), None))

    def frame(self, node: ir.Frame) -> None:
        place = program.Place(node.pads[0], node.pads[1], 0, self.requantisation(node))
        self.emit(node, program.Join((place,), node.value))

    def interpolate(self, node: ir.Interpolate) -> None:
        self.emit(node, program.Interpolate(node.rows, node.columns))

    def pick(self, node: ir.Pick) -> None:
        table = self.requantisation(node)
        self.emit(node, program.Pick(node.rows, node.columns, node.first_channel, node.channel_step, table))


def _sum(inner: _Pads, outer: _Pads) -> _Pads:
    return inner[0] + outer[0], inner[1] + outer[1], inner[2] + outer[2], inner[3] + outer[3]


_LOWER: dict[type, Callable[[_Lowering, Any], None]] = {
    ir.Add: _Lowering.add,
    ir.Binary: _Lowering.binary,
    ir.AveragePool: _Lowering.average_pool,
    ir.Concat: _Lowering.concat,
    ir.Conv: _Lowering.conv,
    ir.ConvTranspose: _Lowering.transposed,
    ir.Frame: _Lowering.frame,
    ir.GlobalAveragePool: _Lowering.average,
    ir.Interpolate: _Lowering.interpolate,
    ir.Map: _Lowering.map,
    ir.MaxPool: _Lowering.max_pool,
    ir.Pad: _Lowering.pad,
    ir.Pick: _Lowering.pick,
    ir.Resize: _Lowering.resize,
    ir.Same: _Lowering.same,
}
