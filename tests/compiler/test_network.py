"""network.json: written, read back, and refused when it is not what it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import onnx
import pytest

from n6gen.compiler import Head, Network, network_id
from n6gen.compiler.cpu import CPU
from n6gen.errors import InputError
from n6gen.model.loader import load
from tests.support.qdq import segmenter


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """A compiled network with its head cut off."""
    onnx.save(segmenter(), tmp_path / "model.onnx")
    return CPU.compile(load(tmp_path / "model.onnx"), tmp_path / "network")


def test_it_describes_what_was_cut(network: Network) -> None:
    """Output and head give the mask's size."""
    assert network.decode == "fine"
    assert (network.output.height, network.output.width, network.output.channels) == (4, 4, 2)
    assert network.head is not None
    assert (network.head.factor_height, network.head.factor_width, network.head.classes) == (4, 4, 2)
    assert network.mask_size == (16, 16)
    assert network.compiler.kernels == CPU.kernel_sets[0] == "c"


def test_it_can_be_read_back(network: Network) -> None:
    """All of it, and with the same id."""
    again = Network.load(network.folder)
    assert again == network
    assert network_id(again) == network_id(network)
    assert len(network_id(network)) == 64


def test_the_id_depends_on_what_the_weights_depend_on(network: Network) -> None:
    """Weights, input, output, head and compiler; not the decode, the folder or the arena."""
    output = attrs.evolve(network.output, scale=network.output.scale * 2)
    others = [
        attrs.evolve(network, weights_sha256="0" * 64),
        attrs.evolve(network, output=output),
        attrs.evolve(network, input=output),
        attrs.evolve(network, head=None),
        attrs.evolve(network, head=Head(8, 8, 2, 1.0, 0)),
        attrs.evolve(network, compiler=attrs.evolve(network.compiler, kernels="ref")),
    ]
    ids = {network_id(other) for other in [network, *others]}
    assert len(ids) == 1 + len(others)
    same = attrs.evolve(network, decode="rounded", folder=Path("elsewhere"), arena_bytes=1, layers=())
    assert network_id(same) == network_id(network)


def test_a_missing_network_is_named(tmp_path: Path) -> None:
    """With the file that is not there."""
    with pytest.raises(InputError, match=r"no compiled network: No such file or directory: .*network\.json"):
        Network.load(tmp_path / "nowhere")


def test_weights_that_are_not_its_own_are_refused(network: Network) -> None:
    """One byte is enough; so is no file."""
    data = bytearray(network.weights_file.read_bytes())
    data[-1] ^= 1
    network.weights_file.write_bytes(data)
    with pytest.raises(InputError, match=r"weights\.bin: not the weights that network\.json describes"):
        Network.load(network.folder)
    network.weights_file.unlink()
    with pytest.raises(InputError, match=r"No such file or directory: .*weights\.bin"):
        Network.load(network.folder)


def _without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != key}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda fields: _without(fields, "head"),
        lambda fields: {**fields, "arena_bytes": "many"},
        lambda fields: {**fields, "arena_bytes": 1.5},
        lambda fields: {**fields, "decode": 7},
        lambda fields: {**fields, "surprise": 1},
        lambda fields: {**fields, "input": None},
        lambda fields: [fields],
    ],
)
def test_a_description_that_is_not_one_is_refused(network: Network, spoil: Any) -> None:
    """Missing, unknown and ill-typed fields; one line, no traceback."""
    file = network.folder / "network.json"
    file.write_text(json.dumps(spoil(json.loads(file.read_text()))))
    with pytest.raises(InputError, match="not a network's description"):
        Network.load(network.folder)


def test_text_that_is_not_json_is_refused(network: Network) -> None:
    """As any other damage."""
    (network.folder / "network.json").write_bytes(b"\xff{")
    with pytest.raises(InputError, match="not a network's description"):
        Network.load(network.folder)
