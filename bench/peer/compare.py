"""The network that a peer implements, and how what it gives compares with the integer reference."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import onnx

from bench.peer.program import Outcome, build, execute
from bench.subjects import Subject
from n6gen.board import load_board
from n6gen.build.pipeline import locate_model
from n6gen.build.request import BuildRequest
from n6gen.errors import InputError
from n6gen.measure.frames import frames_for
from n6gen.model import Model, load
from n6gen.model.reference import IntegerReference
from n6gen.rewrite import cut_head


@attrs.frozen
class Compared:
    """One inference of a peer. `differ` of `values` quantised logits differ, by at most `largest` steps."""

    outcome: Outcome
    differ: int
    values: int
    largest: int
    argmax: float

    def __str__(self) -> str:
        """One line."""
        out = self.outcome
        return (
            f"{out.instructions:,} instructions  RAM {out.ram:,} B  code and constants {out.rom:,} B  "
            f"{self.differ} of {self.values} logits differ (by {self.largest} at most), arg max equal {self.argmax:.2%}"
        )


def cut(subject: Subject) -> tuple[Model, onnx.ModelProto]:
    """The model of a subject, and what a peer implements of it: the QDQ model up to its logits."""
    words = dict(zip(subject.words[::2], subject.words[1::2], strict=True))
    request = BuildRequest("virtual", model=words["--model"], res=subject.resolution)
    path = locate_model(request, load_board("virtual"))
    if path is None:
        raise InputError(f"there is no model {subject.model}")
    model = load(path)
    return model, cut_head(model.proto)[0]


def compare(subject: Subject, folder: Path, flags: Sequence[str]) -> Compared:
    """Build the code in `folder` and run it on one frame of a generated scene; see `build` and `execute`."""
    model, proto = cut(subject)
    frame = frames_for([], 1, subject.resolution)[0].pixels
    reference = IntegerReference(proto)
    tensor = reference.graph.tensors[reference.graph.output]
    wanted = reference.logits(model.input.quantise(frame, reference.graph.tensors[reference.graph.input]))
    with tempfile.TemporaryDirectory(prefix="n6gen-peer-") as name:
        program = build(folder, Path(name), flags)
        real = model.input.floats(frame)[0].transpose(1, 2, 0)
        outcome = execute(program, real, Path(name))
    if outcome.output.shape != wanted.shape:
        raise InputError(f"the program gives {outcome.output.shape}, the model {wanted.shape}")
    steps = np.rint(outcome.output / tensor.scale) + tensor.zero_point
    given: npt.NDArray[np.int32] = np.clip(steps, -128, 127).astype(np.int32)
    off = np.abs(given - wanted)
    same = float((given.argmax(-1) == wanted.argmax(-1)).mean())
    return Compared(outcome, int((off > 0).sum()), off.size, int(off.max()), same)
