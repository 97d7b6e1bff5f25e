"""Trained weights to float ONNX to the committed int8 ONNX.

    python -m training.export --weights DIR/sizes.pt DIR/small.pt --float DIR/float.onnx

Needs torch (an extra) to read the checkpoint.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from n6gen.scenes import render
from training.evaluate import MODEL
from training.floatgraph import Folded, build
from training.network import Conv, Network
from training.quantise import quantise

SIZE = 320
#: Quantised logits are often equal, and then the lower class wins: background. This gives about half of them back.
PERSON_BIAS = np.float32(0.2)
CALIBRATION_SEEDS = range(8_000_000, 8_000_160)


def folded(net: Network) -> Folded:
    """Weights and biases of every convolution, batch norm folded in, and the bias towards the person class."""
    out: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, conv in net.convs.items():
        assert isinstance(conv, Conv)
        weight, bias = conv.folded()
        out[name] = weight.numpy(), bias.numpy()
    out[net.head[-1].name][1][1] += PERSON_BIAS
    return out


def mean(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each weight and statistic: what several stages agree in outlives what one of them forgot."""
    return {
        name: torch.stack([state[name].double() for state in states]).mean(0).to(value.dtype)
        for name, value in states[0].items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights", type=Path, nargs="+", required=True, help="a stage's weights, or those of several: then their mean"
    )
    parser.add_argument("--float", type=Path, required=True, help="where to write the float ONNX")
    parser.add_argument("--out", type=Path, default=MODEL, help="where to write the int8 ONNX")
    args = parser.parse_args()
    net = Network()
    net.load_state_dict(mean([torch.load(file, weights_only=True) for file in args.weights]))
    model = build(folded(net.eval()), SIZE)
    onnx.save(model, args.float)
    images = (render(seed, SIZE, "broad", empty=seed % 8 == 7).image for seed in CALIBRATION_SEEDS)
    onnx.save(quantise(model, images), args.out)
    data = args.out.read_bytes()
    print(f"{args.out}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
