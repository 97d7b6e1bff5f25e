"""Tables in ONNX: functions that onnxruntime only approximates are looked up, so that a reference does not depend on
the machine that it runs on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from n6gen.model import ir
from n6gen.model.prune import prune


def look_up(proto: onnx.ModelProto, maps: Iterable[ir.Map], flat: frozenset[str] = frozenset()) -> None:
    """Have the tensors that `maps` make come from their tables, in place. Those in `flat` have rank 2.

    `proto` has the quantised tensors of the graph that the maps belong to.
    """
    lowest = "lowest int8"
    nodes: list[NodeProto] = []
    initializers: dict[str, npt.NDArray[Any]] = {lowest: np.array(-128, np.int8)}
    makers = {name: node for node in proto.graph.node for name in node.output}
    for node in maps:
        made, table = node.output, f"{node.output} (table)"
        makers[made].output[list(makers[made].output).index(made)] = f"{made} (unused)"
        rank = 2 if made in flat else 4
        first = (256 * np.arange(len(node.table), dtype=np.int32)).reshape(1, -1, *[1] * (rank - 2))
        initializers |= {table: node.table.reshape(-1), f"{table} first": first}
        # The lowest value is subtracted as a tensor of the activations' type, whichever that is.
        steps = [("Cast", [node.inputs[0]], "wide"), ("Cast", [lowest], "lowest")]
        nodes += [helper.make_node(kind, read, [f"{made} {name}"], to=TensorProto.INT32) for kind, read, name in steps]
        nodes.append(helper.make_node("Sub", [f"{made} wide", f"{made} lowest"], [f"{made} level"]))
        nodes.append(helper.make_node("Add", [f"{made} level", f"{table} first"], [f"{made} index"]))
        nodes.append(helper.make_node("Gather", [table, f"{made} index"], [made]))
    if nodes:
        proto.graph.node.extend(nodes)
        proto.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in initializers.items())
        prune(proto)
