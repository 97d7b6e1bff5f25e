"""From a model to the files of its network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import jinja2

from n6gen.compiler.base import Compiler, Decode
from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.blob import Blob
from n6gen.compiler.cpu.calls import emit
from n6gen.compiler.cpu.kernels import KERNEL_SETS, KernelSet
from n6gen.compiler.cpu.lower import lower
from n6gen.compiler.cpu.packed import Packed, PackedParts
from n6gen.compiler.cpu.plan import Plan, Step, make_plan, scratch_name
from n6gen.compiler.cpu.site import c_float
from n6gen.compiler.cpu.wording import kind
from n6gen.compiler.network import CompilerInfo, Head, LayerInfo, Network, TensorInfo
from n6gen.errors import InputError
from n6gen.model import ir
from n6gen.resources import data_dir
from n6gen.tools.files import sha256_bytes, write_if_changed

if TYPE_CHECKING:
    from n6gen.model.loader import Model

#: Changes when the same model gives another weights file. KERNELS_VERSION of kernels.h is the C side's own.
VERSION = "1"
KERNELS_VERSION = 1

#: The sizes of `struct network_tensor` are 16 bits, offsets are below 2^31.
_MAX_SIZE, _MAX_ARENA = 0xFFFF, 0x7FFF_FFFF


@attrs.frozen(eq=False)
class Arranged:
    """A graph as a kernel set runs it: layers, the convolutions' constants by layer index, and the memory plan."""

    kernels: KernelSet
    program: program.Program
    packed: Mapping[int, Packed | PackedParts]
    plan: Plan

    @property
    def arena_bytes(self) -> int:
        """Size of the arena: the plan, and what kernels may read behind it."""
        return self.plan.size + self.kernels.slack


@attrs.frozen
class CpuCompiler:
    """The entry for `--compiler cpu`."""

    name: str = "cpu"
    kernel_sets: tuple[str, ...] = tuple(KERNEL_SETS)

    def compile(
        self,
        model: Model,
        out: Path,
        *,
        kernels: str = "c",
        keep_head: bool = False,
        decode: Decode = "fine",
    ) -> Network:
        """See compile_cpu."""
        return compile_cpu(model, out, kernels=kernels, keep_head=keep_head, decode=decode)


CPU: Compiler = CpuCompiler()


def compile_cpu(
    model: Model, out: Path, *, kernels: str = "c", keep_head: bool = False, decode: Decode = "fine"
) -> Network:
    """Compile `model` to C in the folder `out`: `network.c`, `weights.bin`, `network.json`.

    A last upsampling is cut off and left to `decode` (fine or rounded) unless `keep_head`; without one the decode is
    argmax. With the decode none the model is compiled as it is. The same model and options give the same bytes, and
    files that would not change are left alone.
    Raises InputError if the model cannot be compiled, or there is no such kernel set.
    """
    if decode == "none":
        return compile_graph(model.graph, out, kernels=kernels, head=None, decode=decode)
    graph, head = (model.graph, None) if keep_head else without_head(model)
    return compile_graph(graph, out, kernels=kernels, head=head, decode=decode if head else "argmax")


def without_head(model: Model) -> tuple[ir.Graph, Head | None]:
    """The graph that is compiled if the head is not kept, and what was cut off behind it."""
    from n6gen.model.import_qdq import import_qdq
    from n6gen.rewrite import cut_head

    proto, cut = cut_head(model.proto)
    if cut is None:
        return model.graph, None
    head = Head(cut.factor_h, cut.factor_w, cut.classes, float(cut.scale), cut.zero_point)
    return import_qdq(proto, str(model.path)), head


def compile_graph(graph: ir.Graph, out: Path, *, kernels: str, head: Head | None, decode: Decode) -> Network:
    """Compile a graph as it is; `head` describes what was cut off behind it. See compile_cpu."""
    arranged = arrange(graph, kernels)
    source, plan, kernel_set = arranged.program, arranged.plan, arranged.kernels
    constants = Blob()
    layers = emit(source, plan, arranged.packed, constants, kernel_set.emitters)
    blob = constants.finish()
    network = _describe(source, arranged.arena_bytes, kernel_set, blob, out, head, decode)
    code = _render(
        {
            "arena_bytes": network.arena_bytes,
            "headers": kernel_set.headers,
            "input": source.tensors[source.input],
            "input_offset": plan.offsets[source.input],
            "kernels": kernels,
            "kernels_version": KERNELS_VERSION,
            "layers": layers,
            "macs": network.macs,
            "output": source.tensors[source.output],
            "output_offset": plan.offsets[source.output],
        }
    )
    write_if_changed(network.source_file, code)
    write_if_changed(network.weights_file, blob)
    network.save()
    return network


