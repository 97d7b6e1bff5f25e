"""Blocks: a convolution, a depthwise and a pointwise one that run a few rows at a time, so that what lies between them,
which is most of a network's memory, is never there as a whole. See kernel_mve_block in templates/kernels/mve/mve.h."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from n6gen.compiler.cpu.composite import Block
from n6gen.compiler.cpu.packed import kind_of, round_up
from n6gen.compiler.cpu.program import Conv, Layer, Program
from n6gen.model.ir import Tensor

#: Rows of the image from one row of tiles to the next, and bytes of a tile's column.
_TILE_STEP, _COLUMN = 2, 4
#: Inputs of an output of the first convolution, at most: MULTIPLY_BLOCKS of multiply.h.
_MAX_DEPTH = 32 * 16
#: Places of outputs are told apart by 16 bits.
_MAX_OFFSET = 0xFFFF
_ALIGNMENT = 16
#: More than this makes nothing faster.
_MAX_SCRATCH = 256 << 10


def fuse(program: Program) -> Program:
    """Make blocks of all triples of layers that can be one and whose inner tensors nobody else reads."""
    readers = Counter(name for layer in program.layers for name in layer.inputs)
    readers[program.output] += 1
    layers: list[Layer] = []
    for layer in program.layers:
        block = _block(program, layers[-2:], layer, readers)
        if block is not None:
            del layers[-2:]
        layers.append(block or layer)
    used = {program.input, *(layer.output for layer in layers)}
    tensors = {name: tensor for name, tensor in program.tensors.items() if name in used}
    return attrs.evolve(program, layers=tuple(layers), tensors=tensors)


def widen(program: Program) -> Program:
    """Let each block take as many rows at a time as fit into memory that the network needs anyway.

    More rows at a time are fewer calls and less copying, by about 3 % of all instructions.
    """
    around = list(_around(program))
    peak = max((_needed(program, layer, *each) for layer, each in zip(program.layers, around, strict=True)), default=0)
    layers = []
    for layer, each in zip(program.layers, around, strict=True):
        block = layer.operation
        if isinstance(block, Block):
            tried = (attrs.evolve(block, rows=rows) for rows in range(1, tile_rows(block) + 1))
            fitting = [
                wider
                for wider in tried
                if scratch_bytes(wider) <= _MAX_SCRATCH
                and _needed(program, attrs.evolve(layer, operation=wider), *each) <= peak
            ]
            layer = attrs.evolve(layer, operation=max(fitting, key=lambda wider: wider.rows, default=block))
        layers.append(layer)
    return attrs.evolve(program, layers=tuple(layers))


def _around(program: Program) -> Iterator[tuple[int, bool]]:
    """For each layer: bytes of tensors but its first input and its output, and whether that input ends there."""
    first = {program.input: 0}
    last = {program.input: 0, program.output: len(program.layers)}
    for index, layer in enumerate(program.layers):
        first.setdefault(layer.output, index)
        for name in (*layer.inputs, layer.output):
            last[name] = max(index, last.get(name, 0))
    for index, layer in enumerate(program.layers):
        own = (layer.inputs[0], layer.output)
        alive = [name for name, begin in first.items() if begin <= index <= last[name] and name not in own]
        yield sum(program.tensors[name].size for name in alive), last[layer.inputs[0]] == index


def _needed(program: Program, layer: Layer, around: int, ends: bool) -> int:
    """Bytes in use in a layer."""
    source, out = program.tensors[layer.inputs[0]].size, program.tensors[layer.output].size
    scratch = scratch_bytes(layer.operation) if isinstance(layer.operation, Block) else 0
    lead = program.lead(layer) if ends else None
    return around + scratch + (source + out if lead is None else max(source + lead, out))


def tile_bytes(block: Block) -> tuple[int, int]:
    """Bytes from one channel's tiles to the next one's, and of a row of tiles."""
    depthwise, channels = block.depthwise, block.expanded.channels
    columns = block.reduced.width * depthwise.strides[1] + 2
    return columns * _COLUMN, columns * _COLUMN * channels


def tile_rows(block: Block) -> int:
    """Rows of tiles of the whole image."""
    return -(-block.reduced.height // _outputs(block.depthwise))


def scratch_bytes(block: Block) -> int:
    """What the kernel needs while it runs: tiles, their outputs, gathered inputs."""
    tiles = round_up((block.rows + 1) * tile_bytes(block)[1], _ALIGNMENT)
    outputs = block.rows * _outputs(block.depthwise) * block.reduced.width * block.reduced.channels
    gathered = block.expanded.width * round_up(block.first.weights[0].size, 16) if gathers(block.first) else 0
    return tiles + round_up(outputs, _ALIGNMENT) + gathered + _ALIGNMENT


def gathers(first: Conv) -> bool:
    """Whether the inputs of the first convolution do not lie as they are multiplied."""
    return kind_of(first) != "pointwise" or first.weights[0].size % 4 != 0


def _outputs(depthwise: Conv) -> int:
    """Rows of outputs that a row of tiles makes."""
    return 2 if depthwise.strides[0] == 1 else 1


def _block(program: Program, before: list[Layer], last: Layer, readers: Mapping[str, int]) -> Layer | None:
    if len(before) < 2:
        return None
    first, middle = before
    convs = [layer.operation for layer in (first, middle, last)]
    chained = middle.inputs == (first.output,) and last.inputs == (middle.output,)
    if not chained or readers[first.output] > 1 or readers[middle.output] > 1:
        return None
    conv, depthwise, pointwise = convs
    if not (isinstance(conv, Conv) and isinstance(depthwise, Conv) and isinstance(pointwise, Conv)):
        return None
    expanded, reduced = program.tensors[first.output], program.tensors[middle.output]
    block = Block(conv, depthwise, pointwise, expanded, reduced, 1)
    if not (_is_first(conv, expanded) and _is_middle(block) and _is_last(pointwise)):
        return None
    return Layer(f"{first.name} ... {last.name}", block, first.inputs, last.output)


def _is_first(conv: Conv, out: Tensor) -> bool:
    return conv.groups == 1 and conv.weights[0].size <= _MAX_DEPTH and out.width >= 4


def _is_middle(block: Block) -> bool:
    conv, out = block.depthwise, block.reduced
    if kind_of(conv) != "depthwise" or conv.kernel != (3, 3) or conv.dilations != (1, 1):
        return False
    if conv.strides not in ((1, 1), (2, 2)) or out.channels % 4:
        return False
    stride = conv.strides[0]
    channel, row = tile_bytes(block)
    widest = out.width >= (4 if stride == 1 else 8)
    # Of four pixels and two channels, in both rows of tiles; of eight outputs.
    tiles_reach = 3 * _COLUMN + channel + row <= _MAX_OFFSET
    outputs_reach = out.width * out.channels + 7 * out.channels <= _MAX_OFFSET
    return widest and tiles_reach and outputs_reach


def _is_last(conv: Conv) -> bool:
    return kind_of(conv) == "pointwise" and len(conv.bias) * 3 <= _MAX_OFFSET
