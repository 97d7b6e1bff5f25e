"""Rendered scenes on disk: one memory-mapped pair of arrays per size, filled by a pool of processes."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from n6gen.scenes import Split, render

_CHUNK = 64


@dataclass(frozen=True)
class Scenes:
    """`images` uint8 [N, S, S, 3] and `masks` uint8 [N, S, S]."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]


def _fill(folder: str, size: int, first: int, count: int, start: int, split: Split, empty_every: int) -> None:
    images = np.load(f"{folder}/images.npy", mmap_mode="r+")
    masks = np.load(f"{folder}/masks.npy", mmap_mode="r+")
    for k in range(start, min(start + _CHUNK, count)):
        scene = render(first + k, size, split, empty=k % empty_every == empty_every - 1)
        images[k], masks[k] = scene.image, scene.mask


def cached(folder: Path, size: int, first: int, count: int, split: Split, empty_every: int) -> Scenes:
    """Scenes with seeds first .. first + count - 1 at `size`, rendered once and kept in `folder`.

    Every `empty_every`-th scene has nobody in it. A finished cache is recognised by its `done` file; remove the
    folder after a change of the generator.
    """
    here = folder / f"{split}-{size}-{first}-{count}-{empty_every}"
    if not (here / "done").exists():
        here.mkdir(parents=True, exist_ok=True)
        np.lib.format.open_memmap(here / "images.npy", "w+", np.uint8, (count, size, size, 3))
        np.lib.format.open_memmap(here / "masks.npy", "w+", np.uint8, (count, size, size))
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(_fill, str(here), size, first, count, k, split, empty_every)
                for k in range(0, count, _CHUNK)
            ]
            for job in jobs:
                job.result()
        (here / "done").touch()
    return Scenes(np.load(here / "images.npy", mmap_mode="r"), np.load(here / "masks.npy", mmap_mode="r"))


def batch(scenes: Scenes, rows: NDArray[np.int64], rng: np.random.Generator, saturate: bool) -> Scenes:
    """The rows as one batch, mirrored and recoloured at random (gain, offset, cast; saturation if asked)."""
    images = scenes.images[np.sort(rows)].astype(np.float32)
    masks = scenes.masks[np.sort(rows)]
    gain = rng.uniform(0.7, 1.35, (len(rows), 1, 1, 1)) * rng.uniform(0.92, 1.08, (len(rows), 1, 1, 3))
    offset = rng.uniform(-18, 18, (len(rows), 1, 1, 1))
    if saturate:
        grey = images.mean(axis=3, keepdims=True)
        images = grey + (images - grey) * rng.uniform(0.2, 1.5, (len(rows), 1, 1, 1)).astype(np.float32)
    out = np.clip(images * gain.astype(np.float32) + offset.astype(np.float32), 0, 255).astype(np.uint8)
    flip = rng.random(len(rows)) < 0.5
    out[flip] = out[flip, :, ::-1]
    masks[flip] = masks[flip, :, ::-1]
    return Scenes(out, masks)
