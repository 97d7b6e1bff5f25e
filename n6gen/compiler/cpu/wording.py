"""How operations are called in reports and in the comments of `network.c`."""

from __future__ import annotations

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.packed import kind_of
from n6gen.model.ir import Tensor


def kind(operation: program.Operation) -> str:
    """One word: conv, depthwise, pointwise, block, add, average, resize, repeat, concat, pad, or a function's name."""
    if isinstance(operation, program.Conv):
        return kind_of(operation)
    if isinstance(operation, program.Binary | program.Composite | program.Map):
        return operation.kind
    if isinstance(operation, program.Join):
        return "concat" if operation.fill is None else "pad"
    return _KINDS[type(operation)]


def describe(operation: program.Operation) -> str:
    """A few words: kind and what is special about it."""
    if isinstance(operation, program.Composite):
        return f"{operation.kind}, {operation.note}"
    words = [kind(operation)]
    if isinstance(operation, program.Conv | program.Transposed):
        words.append("x".join(map(str, operation.kernel)))
        if operation.strides != (1, 1):
            words.append("stride " + "x".join(map(str, operation.strides)))
        if operation.dilations != (1, 1):
            words.append("dilation " + "x".join(map(str, operation.dilations)))
        if operation.dead:
            words.append(f"({operation.dead} dead channels)")
    return " ".join(words)


def shape(tensor: Tensor) -> str:
    """Height x width x channels."""
    return f"{tensor.height}x{tensor.width}x{tensor.channels}"


def comment(text: str) -> str:
    """`text` as it may stand in a C comment."""
    safe = "".join(char if " " <= char <= "~" else "?" for char in text)
    return safe.replace("*/", "* /").replace("/*", "/ *")


_KINDS: dict[type, str] = {
    program.Add: "add",
    program.Average: "average",
    program.AveragePool: "average",
    program.Interpolate: "resize",
    program.MaxPool: "max",
    program.Pick: "pick",
    program.Resize: "resize",
    program.Transposed: "transposed",
    program.Repeat: "repeat",
}
