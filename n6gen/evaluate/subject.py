"""What is evaluated: the network of a build, or a model that nobody has built."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.evaluate.metric import Mask
from n6gen.image.manifest import Manifest, read_manifest
from n6gen.measure.reference import HostReference
from n6gen.model import InputDeclaration, load
from n6gen.tools.files import sha256_bytes

Judge = Callable[[Mask], Mask]

#: Who makes masks, besides a board. The first is what all others are compared with.
INTEGER, DEFAULT = "integer", "onnxruntime"
MAPPINGS = ("exact", "raw")


@attrs.frozen
class Subject:
    """A network and the folder of its model. `manifest` is a build's, or stands for one that was not made."""

    folder: Path
    manifest: Manifest
    built: bool

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return int(self.manifest.model["classes"])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of its input."""
        return int(self.manifest.model["height"]), int(self.manifest.model["width"])

    @property
    def mapping(self) -> str:
        """How bytes reach it: `exact` or `raw`."""
        return str(self.manifest.options["input_map"])

    @property
    def must_be_exact(self) -> bool:
        """Whether the board's masks must equal the integer reference's to the pixel."""
        return bool(self.manifest.network["compiler"]["name"] == "cpu")

    def other_mapping(self) -> str:
        """The mapping that it does not use."""
        return MAPPINGS[1 - MAPPINGS.index(self.mapping)]

    def on_host(self, mapping: str | None = None) -> HostReference:
        """The host's references, by the subject's own mapping or another. Raises InputError for an unusable model."""
        options = {**self.manifest.options, "input_map": mapping or self.mapping}
        return HostReference(self.folder, attrs.evolve(self.manifest, options=options))


def built(folder: Path) -> Subject:
    """The network of a build. Raises InputError if there is none, or it was taken without its model."""
    manifest = read_manifest(folder)
    manifest.check_mask(folder)
    if manifest.model["file"] is None:
        raise InputError(f"{folder} was built from a compiled network, without its model", "Build it with --model too.")
    return Subject(folder, manifest, built=True)


def unbuilt(file: Path, declared: InputDeclaration, options: Mapping[str, Any], res: int | None = None) -> Subject:
    """A model by itself. `options`: `decode`, `keep_head` and `input_map`, as for a build. InputError if unusable."""
    model = load(file, declared)
    model.check_resolution(res)
    spec = model.input
    described = {
        "file": file.name,
        "source": str(file),
        "sha256": model.sha256,
        "height": spec.height,
        "width": spec.width,
        "classes": model.classes,
        "input": {"mean": spec.mean, "std": spec.std, "order": spec.order, "source": spec.source},
    }
    identity = sha256_bytes(json.dumps([model.sha256, described["input"], dict(options)], sort_keys=True).encode())
    manifest = Manifest(
        board="",
        network_id="",
        build_id=identity,
        fingerprint="",
        partitions=(),
        files={},
        model=described,
        network={},
        options=options,
        sources={},
        tools={},
        flags=(),
        memory={},
    )
    return Subject(file.parent, manifest, built=False)


def check_built(subject: Subject) -> None:
    """Raise InputError if no board can run the subject."""
    if not subject.built:
        raise InputError("a model by itself runs on the host only", "Build and flash it; then say --build DIR.")
