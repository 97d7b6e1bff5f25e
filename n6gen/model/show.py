"""A model in numbers: `n6gen model show`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from n6gen.model import ir
from n6gen.model.liveness import peak_bytes
from n6gen.model.loader import Model
from n6gen.model.view import op_type


def facts(model: Model) -> dict[str, Any]:
    """What there is to know about a model, ready for JSON. Sizes are in bytes, scales and means plain numbers."""
    graph, spec = model.graph, model.input
    source, result = graph.tensors[graph.input], graph.tensors[graph.output]
    peak, where = peak_bytes(graph)
    convs = [node for node in graph.nodes if isinstance(node, ir.Conv | ir.ConvTranspose)]
    return {
        "path": str(model.path),
        "sha256": model.sha256,
        "ir_version": model.proto.ir_version,
        "opset": next(entry.version for entry in model.proto.opset_import if entry.domain in ("", "ai.onnx")),
        "producer": model.proto.producer_name,
        "input": {
            "name": spec.name,
            "height": spec.height,
            "width": spec.width,
            "order": spec.order,
            "order_source": spec.order_source,
            "mean": list(spec.mean),
            "std": list(spec.std),
            "source": spec.source,
            **_quantisation(source),
            "levels": [len(np.unique(row)) for row in spec.table(source)],
        },
        "output": {
            "name": model.proto.graph.output[0].name,
            "height": result.height,
            "width": result.width,
            "classes": result.channels,
            **_quantisation(result),
        },
        "macs": sum(map(graph.macs, graph.nodes)),
        "weight_bytes": sum(conv.weights.nbytes for conv in convs),
        "bias_bytes": sum(conv.bias.nbytes for conv in convs),
        "peak_activation_bytes": peak,
        "peak_at": where,
        "operators": dict(sorted(Counter(op_type(node) for node in model.proto.graph.node).items())),
        "dead_channels": {conv.name: dead for conv in convs if (dead := dead_channels(graph, conv))},
        "layers": [_layer(graph, index, node) for index, node in enumerate(graph.nodes)],
    }


def dead_channels(graph: ir.Graph, conv: ir.Conv | ir.ConvTranspose) -> list[int]:
    """The output channels that hold the zero point whatever the input is."""
    source, out = graph.tensors[conv.inputs[0]], graph.tensors[conv.output]
    reach = max(127 - source.zero_point, source.zero_point + 128)
    largest = np.abs(conv.weights.astype(np.int64)).sum(axis=(1, 2, 3)) * reach + np.abs(conv.bias.astype(np.int64))
    multiplier = source.scale * conv.weight_scale / out.scale
    return [int(channel) for channel in np.flatnonzero(largest * multiplier.astype(np.float64) < 0.5)]


def kind(graph: ir.Graph, node: ir.Node) -> str:
    """A node in a few words: ``depthwise 3x3 /2``, ``conv 1x1``, ``add``."""
    if isinstance(node, ir.Binary):
        return node.kind
    if isinstance(node, ir.Map) and len(node.operators) == 1:
        return node.operators[0].lower()
    if not isinstance(node, ir.Conv):
        return _WORDS[type(node)]
    channels = graph.tensors[node.inputs[0]].channels
    whole = "depthwise" if node.groups == channels > 1 else "conv" if node.groups == 1 else f"conv in {node.groups}"
    words = [whole, "x".join(map(str, node.weights.shape[1:3]))]
    if node.strides != (1, 1):
        words.append(f"/{node.strides[0]}" if node.strides[0] == node.strides[1] else f"/{node.strides}")
    if node.dilations != (1, 1):
        words.append(f"dilated {node.dilations[0]}" if len(set(node.dilations)) == 1 else f"dilated {node.dilations}")
    return " ".join(words)


_WORDS: Mapping[type, str] = {
    ir.Add: "add",
    ir.AveragePool: "average",
    ir.ConvTranspose: "transposed",
    ir.Map: "function",
    ir.MaxPool: "max",
    ir.GlobalAveragePool: "global average",
    ir.Resize: "resize",
    ir.Concat: "concat",
    ir.Pad: "pad",
    ir.Frame: "pad",
    ir.Interpolate: "resize",
    ir.Pick: "pick",
    ir.Same: "view",
}


def _layer(graph: ir.Graph, index: int, node: ir.Node) -> dict[str, Any]:
    out = graph.tensors[node.output]
    return {
        "index": index,
        "name": node.name,
        "kind": kind(graph, node),
        "height": out.height,
        "width": out.width,
        "channels": out.channels,
        "macs": graph.macs(node),
        "weight_bytes": node.weights.nbytes if isinstance(node, ir.Conv | ir.ConvTranspose) else 0,
    }


def _quantisation(tensor: ir.Tensor) -> dict[str, Any]:
    return {"scale": float(tensor.scale), "zero_point": tensor.zero_point}
