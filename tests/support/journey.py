"""The three commands on a tiny network, for tests that need a finished build."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from PIL import Image

from tests.support.cli import Ran, n6gen
from tests.support.qdq import segmenter

SIDE = 32


def tiny_model(folder: Path, seed: int = 0) -> Path:
    """A QDQ model file of `SIDE` × `SIDE` pixels with every operator."""
    file = folder / f"tiny{seed}.onnx"
    onnx.save(segmenter(SIDE, SIDE, factor=4, seed=seed), file)
    return file


def pictures(folder: Path, count: int = 2) -> list[Path]:
    """Noise pictures of the model's size."""
    noise = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"noise{i}.png" for i in range(count)]
    for file in files:
        Image.fromarray(noise.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(file)
    return files


def build(model: Path, out: Path, *options: str | Path) -> Ran:
    """`n6gen build` for the virtual board."""
    return n6gen("build", "--board", "virtual", "--model", model, "--out", out, "--json", *options)


def flash(out: Path, *options: str | Path) -> Ran:
    """`n6gen flash`."""
    return n6gen("flash", "--build", out, "--json", *options)


def measure(out: Path, frames: list[Path], *options: str | Path) -> Ran:
    """`n6gen measure`."""
    return n6gen("measure", "--build", out, "--json", "--frames", *frames, *options)
