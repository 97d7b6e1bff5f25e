"""ST's DeepLabv3 person network, whole: every byte that the cpu compiler's C computes is onnxruntime's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from n6gen.compiler.cpu import compile_cpu
from n6gen.decode import argmax, rounded
from n6gen.model.loader import load
from n6gen.model.reference import IntegerReference
from tests.compiler.checking import Tensor, images
from tests.compiler.on_host import HostCompiler, compare

pytestmark = [pytest.mark.shared, pytest.mark.slow]

_KERNELS = ["c", "ref"]
_ARENA = {256: 1_000_000, 320: 1_600_000, 416: 2_660_000}


def _model(shared: Path, side: int) -> Path:
    return next((shared / "models").glob(f"deeplab_v3_mobilenetv2_05_16_{side}_*_qdq_int8.onnx"))


def _photos(shared: Path, side: int) -> list[Tensor]:
    """The test frames as the network takes them, roughly; the exact mapping is not the subject here."""
    files = sorted((shared / "frames").glob("*.png"))
    assert files
    pictures = [Image.open(file).convert("RGB").resize((side, side)) for file in files]
    return [(np.asarray(picture).astype(np.int16) - 128).astype(np.int8) for picture in pictures]


@pytest.mark.parametrize("kernels", _KERNELS)
def test_every_tensor_at_320(shared: Path, tmp_path: Path, fast: HostCompiler, kernels: str) -> None:
    """On photos, noise, both extremes and their mixture."""
    inputs = [*_photos(shared, 320), *images(320, 320, 3), np.zeros((320, 320, 3), np.int8)]
    compare(fast, onnx.load(_model(shared, 320)), tmp_path / "network", kernels, inputs)


@pytest.mark.parametrize("side", [256, 416])
@pytest.mark.parametrize("kernels", _KERNELS)
def test_every_tensor_at_other_sizes(shared: Path, tmp_path: Path, fast: HostCompiler, kernels: str, side: int) -> None:
    """The same weights on other input sizes, a photo and noise."""
    inputs = [_photos(shared, side)[0], images(side, side, 3)[0]]
    compare(fast, onnx.load(_model(shared, side)), tmp_path / "network", kernels, inputs)


def test_sanitizers_find_nothing_at_320(shared: Path, tmp_path: Path, sanitized: HostCompiler) -> None:
    """No undefined behaviour: no overflow, no bad shift, no access outside of an object."""
    inputs = [_photos(shared, 320)[0], images(320, 320, 3)[1]]
    compare(sanitized, onnx.load(_model(shared, 320)), tmp_path / "network", "c", inputs)


@pytest.mark.parametrize("side", list(_ARENA))
@pytest.mark.parametrize("keep_head", [False, True])
@pytest.mark.parametrize("kernels", _KERNELS)
def test_activations_fit(shared: Path, tmp_path: Path, kernels: str, side: int, keep_head: bool) -> None:
    """Activations, input included, as placed; cut off or not, the head is not where the peak is."""
    model = load(_model(shared, side))
    network = compile_cpu(model, tmp_path, kernels=kernels, keep_head=keep_head, decode="rounded")
    assert network.arena_bytes <= _ARENA[side]
    assert network.decode == ("argmax" if keep_head else "rounded")
    assert network.mask_size == (side, side)
    assert network.macs == sum(layer.macs for layer in network.layers)


def test_cut_and_rounded_is_the_whole_network(shared: Path, tmp_path: Path, fast: HostCompiler) -> None:
    """The compiled network without its head, then `rounded`, gives the very mask of the whole integer network."""
    model = load(_model(shared, 320))
    network = compile_cpu(model, tmp_path / "network", decode="rounded")
    reference = IntegerReference(model.proto)
    head, output = network.head, network.output
    assert head is not None
    photos = _photos(shared, 320)
    for photo, found in zip(photos, fast.run(network, photos), strict=True):
        logits = found[-output.height * output.width * output.channels :].reshape(output.height, output.width, -1)
        mask = rounded(logits, head.scale, head.zero_point, (head.factor_height, head.factor_width))
        assert np.array_equal(mask, argmax(reference.logits(photo)))
