"""What was found: frame by frame, stage by stage, each judged by what it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.compiler.network import LayerInfo, Network
from n6gen.evaluate.metric import Score, confusion
from n6gen.measure.host import PICTURES
from n6gen.report.verification import Seen
from n6gen.verify.difference import Difference

Mask = npt.NDArray[np.uint8]
#: A frame's way: its bytes to the network's input, that to logits, those to the mask.
Stage = Literal["input", "network", "decode"]


@attrs.frozen(eq=False)
class LayerVerdict:
    """The first layer that differs, and how. `origins`: all layers that differ though their inputs are right."""

    layer: LayerInfo
    difference: Difference
    differing: Sequence[int]
    origins: Sequence[int]

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        layer = self.layer
        return {
            "index": layer.index,
            "name": layer.name,
            "kind": layer.kind,
            "tensor": layer.tensor,
            "left_out": None if layer.left_out is None else list(layer.left_out),
            "inputs": list(layer.inputs),
            **self.difference.as_json(),
            "differing_layers": list(self.differing),
            "origins": list(self.origins),
        }


@attrs.frozen(eq=False)
class FrameVerdict:
    """One frame. `device` is the board's mask, `expected` the integer reference's, `default` onnxruntime's.

    `input` and `output`: how the network's differ, None if they don't; the output is judged by the board's own input.
    `layer`: the first one that differs. `decode_wrong`: pixels in which the mask is not what the decode makes of the
    board's own output. `compared`: tensors of this frame that were compared, whole or by CRC-32, and their elements.
    """

    name: str
    picture: npt.NDArray[np.uint8]
    device: Mask
    expected: Mask
    default: Mask
    input: Difference | None
    layer: LayerVerdict | None
    output: Difference | None
    decode_wrong: int
    compared: tuple[int, int]

    @property
    def wrong(self) -> list[Stage]:
        """The stages that did something else with what they were given, in order."""
        stages: list[tuple[Stage, bool]] = [
            ("input", self.input is not None),
            ("network", self.output is not None or self.layer is not None),
            ("decode", self.decode_wrong > 0),
        ]
        return [name for name, is_wrong in stages if is_wrong]

    @property
    def where(self) -> npt.NDArray[np.uint16] | None:
        """Where the tensor that goes wrong first differs, [height, width]; None if it is no tensor."""
        layer = None if self.layer is None else self.layer.difference
        first = self.input or layer or self.output
        return None if first is None else first.pixels

    @property
    def exact(self) -> bool:
        """Whether nothing differs, the mask included."""
        return not self.wrong and bool((self.device == self.expected).all())

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        return {
            "name": self.name,
            "exact": self.exact,
            "wrong": self.wrong,
            "mask_exact": _share(self.device, self.expected),
            "mask_agreement": _share(self.device, self.default),
            "input": self.input and self.input.as_json(),
            "layer": self.layer and self.layer.as_json(),
            "output": self.output and self.output.as_json(),
            "decode_differing": self.decode_wrong,
            "tensors": self.compared[0],
            "elements": self.compared[1],
        }


@attrs.frozen(eq=False)
class Verdict:
    """All frames of one board. `every_tensor`: whether all layers of all frames were compared."""

    network: Network
    frames: Sequence[FrameVerdict]
    every_tensor: bool

    @property
    def exact(self) -> bool:
        """Whether nothing differs anywhere."""
        return all(frame.exact for frame in self.frames)

    @property
    def first(self) -> FrameVerdict | None:
        """The first frame in which something differs."""
        return next((frame for frame in self.frames if not frame.exact), None)

    @property
    def compared(self) -> tuple[int, int]:
        """Tensors and elements, over all frames."""
        counts = [frame.compared for frame in self.frames]
        return sum(tensors for tensors, _ in counts), sum(elements for _, elements in counts)

    def iou(self, reference: Literal["expected", "default"]) -> list[float | None]:
        """IoU of each class, of the board's masks and a reference's; None for a class that is in neither.

        Of a network without a mask, nothing.
        """
        if not any(frame.device.size for frame in self.frames):
            return []
        classes = self.network.output.channels
        counts = [confusion(getattr(frame, reference), frame.device, classes) for frame in self.frames]
        return Score(counts).iou

    def pictures(self) -> list[Seen]:
        """The first frames, for a page."""
        return [Seen(frame.picture, frame.device, frame.expected, frame.where) for frame in self.frames[:PICTURES]]

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it; who was verified is the caller's to say."""
        first = self.first
        tensors, elements = self.compared
        return {
            "verdict": {
                "exact": self.exact,
                "wrong": first.wrong[0] if first and first.wrong else None,
                "frame": first and first.name,
            },
            "compared": {
                "frames": len(self.frames),
                "tensors": tensors,
                "elements": elements,
                "every_tensor": self.every_tensor,
                "layers": len(self.network.layers),
            },
            "mask_exact": _mean([_share(frame.device, frame.expected) for frame in self.frames]),
            "mask_agreement": _mean([_share(frame.device, frame.default) for frame in self.frames]),
            "iou": {"integer": self.iou("expected"), "onnxruntime": self.iou("default")},
            "frames": [frame.as_json() for frame in self.frames],
        }


def _share(one: Mask, other: Mask) -> float | None:
    """The share of equal pixels; None where there are none, as a cut network makes no mask."""
    return float((one == other).mean()) if one.size else None


def _mean(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None
