"""What a rewrite leaves behind, removed: nodes that nothing needs, and what only they used."""

from __future__ import annotations

from typing import Any

import onnx

from n6gen.model.view import View


def prune(proto: onnx.ModelProto) -> None:
    """Drop, in place, the nodes that no output depends on, their constants, and what was said about their tensors.

    The remaining nodes are in an order in which each comes after those it reads from.
    """
    graph = proto.graph
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in View(proto, "model").needed()]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input} | {value.name for value in graph.output}
    made = {name for node in nodes for name in node.output}
    _keep(graph.initializer, used)
    _keep(graph.input, used)
    _keep(graph.value_info, made)
    for note in [note for note in graph.quantization_annotation if note.tensor_name not in used | made]:
        graph.quantization_annotation.remove(note)


def drop_unused_domains(proto: onnx.ModelProto) -> None:
    """Drop, in place, the opset imports of domains that no node belongs to."""
    domains = {node.domain for node in proto.graph.node}
    for entry in [entry for entry in proto.opset_import if entry.domain not in {*domains, "", "ai.onnx"}]:
        proto.opset_import.remove(entry)


def _keep(repeated: Any, names: set[str]) -> None:
    for entry in [entry for entry in repeated if entry.name not in names]:
        repeated.remove(entry)
