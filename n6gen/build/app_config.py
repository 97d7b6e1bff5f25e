"""What the app must know of the model and its network."""

from __future__ import annotations

from n6gen import __version__
from n6gen.app.config import AppConfig
from n6gen.app.toolchain import Toolchain
from n6gen.build.request import BuildRequest
from n6gen.compiler.network import Network, network_id
from n6gen.model import Model
from n6gen.model.mapping import byte_table


def app_config(request: BuildRequest, model: Model, network: Network, tools: Toolchain) -> AppConfig:
    """The app's configuration: sizes from the network, the input's mapping from the model."""
    table = byte_table(model.input, model.graph.tensors[model.graph.input], request.input_map)
    height, width = network.mask_size
    return AppConfig(
        network_id=network_id(network),
        weights_size=network.weights_bytes,
        decode=network.decode,
        mask_height=height,
        mask_width=width,
        input_table=table.tobytes(),
        input_order=model.input.channels,
        input_mapping=request.input_map,
        build_inputs={"n6gen": __version__, "weights": network.weights_sha256, **tools.versions},
    )
