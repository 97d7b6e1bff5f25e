"""Gemm and MatMul with constant weights: a convolution whose window is the whole image."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto

from n6gen.model import ir
from n6gen.model.conv import quantised_bias, quantised_weights
from n6gen.model.importer import Importer
from n6gen.model.view import label, op_type


def import_gemm(importer: Importer, node: NodeProto) -> None:
    """A flat activation times a constant matrix, plus a bias."""
    plain: dict[str, Any] = {"alpha": 1.0, "beta": 1.0, "transA": 0}
    given = importer.view.attributes(node, {**{key: type(value) for key, value in plain.items()}, "transB": int})
    for key, value in plain.items():
        if given.get(key, value) != value:
            raise importer.view.error(f"{label(node)} has {key} {given[key]}; only {value} is supported")
    _import_product(importer, node, transposed=bool(given.get("transB", 0)))


def import_matmul(importer: Importer, node: NodeProto) -> None:
    """A flat activation times a constant matrix."""
    importer.view.attributes(node, {})
    _import_product(importer, node, transposed=False)


def _import_product(importer: Importer, node: NodeProto, *, transposed: bool) -> None:
    source = importer.operand(node, 0, flat=True)
    if source.name not in importer.flat:
        raise importer.view.error(f"{label(node)} reads {source.name!r} of rank 4; rank 2 is supported")
    weights = quantised_weights(importer, node, rank=2, axis=0 if transposed else 1)
    values = weights.values if transposed else weights.values.T
    channels, depth = values.shape
    if depth != source.size:
        raise importer.view.error(
            f"{label(node)}: weights {list(weights.values.shape)} do not fit {source.size} inputs"
        )
    scale = np.broadcast_to(weights.scale.reshape(-1), (channels,)).copy()
    bias = quantised_bias(importer, node, source.scale, scale)
    if op_type(node) == "MatMul" and len(node.input) != 2:
        raise importer.view.error(f"{label(node)} has {len(node.input)} inputs; it must have two")
    out = importer.result(node, 1, 1, channels, flat=True)
    # ONNX flattens [channels, height, width]; weights are [out, height, width, channels].
    whole = values.reshape(channels, source.channels, source.height, source.width).transpose(0, 2, 3, 1)
    importer.nodes.append(
        ir.Conv(importer.name(node), (source.name,), out.name, np.ascontiguousarray(whole), bias, scale)
    )
