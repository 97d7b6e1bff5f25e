"""What a build's manifest says."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import attrs

from n6gen import __version__
from n6gen.app.build import BuiltApp
from n6gen.app.elf import memory_use
from n6gen.app.flags import compile_flags
from n6gen.app.render import Project
from n6gen.board import Board
from n6gen.build.request import BuildRequest
from n6gen.compiler.network import Network, network_id
from n6gen.image.manifest import Manifest, PartitionImage
from n6gen.model import InputSpec, Model
from n6gen.tools.files import sha256_file


def describe(
    request: BuildRequest,
    board: Board,
    compiler: str,
    model: Model | None,
    spec: InputSpec,
    network: Network,
    project: Project,
    app: BuiltApp,
    images: Sequence[PartitionImage],
    fingerprint: str,
) -> Manifest:
    """The manifest of a build whose files are all in place."""
    out = request.out
    made = ["app.elf", "network/network.json", "network/network.c", *(image.file for image in images)]
    made += ["model.onnx"] if model is not None else []
    made += sorted(path.name for path in out.glob("*.hex"))
    rewrites = [*(model.rewrites if model else ()), *(["cut-head"] if network.head is not None else [])]
    packages = (
        {f"vendor {name}": f"sha256 {sha}" for name, sha in project.vendor.digests.items()} if project.vendor else {}
    )
    return Manifest(
        board=board.name,
        network_id=network_id(network),
        build_id=project.build_id,
        fingerprint=fingerprint,
        partitions=tuple(images),
        files={name: sha256_file(out / name) for name in made},
        model={
            "file": "model.onnx" if model is not None else None,
            "source": str(model.path if model is not None else request.network),
            "sha256": model.sha256 if model is not None else None,
            "height": spec.height,
            "width": spec.width,
            "classes": network.output.channels,
            "input": {"mean": spec.mean, "std": spec.std, "order": spec.order, "source": spec.source},
            "rewrites": rewrites,
        },
        network={
            "compiler": attrs.asdict(network.compiler),
            "decode": network.decode,
            "macs": network.macs,
            "layers": len(network.layers),
            "weights_bytes": network.weights_bytes,
            "arena_bytes": network.arena_bytes,
            "profile": request.profile,
            **({"npu": attrs.asdict(network.npu)} if network.npu is not None else {}),
        },
        options={**request.options(), "compiler": compiler},
        sources={name: sha256_file(project.folder / name) for name in project.files},
        tools={
            "n6gen": __version__,
            "onnx": version("onnx"),
            "onnxruntime": version("onnxruntime"),
            **packages,
            **app.tools,
        },
        flags=compile_flags(project.build_folder),
        memory={
            **memory_use(app.app, board),
            "nor": {image.name: {"used": image.size, "size": board.partition(image.name).size} for image in images},
        },
    )
