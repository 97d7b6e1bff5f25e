"""Tensors of a running board, as the host counts them: int8 [height, width, channels]."""

from __future__ import annotations

import struct
from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.network import Network, TensorInfo
from n6gen.errors import BoardError
from n6gen.link import Client
from n6gen.verify.difference import Int8

_DIGEST = struct.Struct("<II")
#: A transfer may take this long besides the inference, in seconds: 3 MB at 921600 baud.
_TRANSFER_S = 40.0
#: What uint8 values are above the int8 ones that mean the same.
_UNSIGNED = 0x80


@attrs.frozen
class Digest:
    """A layer's output: how many bytes, and their CRC-32."""

    size: int
    crc: int


@attrs.frozen
class Device:
    """A board and what it runs. `show` lets it see the picture in question: once for each inference.

    `timeout` bounds one inference, in seconds. Whatever the client raises, and BoardError for a wrong number of bytes.
    """

    client: Client
    network: Network
    mask_shape: tuple[int, int]
    show: Callable[[], object]
    timeout: float

    def mask(self) -> npt.NDArray[np.uint8]:
        """What the app itself makes of the picture; without pixels if its network is cut before the logits."""
        if not any(self.mask_shape):
            return np.zeros(self.mask_shape, np.uint8)
        self.show()
        self.client.run(1, 1, timeout=self.timeout)
        data = self.client.mask()
        _check("a mask", len(data), self.mask_shape[0] * self.mask_shape[1])
        return np.frombuffer(data, np.uint8).reshape(self.mask_shape)

    def input(self) -> Int8:
        """The network's input."""
        return _int8(self._tensor("input"), self.network.input)

    def output(self) -> Int8:
        """The network's output, of the very function that a session times."""
        return _int8(self._tensor("output"), self.network.output)

    def layer(self, index: int) -> Int8:
        """One layer's output."""
        layer, data = self.network.layers[index], self._tensor(str(index))
        _check(f"layer {index}", len(data), layer.height * layer.width * layer.channels)
        return np.frombuffer(data, np.int8).reshape(layer.height, layer.width, layer.channels)

    def digests(self) -> list[Digest]:
        """All layers' outputs, of one walk through the network."""
        data = self.client.bulk("digests", "digests", before=self.show, timeout=self.timeout + _TRANSFER_S)
        _check("digests", len(data), _DIGEST.size * len(self.network.layers))
        return [Digest(*words) for words in _DIGEST.iter_unpack(data)]

    def _tensor(self, name: str) -> bytes:
        return self.client.bulk("tensor", name, before=self.show, timeout=self.timeout + _TRANSFER_S, layer=name)


def _int8(data: bytes, info: TensorInfo) -> Int8:
    _check("a tensor", len(data), info.height * info.width * info.channels)
    values = np.frombuffer(data, np.uint8)
    if info.type == "uint8":
        values = values ^ np.uint8(_UNSIGNED)
    if info.order == "chw":
        values = values.reshape(info.channels, info.height, info.width).transpose(1, 2, 0)
    return np.ascontiguousarray(values).view(np.int8).reshape(info.height, info.width, info.channels)


def _check(what: str, size: int, wanted: int) -> None:
    if size != wanted:
        raise BoardError(f"the board sent {what} of {size} bytes instead of {wanted}", "Build and flash again.")
