"""The same weights at another input resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


def at_resolution(model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    """A copy of a square, fully convolutional segmentation model that takes `size` x `size` pixels.

    Weights and quantisation stay as they are. What changes: the input and output shapes, the scales of each Resize
    that spreads a pooled 1x1 tensor over the feature map, and the recorded shapes of the tensors in between.

    Preconditions, ValueError otherwise: one input [N, C, S, S] and one output [N, K, S, S] with S a known number;
    every Resize is given by constant scales; `size` puts a whole number of pixels on every broadcast (a multiple of
    the network's stride); and with the new input, ONNX shape inference arrives at [N, K, size, size].
    """
    import onnx

    old = _square_size(model)
    if size <= 0:
        raise ValueError(f"the resolution must be positive, not {size}")
    out = onnx.ModelProto()
    out.CopyFrom(model)
    graph = out.graph
    for index, scales in _broadcasts(model).items():
        _set_scales(graph, index, _rescaled(scales, old, size))
    del graph.value_info[:]  # they hold the old shapes; inference below writes the new ones
    for value in (graph.input[0], graph.output[0]):
        for dim in value.type.tensor_type.shape.dim[2:]:
            dim.dim_value = size
    _check(out, size)
    try:
        return onnx.shape_inference.infer_shapes(out, strict_mode=True)
    except onnx.shape_inference.InferenceError as error:
        raise ValueError(f"the model does not work at {size} x {size}: {error}") from error


def _dims(value: onnx.ValueInfoProto) -> list[int]:
    """Dimensions, 0 where one is symbolic or unknown."""
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def _square_size(model: onnx.ModelProto) -> int:
    constants = {t.name for t in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise ValueError("the model must have one input and one output")
    shape, result = _dims(inputs[0]), _dims(model.graph.output[0])
    if len(shape) != 4 or shape[2] <= 0 or shape[2] != shape[3] or len(result) != 4 or result[2:] != shape[2:]:
        raise ValueError(f"the input and output must be square, of one known size: input {shape}, output {result}")
    return shape[2]


def _broadcasts(model: onnx.ModelProto) -> dict[int, list[float]]:
    """Node index and scales of each Resize that reads a 1x1 tensor."""
    import onnx

    known = onnx.shape_inference.infer_shapes(model).graph
    shapes = {value.name: _dims(value) for value in (*known.value_info, *known.input)}
    constants = {t.name: t for t in model.graph.initializer}
    found: dict[int, list[float]] = {}
    for index, node in enumerate(model.graph.node):
        if node.op_type != "Resize":
            continue
        if len(node.input) != 3 or node.input[2] not in constants:
            raise ValueError(f"Resize {node.name!r} is not given by constant scales")
        if shapes.get(node.input[0], [])[2:] == [1, 1]:
            found[index] = [float(v) for v in onnx.numpy_helper.to_array(constants[node.input[2]])]
    return found


def _rescaled(scales: list[float], old: int, size: int) -> list[float]:
    spread = [scale * size / old for scale in scales[2:]]
    if any(scale != int(scale) or scale < 1 for scale in spread):
        raise ValueError(f"{size} is no multiple of the network's stride: a pooled tensor would spread over {spread}")
    return scales[:2] + spread


def _set_scales(graph: onnx.GraphProto, index: int, scales: list[float]) -> None:
    """Give one Resize scales of its own: the old tensor may be shared with a Resize that must not change."""
    import numpy as np
    import onnx

    node = graph.node[index]
    old = node.input[2]
    taken = {t.name for t in graph.initializer}
    name = f"{old}_at_resolution"
    while name in taken:
        name += "_"
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(scales, np.float32), name))
    node.input[2] = name
    if not any(old in other.input for other in graph.node):
        position = next(i for i, t in enumerate(graph.initializer) if t.name == old)
        del graph.initializer[position]


def _check(model: onnx.ModelProto, size: int) -> None:
    """The declared output must be what the new input really leads to."""
    import onnx

    blind = onnx.ModelProto()
    blind.CopyFrom(model)
    del blind.graph.output[0].type.tensor_type.shape.dim[:]
    blind.graph.output[0].type.tensor_type.ClearField("shape")
    try:
        reached = _dims(onnx.shape_inference.infer_shapes(blind, strict_mode=True).graph.output[0])
    except onnx.shape_inference.InferenceError as error:
        raise ValueError(f"the model does not work at {size} x {size}: {error}") from error
    if reached[2:] != [size, size]:
        raise ValueError(f"an input of {size} x {size} leads to an output of {reached[2:]}")