def arrange(graph: ir.Graph, kernels: str) -> Arranged:
    """Arrange `graph` for the kernel set `kernels`.

    Raises InputError if there is no such set, or if what it needs does not fit a 32-bit machine.
    """
    if kernels not in KERNEL_SETS:
        raise InputError(f"there is no kernel set {kernels!r}", f"Choose one of: {', '.join(KERNEL_SETS)}.")
    kernel_set = KERNEL_SETS[kernels]
    source = kernel_set.rewrite(lower(graph))
    packed = kernel_set.pack_all(source)
    sizes = {name: tensor.size for name, tensor in source.tensors.items()}
    scratch = {index: item.scratch for index, item in packed.items()}
    steps = [
        Step(layer.inputs, layer.output, layer.in_place, scratch.get(index, 0), source.lead(layer))
        for index, layer in enumerate(source.layers)
    ]
    if any(scratch_name(index) in sizes for index in scratch):
        raise InputError("a tensor of the model has a name that the compiler keeps for itself", "Rename the tensor.")
    plan = make_plan(sizes, steps, source.input, source.output)
    if plan.size > _MAX_ARENA:
        raise InputError(f"the network needs {plan.size} bytes of activations, more than a 32-bit machine addresses")
    return Arranged(kernel_set, source, packed, plan)


def _describe(
    source: program.Program,
    arena_bytes: int,
    kernel_set: KernelSet,
    blob: bytes,
    out: Path,
    head: Head | None,
    decode: Decode,
) -> Network:
    layers = [_layer(source, index) for index in range(len(source.layers))]
    return Network(
        compiler=CompilerInfo(CPU.name, VERSION, kernel_set.name),
        input=_tensor(source.tensors[source.input]),
        output=_tensor(source.tensors[source.output]),
        head=head,
        decode=decode,
        arena_bytes=arena_bytes,
        macs=sum(layer.macs for layer in layers),
        weights_bytes=len(blob),
        weights_sha256=sha256_bytes(blob),
        layers=tuple(layers),
        sources=kernel_set.sources,
        includes=kernel_set.includes,
        defines={},
        folder=out,
    )


def _layer(source: program.Program, index: int) -> LayerInfo:
    layer = source.layers[index]
    out = source.tensors[layer.output]
    moved = _convs(layer.operation, source.tensors[layer.inputs[0]], out)
    macs = sum(size.height * size.width * conv.weights.size for conv, size in moved)
    makers = {each.output: made for made, each in enumerate(source.layers)}
    part = out if isinstance(out, program.Part) else None
    return LayerInfo(
        index=index,
        name=layer.name,
        kind=kind(layer.operation),
        macs=macs,
        height=out.height,
        width=out.width,
        channels=out.channels,
        tensor=part.whole if part else out.name,
        left_out=part.left_out if part else None,
        inputs=tuple(makers.get(name, -1) for name in layer.inputs),
    )


def _convs(
    operation: program.Operation, source: ir.Tensor, out: ir.Tensor
) -> list[tuple[program.Conv | program.Transposed, ir.Tensor]]:
    """The convolutions in an operation that makes `out`, each with the tensor that its weights move over."""
    if isinstance(operation, program.Transposed):
        return [(operation, source)]
    if isinstance(operation, program.Composite):
        return [*operation.convolutions(out)]
    return [(operation, out)] if isinstance(operation, program.Conv) else []


def _tensor(tensor: ir.Tensor) -> TensorInfo:
    if max(tensor.height, tensor.width, tensor.channels) > _MAX_SIZE:
        raise InputError(f"{tensor.name}: {tensor.height}x{tensor.width}x{tensor.channels} is too large")
    return TensorInfo(
        tensor.height, tensor.width, tensor.channels, "int8", "hwc", float(tensor.scale), tensor.zero_point
    )


def _render(values: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_dir("templates") / "kernels"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is C
    )
    environment.filters["float32"] = c_float
    return environment.get_template("network.c.j2").render(values)
