"""Compare a running board with the host: every stage by what the board itself gave it."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.network import Network
from n6gen.errors import BoardError
from n6gen.link import Client
from n6gen.measure.frames import Frame
from n6gen.measure.reference import HostReference
from n6gen.verify.device import Device
from n6gen.verify.difference import Difference, Int8, difference
from n6gen.verify.layers import expected, roots, visible
from n6gen.verify.verdict import FrameVerdict, LayerVerdict


@attrs.frozen
class Task:
    """What to compare with what. `timeout` bounds one inference, in seconds. `inside`: look at layers if possible."""

    network: Network
    reference: HostReference
    frames: Sequence[Frame]
    every_tensor: bool
    timeout: float
    inside: bool = True


def verify(
    task: Task,
    client: Client,
    mask_shape: tuple[int, int],
    show: Callable[[npt.NDArray[np.uint8]], object],
    *,
    keeps: bool,
) -> Iterator[FrameVerdict]:
    """What the board makes of each frame, compared. The session is open; `show` lets the board use a picture.

    `keeps`: it goes on using it until another one is shown; if not, it takes each picture once. Raises
    NotComparableError if a layer is not the model's, BoardError if the board fails or two runs of one frame differ.
    """
    for frame in task.frames:
        if keeps:
            show(frame.pixels)
        again = (lambda: None) if keeps else functools.partial(show, frame.pixels)
        yield _verdict(task, frame, Device(client, task.network, mask_shape, again, task.timeout))


def _verdict(task: Task, frame: Frame, device: Device) -> FrameVerdict:
    reference = task.reference
    mask, given, made = device.mask(), device.input(), device.output()
    wanted = reference.quantised(frame.pixels)
    tensors = reference.tensors(given)
    output = difference(tensors[reference.output.name], made)
    layer, compared = None, [given.size, made.size]
    if task.inside and visible(task.network) and (task.every_tensor or output is not None):
        layer = _first_layer(task.network, device, tensors)
        compared += [each.height * each.width * each.channels for each in task.network.layers]
    right = reference.mask(frame.pixels)
    return FrameVerdict(
        name=frame.name,
        picture=frame.pixels,
        device=mask,
        expected=right,
        default=reference.default(frame.pixels),
        input=difference(wanted, given),
        layer=layer,
        output=output,
        decode_wrong=int((reference.decoded(made) != mask).sum()),
        compared=(len(compared), sum(compared)),
    )


def _first_layer(network: Network, device: Device, tensors: Mapping[str, Int8]) -> LayerVerdict | None:
    """Compare digests of one walk; fetch the first tensor that differs."""
    digests = device.digests()
    differing = [
        layer.index
        for layer, digest in zip(network.layers, digests, strict=True)
        if digest.crc != _crc(expected(layer, tensors))
    ]
    if not differing:
        return None
    first = network.layers[differing[0]]
    found = device.layer(first.index)
    how: Difference | None = None
    if _crc(found) == digests[first.index].crc:
        how = difference(expected(first, tensors), found)
    if how is None:
        raise BoardError(
            f"layer {first.index} ({first.name}) was computed twice from one frame and differs",
            "Memory is damaged while the network runs: look at DMA, caches and stacks.",
        )
    return LayerVerdict(first, how, differing, roots(network.layers, differing))


def _crc(tensor: Int8) -> int:
    return zlib.crc32(tensor.tobytes())
