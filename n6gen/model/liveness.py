"""Which activations must exist at the same time, whatever the memory plan."""

from __future__ import annotations

from n6gen.model import ir


def peak_bytes(graph: ir.Graph) -> tuple[int, str]:
    """The largest sum of the activations that one node needs alive, in bytes, and the name of that node.

    Views take no room of their own, nor does a Pad that only convolutions read, as they can pad while they read.
    The input and the output count while they are needed.
    """
    stands_for = _views(graph)
    last = {stands_for.get(name, name): index for index, node in enumerate(graph.nodes) for name in node.inputs}
    last[stands_for.get(graph.output, graph.output)] = len(graph.nodes)
    alive = {graph.input}
    peak, where = graph.tensors[graph.input].size, graph.input
    for index, node in enumerate(graph.nodes):
        alive.add(stands_for.get(node.output, node.output))
        size = sum(graph.tensors[name].size for name in alive)
        if size > peak:
            peak, where = size, node.name
        alive = {name for name in alive if last.get(name, -1) > index}
    return peak, where


def _views(graph: ir.Graph) -> dict[str, str]:
    """For each tensor that lies where another does: that other one."""
    views: dict[str, str] = {}
    for node in graph.nodes:
        readers = [reader for reader in graph.nodes if node.output in reader.inputs]
        folded = isinstance(node, ir.Pad) and readers and all(isinstance(reader, ir.Conv) for reader in readers)
        if isinstance(node, ir.Same) or folded:
            views[node.output] = views.get(node.inputs[0], node.inputs[0])
    return views
