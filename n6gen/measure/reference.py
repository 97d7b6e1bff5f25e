"""What the host says the mask must be, and how far onnxruntime agrees with itself.

Two references. The *integer* one is exact: onnxruntime on the QLinearConv rewrite of the very network that was
compiled, then the decode's Python definition; a device mask must equal it. The *default* one is onnxruntime's run of
the QDQ model as it is, in float where it likes: informative, as it depends on onnxruntime's optimisations.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from n6gen import decode
from n6gen.errors import InputError
from n6gen.image.manifest import Manifest
from n6gen.model import InputDeclaration, load
from n6gen.model.ir import Tensor
from n6gen.model.mapping import byte_table
from n6gen.model.reference import IntegerReference, QdqReference
from n6gen.rewrite import Head, cut_at, cut_head

Mask = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]


@attrs.frozen
class Agreement:
    """Shares of pixels, 0..1, of one frame."""

    mask_exact: float
    mask_agreement: float
    ort_self_agreement: float


@attrs.frozen(eq=False)
class References:
    """What the host makes of one frame. `exact`: the integer reference; `default`, `plain`: onnxruntime as it is, and
    without its optimisations."""

    exact: Mask
    default: Mask
    plain: Mask

    def agreement(self, device: Mask) -> Agreement:
        """Compare a device's mask with all of them."""
        return Agreement(_share(device, self.exact), _share(device, self.default), _share(self.default, self.plain))


class HostReference:
    """The references of one build. Frames are uint8 RGB [H, W, 3], masks uint8 class indices [H, W].

    The mask of a build with a cut network has no pixels.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Load the model that lies in the build `folder`. Raises InputError if the build was made without its model."""
        options, declared = manifest.options, manifest.model["input"]
        if manifest.model["file"] is None:
            raise InputError(
                f"{folder} was built from a compiled network, without its model: there is nothing to compare with",
                "Build it with --model too.",
            )
        declaration = InputDeclaration(tuple(declared["mean"]), tuple(declared["std"]), declared["order"])
        model = load(folder / manifest.model["file"], declaration)
        if manifest.cut is not None:
            model = cut_at(model, manifest.cut)
        as_it_is = options["keep_head"] or manifest.cut is not None
        cut, head = (model.proto, None) if as_it_is else cut_head(model.proto)
        self._input = model.input
        self._table = byte_table(model.input, model.graph.tensors[model.graph.input], options["input_map"])
        self._integer = IntegerReference(cut)
        self._decode = _no_mask if manifest.cut is not None else _decoder(options["decode"], head)
        self._proto, self._whole = model.proto, manifest.cut is None

    @functools.cached_property
    def _default(self) -> QdqReference:
        return QdqReference(self._proto)

    @functools.cached_property
    def _plain(self) -> QdqReference:
        return QdqReference(self._proto, optimise=False)

    @property
    def output(self) -> Tensor:
        """The logits as the network gives them."""
        return self._integer.graph.tensors[self._integer.graph.output]

    def quantised(self, frame: npt.NDArray[np.uint8]) -> Int8:
        """The network's input, int8 [H, W, 3]: the frame by the mapping that the device uses."""
        channels = zip(self._table, self._input.channels, strict=True)
        return np.stack([row[frame[..., source]] for row, source in channels], axis=-1)

    def tensors(self, quantised: Int8) -> Mapping[str, Int8]:
        """All of the network's tensors by their ONNX names, each int8 [height, width, channels]."""
        return self._integer.tensors(quantised)

    def decoded(self, logits: Int8) -> Mask:
        """The mask that the build's decode makes of the network's output."""
        return self._decode(logits)

    def mask(self, frame: npt.NDArray[np.uint8]) -> Mask:
        """The mask that the device must give: all in integers."""
        return self.decoded(self._integer.logits(self.quantised(frame)))

    def default(self, frame: npt.NDArray[np.uint8]) -> Mask:
        """The mask of onnxruntime's run of the QDQ model as it is."""
        if not self._whole:
            return _no_mask(None)
        return decode.argmax(self._default.run(self._input.floats(frame)))

    def references(self, frame: npt.NDArray[np.uint8]) -> References:
        """All masks for one frame."""
        real = self._input.floats(frame)
        default, plain = (decode.argmax(run.run(real)) for run in (self._default, self._plain))
        return References(self.mask(frame), default, plain)


def _decoder(definition: str, head: Head | None) -> Callable[[npt.NDArray[np.int8]], Mask]:
    if head is None:
        return decode.argmax
    factor = (head.factor_h, head.factor_w)
    if definition == "fine":
        return lambda logits: decode.fine(logits, head.zero_point, factor)
    return lambda logits: decode.rounded(logits, head.scale, head.zero_point, factor)


def _no_mask(_: object) -> Mask:
    """What a network makes that is cut before its logits."""
    return np.zeros((0, 0), np.uint8)


def _share(one: Mask, other: Mask) -> float:
    return float((one == other).mean())
