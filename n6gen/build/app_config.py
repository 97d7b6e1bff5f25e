"""What the app must know of the model and its network."""

from __future__ import annotations

import numpy as np

from n6gen import __version__
from n6gen.app.config import AppConfig, VendorSources
from n6gen.app.toolchain import Toolchain
from n6gen.build.request import BuildRequest
from n6gen.compiler.network import Network, TensorInfo, network_id
from n6gen.errors import InputError
from n6gen.model import InputDeclaration, InputSpec, Model, ir
from n6gen.model.input import resolve
from n6gen.model.mapping import byte_table

#: What uint8 values are above the int8 ones that mean the same.
_UNSIGNED = 128


def input_of(model: Model | None, network: Network, declared: InputDeclaration) -> InputSpec:
    """How bytes become the network's input: as the model says, or, without one, as declared or as its range suggests.

    Raises InputError if nothing says it.
    """
    if model is not None:
        return model.input
    return resolve("input", _tensor(network.input), {"declared": declared}, str(network.folder))


def app_config(
    request: BuildRequest, spec: InputSpec, network: Network, tools: Toolchain, vendor: VendorSources | None = None
) -> AppConfig:
    """The app's configuration: sizes and quantisation from the network, the input's mapping from the model's `spec`."""
    table = byte_table(spec, _tensor(network.input), request.input_map)
    if network.input.type == "uint8":
        table = (table.astype(np.int16) + _UNSIGNED).astype(np.uint8)
    height, width = network.mask_size
    packages = {f"vendor {name}": digest for name, digest in vendor.digests.items()} if vendor is not None else {}
    return AppConfig(
        network_id=network_id(network),
        weights_size=network.weights_bytes,
        decode=network.decode,
        mask_height=height,
        mask_width=width,
        input_table=table.tobytes(),
        input_order=spec.channels,
        input_mapping=request.input_map,
        overlap=request.overlap,
        vendor=vendor,
        build_inputs={"n6gen": __version__, "weights": network.weights_sha256, **packages, **tools.versions},
    )


def _tensor(info: TensorInfo) -> ir.Tensor:
    """The network's input as an int8 tensor: what uint8 values mean is the same 128 lower."""
    if info.type not in ("int8", "uint8"):
        raise InputError(f"the network's input is {info.type}; the app feeds it bytes", "Compile it for int8 input.")
    zero_point = info.zero_point - (_UNSIGNED if info.type == "uint8" else 0)
    return ir.Tensor("input", info.height, info.width, info.channels, np.float32(info.scale), zero_point)
