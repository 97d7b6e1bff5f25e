"""A build's network, cut: where that can be done, and the builds, which lie in `cuts/` below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
from filelock import FileLock, Timeout

from n6gen.build.pipeline import build
from n6gen.build.request import BuildRequest
from n6gen.errors import InputError, NotComparableError
from n6gen.image.manifest import Manifest
from n6gen.model import InputDeclaration, ir, load
from n6gen.model.import_qdq import import_qdq
from n6gen.rewrite import Cut, cut_head, cuts
from n6gen.verify.search import Place, at_most

FOLDER = "cuts"
_PATIENCE_S = 2.0
#: Files of a project that do not depend on where the network is cut.
_COMMON = ("core/", "kernels/", "decode/", "cortexm/", "board/src/")


@attrs.frozen(eq=False)
class CutBuilds:
    """The cut networks of the build in `folder`. `graph` is what is compiled of its model, `cuts` where that can end.

    `stedgeai`: where the user says that it is.
    """

    folder: Path
    manifest: Manifest
    graph: ir.Graph
    cuts: Mapping[str, Cut]
    stedgeai: str | None

    @property
    def places(self) -> list[Place]:
        """For a Search."""
        return [Place(name, cut.trunk) for name, cut in self.cuts.items()]

    @property
    def at_most(self) -> int:
        """How many of them are built, at most, if one layer is wrong and no difference fades."""
        return at_most(self.graph, self.places)

    def place(self, tensor: str) -> Path:
        """The folder of the build that ends with `tensor`."""
        number = list(self.cuts).index(tensor)
        return self.folder / FOLDER / f"{number:03d}-{re.sub(r'[^A-Za-z0-9._-]', '_', tensor)[:60]}"

    def make(self, tensor: str, on_line: Callable[[str], None]) -> bool:
        """Build the network that ends with `tensor`, unless it is there and the same; whether anything was done.

        Raises what a build raises, and NotComparableError if kernels or app are no longer those of the whole build.
        """
        options, declared = self.manifest.options, self.manifest.model["input"]
        request = BuildRequest(
            board=self.manifest.board,
            model=str(self.folder / self.manifest.model["file"]),
            out=self.place(tensor),
            compiler=options["compiler"],
            kernels=options["kernels"],
            decode=options["decode"],
            input_map=options["input_map"],
            mean=tuple(declared["mean"]),
            std=tuple(declared["std"]),
            order=declared["order"],
            templates=Path(options["templates"]) if options["templates"] else None,
            stedgeai=self.stedgeai,
            profile=options["profile"],
            overlap=options["overlap"],
            cut=tensor,
        )
        # They differ in little: one project for all of them is compiled once.
        made = build(request, on_line=on_line, project=self.folder / FOLDER / "project")
        self._check_same(made.manifest)
        return made.changed

    def _check_same(self, made: Manifest) -> None:
        """What is compiled besides the network must be what the build has, or its defect need not be there."""
        for name, digest in self.manifest.sources.items():
            if name.startswith(_COMMON) and made.sources.get(name, digest) != digest:
                raise NotComparableError(
                    f"{self.folder} was made of another {name} than a build would be now",
                    "Build it again, flash it, and verify that.",
                )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on them meanwhile; InputError if somebody does."""
        (self.folder / FOLDER).mkdir(exist_ok=True)
        try:
            with FileLock(self.folder / FOLDER / ".lock", timeout=_PATIENCE_S):
                yield
        except Timeout:
            raise InputError(f"another run builds cut networks in {self.folder / FOLDER}", "Wait for it.") from None


def cut_builds(folder: Path, manifest: Manifest, stedgeai: str | None = None) -> CutBuilds:
    """What can be cut of a build. Raises InputError for one that was cut already, or compiled elsewhere."""
    if manifest.cut is not None:
        raise InputError(
            f"{folder} is cut already, at {manifest.cut}", "Bisect the whole network's build: --build DIR."
        )
    if manifest.model["file"] is None or manifest.options["network"] is not None:
        raise InputError(
            f"{folder} was built from a network that was compiled elsewhere: it cannot be cut any more",
            "Let stedgeai compile the model here: n6gen build --model FILE, without --network.",
        )
    declared = manifest.model["input"]
    file = folder / manifest.model["file"]
    model = load(file, InputDeclaration(tuple(declared["mean"]), tuple(declared["std"]), declared["order"]))
    proto, graph = model.proto, model.graph
    if not manifest.options["keep_head"]:
        proto, head = cut_head(proto)
        graph = graph if head is None else import_qdq(proto, str(file))
    found = {cut.tensor.name: cut for cut in cuts(proto, graph)}
    if not found:
        raise InputError(f"{file}: has no tensor at which it can be cut", "`n6gen model show --cuts` lists them.")
    return CutBuilds(folder, manifest, graph, found, stedgeai)
