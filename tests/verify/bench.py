"""A tiny network on the virtual board, with defects to choose from."""

from __future__ import annotations

import re
from pathlib import Path

import onnx

from n6gen.build.pipeline import build
from n6gen.build.request import BuildRequest
from n6gen.compiler.network import Network
from n6gen.emulator.instance import open_instance
from n6gen.image import weights
from n6gen.image.manifest import Manifest, read_manifest
from n6gen.measure.frames import load_frames
from n6gen.measure.virtual import VirtualBoard
from n6gen.resources import data_dir
from n6gen.verify.run import Order, Verification, run
from tests.support.journey import SIDE, pictures

#: Name below templates/ → what stands there → what stands there instead.
Edits = dict[str, list[tuple[str, str]]]


class Bench:
    """Builds of one model in one folder: each build of another defect compiles only what the defect changes."""

    def __init__(self, folder: Path, model: onnx.ModelProto, kernels: str) -> None:
        self.folder, self.out, self.kernels = folder, folder / "build", kernels
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(model, folder / "model.onnx")
        self.files = pictures(folder / "frames", 2)
        self._defects: dict[str, Path] = {}

    def build(self, edits: Edits | None = None, cut: str | None = None) -> Manifest:
        """The build, with `edits` in a templates folder of the user's own, and perhaps cut at a tensor."""
        mine = self._defects.get(repr(edits)) if edits else None
        if edits and mine is None:
            mine = self._defects[repr(edits)] = self.folder / f"defect {len(self._defects) + 1}"
            for name, changes in edits.items():
                text = (data_dir("templates") / name).read_text()
                for old, new in changes:
                    assert old in text, f"{name} has no {old!r}"
                    text = text.replace(old, new)
                (mine / name).parent.mkdir(parents=True, exist_ok=True)
                (mine / name).write_text(text)
        request = BuildRequest(
            board="virtual",
            model=str(self.folder / "model.onnx"),
            out=self.out,
            kernels=self.kernels,
            templates=mine,
            cut=cut,
        )
        return build(request).manifest

    @property
    def network(self) -> Network:
        """What was compiled."""
        return Network.load(self.out / "network")

    def flash(self) -> Path:
        """Put the build's images into the virtual board's flash; the file of that flash."""
        nor = open_instance("virtual-0").nor
        data = bytearray(nor.read_bytes())
        for image in read_manifest(self.out).partitions:
            data[image.offset : image.offset + image.size] = (self.out / image.file).read_bytes()
        nor.write_bytes(data)
        return nor

    def flip(self, at: int, bit: int = 0x40) -> None:
        """Flip a bit of byte `at` of the weights in the flash; size, CRC and id of what is there are right."""
        nor, manifest = self.flash(), read_manifest(self.out)
        blob = bytearray((self.out / "network" / "weights.bin").read_bytes())
        blob[at] ^= bit
        (image,) = (image for image in manifest.partitions if image.name == "weights")
        wrapped = weights.wrap(bytes(blob), manifest.network_id)
        assert len(wrapped) == image.size
        data = bytearray(nor.read_bytes())
        data[image.offset : image.offset + image.size] = wrapped
        nor.write_bytes(data)

    def weights_of(self, layer: int, member: str = "") -> int:
        """Where the weights of a layer begin in the blob, as its network.c says; `member` of a block."""
        code = (self.out / "network" / "network.c").read_text()
        (constant,) = re.findall(rf"^static const struct \w+ layer_{layer} = {{(.*?)^}};", code, re.M | re.S)
        (found,) = re.findall(rf"(?<!\w)\.{re.escape(member + 'weights')} = (\d+)", constant)
        return int(found)

    def verify(self, *, every_tensor: bool = False, frames: int = 1) -> Verification:
        """What n6gen verify does."""
        order = Order(
            self.out, read_manifest(self.out), load_frames(self.files[:frames], SIDE), every_tensor, timeout=20
        )
        return run(VirtualBoard(open_instance("virtual-0")), order)[0]
