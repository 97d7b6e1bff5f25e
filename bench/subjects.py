"""What is measured: models, resolutions, kernel sets."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parent.parent
DEMO, ST = "demo", "st-deeplabv3-person"
MODELS = (DEMO, ST)
RESOLUTIONS = (256, 320, 416)
KERNELS = ("ref", "c", "mve")


@attrs.frozen
class Subject:
    """One build to measure; `words` name its model to `n6gen build`."""

    model: str
    resolution: int
    kernels: str
    words: tuple[str, ...]


def subjects(models: Collection[str], resolutions: Collection[int], kernels: Collection[str]) -> Iterator[Subject]:
    """Those of the chosen ones that are there: ST's networks only where N6GEN_SHARED, or ../shared, has them."""
    for model in models:
        for resolution in resolutions:
            words = _words(model, resolution)
            for name in kernels if words else ():
                yield Subject(model, resolution, name, words)


def gated() -> list[Subject]:
    """What the gate builds: few, as it runs with every change."""
    return [*subjects([DEMO], RESOLUTIONS, ["mve"]), *subjects([DEMO], [320], ["c"])]


def _words(model: str, resolution: int) -> tuple[str, ...]:
    if model == DEMO:
        return ("--model", DEMO, "--res", str(resolution))
    folder = Path(os.environ.get("N6GEN_SHARED") or ROOT.parent / "shared") / "models"
    found = sorted(folder.glob(f"deeplab_v3_mobilenetv2_05_16_{resolution}_*.onnx"))
    return ("--model", str(found[0])) if found else ()
