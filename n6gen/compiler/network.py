"""A compiled network: the folder `network/` of a build, described by its `network.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import cattrs

from n6gen.errors import InputError
from n6gen.tools.files import sha256_file, write_if_changed


@attrs.frozen
class CompilerInfo:
    """Who made a network. `version` changes when the same model gives other bytes; `kernels` is the kernel set."""

    name: str
    version: str
    kernels: str


@attrs.frozen
class TensorInfo:
    """Input or output: real value = scale * (q - zero_point), batch 1. `scale` is a float32's exact value."""

    height: int
    width: int
    channels: int
    type: str  # int8, uint8, float32
    order: str  # hwc, chw
    scale: float
    zero_point: int


@attrs.frozen
class Head:
    """The upsampling that was cut off and is the decode's to do, by whole factors."""

    factor_height: int
    factor_width: int
    classes: int
    scale: float
    zero_point: int


@attrs.frozen
class LayerInfo:
    """One layer, in order of execution. `name` is the ONNX node's, sizes are its output's.

    `tensor` is the ONNX name of what it makes, but for the channels from `left_out`'s first to before its second; None
    if nobody can see it. `inputs` are the layers that it reads, -1 for the network's input.
    """

    index: int
    name: str
    kind: str
    macs: int
    height: int
    width: int
    channels: int
    tensor: str | None = None
    left_out: tuple[int, int] | None = None
    inputs: tuple[int, ...] = ()


@attrs.frozen
class NpuInfo:
    """What a network for the NPU asks of its runtime and its board.

    `api`: aton (functions LL_ATON_…) or stai; `name`: the C name in them. `runtime`: the version of `ll_aton` that
    network.c was made for; `strict`: it refuses another one instead of warning. `core` and `library` name the release
    and the digits of its NetworkRuntime library, None if it was never seen. `software`: some epochs run on the CPU
    alone. `blobs` counts epoch controller blobs. An address is None where the application provides the buffer.
    """

    api: str
    name: str
    runtime: tuple[int, int, int, int]
    strict: bool
    core: str | None
    library: str | None
    software: bool
    blobs: int
    weights_address: int
    input_address: int | None
    output_address: int | None


@attrs.frozen
class Network:
    """All that the app, the image and the report need to know of a compiled network.

    `sources` are C files to compile besides `network.c`, `includes` folders for `#include`, both relative to
    templates/; `defines` are preprocessor definitions for all of them. `decode` is fine, rounded, argmax or none; with
    a `head`, the mask is larger than the output by its factors. `npu` is None for a network of the CPU's. Sizes are in
    bytes.
    """

    compiler: CompilerInfo
    input: TensorInfo
    output: TensorInfo
    head: Head | None
    decode: str
    arena_bytes: int
    macs: int
    weights_bytes: int
    weights_sha256: str
    layers: tuple[LayerInfo, ...]
    sources: tuple[str, ...]
    includes: tuple[str, ...]
    defines: Mapping[str, str]
    folder: Path = attrs.field(eq=False)
    npu: NpuInfo | None = None

    @property
    def source_file(self) -> Path:
        """`network.c`."""
        return self.folder / "network.c"

    @property
    def weights_file(self) -> Path:
        """`weights.bin`: the raw blob, without trailer."""
        return self.folder / "weights.bin"

    @property
    def mask_size(self) -> tuple[int, int]:
        """Height and width of the mask that the decode makes; 0 if it makes none."""
        if self.decode == "none":
            return 0, 0
        if self.head is None:
            return self.output.height, self.output.width
        return self.output.height * self.head.factor_height, self.output.width * self.head.factor_width

    def save(self) -> None:
        """Write `network.json` into the folder, unless it is there and the same."""
        fields = _CONVERTER.unstructure(self)
        del fields["folder"]
        write_if_changed(self.folder / _FILE, json.dumps(fields, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Read the network in `folder`.

        Raises InputError if a file is missing, cannot be read or does not belong to the others.
        """
        file = folder / _FILE
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            network = _CONVERTER.structure({**fields, "folder": str(folder)}, cls)
            weights = sha256_file(network.weights_file)
        except OSError as error:
            raise InputError(f"{folder}: no compiled network: {error.strerror}: {error.filename}", _HINT) from error
        except (ValueError, TypeError, cattrs.BaseValidationError) as error:
            raise InputError(f"{file}: not a network's description", _HINT) from error
        if weights != network.weights_sha256:
            raise InputError(f"{network.weights_file}: not the weights that {_FILE} describes", _HINT)
        return network


def network_id(network: Network) -> str:
    """64 hex digits that name weights, input, output, head and compiler; the app and its weights must agree on it.

    The decode is not in it: the weights don't depend on it.
    """
    fields = _CONVERTER.unstructure(network)
    known = {key: fields[key] for key in ("compiler", "head", "input", "output", "weights_sha256")}
    return hashlib.sha256(json.dumps(known, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


_FILE = "network.json"
_HINT = "Run `n6gen build` again."
_CONVERTER = cattrs.Converter(forbid_extra_keys=True)
_CONVERTER.register_unstructure_hook(Path, str)
_CONVERTER.register_structure_hook(Path, lambda value, _: Path(value))


def _strict(value: Any, kind: type) -> Any:
    # cattrs would turn "7" into 7 and 7 into "7"; a description that says either is not one of ours.
    if type(value) is int and kind is float:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


for _kind in (int, float, str):
    _CONVERTER.register_structure_hook(_kind, _strict)
