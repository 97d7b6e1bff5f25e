"""Held-out figures of the demo model, from the committed file.

    python -m training.evaluate                  # a table: 256, 320 and 416
    python -m training.evaluate --grid FILE.png  # the same, and a picture of 12 held-out frames with their masks
    python -m training.evaluate --split stress   # held-out families, but as loud and as small as in training
    python -m training.evaluate --float F.onnx   # also the float network that the model was quantised from

Needs numpy, pillow, onnx and onnxruntime. Figures are pooled over all pixels of all scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from n6gen.rewrite import at_resolution
from n6gen.scenes import Split, render

MODEL = Path(__file__).resolve().parent.parent / "models" / "demo" / "people_deeplabv3_mnv2a05_s16_320_qdq_int8.onnx"
SIZES = (256, 320, 416)
FIRST_SEED = 6_000_000  # training uses 0 to 4 million, monitoring 5 million, calibration 8 million
SCENES, EMPTY = 200, 200


@dataclass(frozen=True)
class Score:
    """Shares of 1. `empty`: person pixels found in scenes without anybody; `worst`: that of the worst such scene."""

    person: float
    mean: float
    empty: float
    worst: float


class Segmenter:
    """A model at one resolution, run by onnxruntime."""

    def __init__(self, model: onnx.ModelProto, size: int, threads: int = 0) -> None:
        """`model` at any resolution; `threads` 0 lets onnxruntime choose."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        wire = at_resolution(model, size).SerializeToString()
        self._session = onnxruntime.InferenceSession(wire, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """RGB bytes [S, S, 3] to the person mask [S, S]; a tie is background."""
        x = image.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - np.float32(1)
        (logits,) = self._session.run(None, {self._input: x})
        found: NDArray[np.bool_] = logits[0, 1] > logits[0, 0]
        return found


def ratio(over: int, under: int) -> float:
    """over / under; 1 when both are nothing (no such pixel, and none claimed)."""
    return over / under if under else 1.0


def score(segment: Segmenter, size: int, split: Split, scenes: int, empty: int) -> Score:
    """Figures over `scenes` scenes with people and `empty` scenes without."""
    both = either = neither = union = 0
    for seed in range(FIRST_SEED, FIRST_SEED + scenes):
        scene = render(seed, size, split)
        found, truth = segment(scene.image), scene.mask == 1
        both += int(np.count_nonzero(found & truth))
        either += int(np.count_nonzero(found | truth))
        neither += int(np.count_nonzero(~found & ~truth))
        union += int(np.count_nonzero(~found | ~truth))
    false = [
        float(segment(render(seed, size, split, empty=True).image).mean())
        for seed in range(FIRST_SEED, FIRST_SEED + empty)
    ]
    person = ratio(both, either)
    return Score(person, (person + ratio(neither, union)) / 2, sum(false) / max(empty, 1), max(false, default=0.0))


def table(
    models: Sequence[tuple[str, onnx.ModelProto]], sizes: Sequence[int], split: Split, scenes: int, empty: int
) -> str:
    """The figures as a Markdown table."""
    lines = ["| size | arithmetic | person IoU | mIoU | false person, empty scenes | worst empty scene |",
             "|---:|---|---:|---:|---:|---:|"]  # fmt: skip
    for size in sizes:
        for name, model in models:
            s = score(Segmenter(model, size), size, split, scenes, empty)
            lines.append(f"| {size} | {name} | {s.person:.4f} | {s.mean:.4f} | {s.empty:.3%} | {s.worst:.3%} |")
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--float", type=Path, help="also score this float ONNX")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--split", choices=("heldout", "stress", "train", "wide", "broad"), default="heldout")
    parser.add_argument("--scenes", type=int, default=SCENES)
    parser.add_argument("--empty", type=int, default=EMPTY)
    parser.add_argument("--grid", type=Path, help="write a picture of 12 held-out frames with masks")
    args = parser.parse_args()
    model = onnx.load(args.model)
    models = [("int8", model)]
    if args.float:
        models.insert(0, ("float", onnx.load(args.float)))
    print(f"{args.scenes} {args.split} scenes with people and {args.empty} without, from seed {FIRST_SEED}\n")
    print(table(models, args.sizes, args.split, args.scenes, args.empty))
    if args.grid:
        from training.grid import write_grid

        write_grid(args.grid, Segmenter(model, 320), 320)
        print(f"\n{args.grid}: green found, red missed, blue too much")


if __name__ == "__main__":
    main()
