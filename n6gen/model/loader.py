"""From a path to a model that is known to be usable."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import onnx

from n6gen.errors import InputError
from n6gen.model import catalogue, ir
from n6gen.model.ends import cut_ends
from n6gen.model.file import read_proto
from n6gen.model.import_qdq import import_qdq
from n6gen.model.input import InputDeclaration, InputSpec, declared_in_metadata, resolve


@attrs.frozen(eq=False)
class Model:
    """A checked QDQ model. `proto` is as in the file, but for its ends; `graph` is what it means.

    `sha256` is the file's. `rewrites` names what was cut off at the ends.
    """

    path: Path
    sha256: str
    proto: onnx.ModelProto
    graph: ir.Graph
    input: InputSpec
    rewrites: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return self.graph.tensors[self.graph.output].channels

    def check_resolution(self, res: int | None) -> None:
        """Raise InputError if `res` (pixels a side, None = not asked for) is not the model's resolution."""
        if res is not None and (self.input.height, self.input.width) != (res, res):
            size = f"{self.input.height}x{self.input.width}"
            raise InputError(
                f"{self.path}: --res {res} contradicts the model, whose input is {size}",
                "Leave --res out to use the model as it is.",
                f"Give a model that was quantised at {res}x{res}.",
            )


def load(path: str | os.PathLike[str], declared: InputDeclaration | None = None) -> Model:
    """Read and check a QDQ ONNX segmentation model.

    `declared` wins over the model's metadata, which wins over the catalogue, which wins over what the input's
    quantisation suggests. Raises InputError, naming the file and the node or tensor, for whatever cannot be used.
    """
    file = Path(path)
    proto, sha256 = read_proto(file)
    try:
        proto, rewrites = cut_ends(proto, str(file))
        graph = import_qdq(proto, str(file))
        spec = _input(file, proto, graph, declared)
        onnx.checker.check_model(proto)
    except onnx.checker.ValidationError as error:
        raise InputError(f"{file}: not valid ONNX: {_first_line(error)}") from error
    return Model(file, sha256, proto, graph, spec, rewrites)


def _input(file: Path, proto: onnx.ModelProto, graph: ir.Graph, declared: InputDeclaration | None) -> InputSpec:
    tensor = graph.tensors[graph.input]
    if graph.output in graph.flat:
        raise InputError(
            f"{file}: output {proto.graph.output[0].name!r} has rank 2; a segmentation network's has rank 4 "
            "[batch, classes, height, width]"
        )
    if tensor.channels != 3:
        hint = "Export it with channels first." if tensor.width == 3 else "Only networks that see RGB are supported."
        raise InputError(f"{file}: the input has {tensor.channels} channels; pictures have 3", hint)
    said = {
        "declared": declared,
        "model metadata": declared_in_metadata({entry.key: entry.value for entry in proto.metadata_props}, str(file)),
        "catalogue": catalogue.declaration_of(file.name),
    }
    initializers = {tensor.name for tensor in proto.graph.initializer}
    name = next(value.name for value in proto.graph.input if value.name not in initializers)
    return resolve(name, tensor, said, str(file))


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
