"""The work of a bisection on a board: build cut networks, write them, verify them, and write the whole build back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs

from n6gen.image.manifest import read_manifest
from n6gen.measure.frames import Frame
from n6gen.measure.sessions import RESULT
from n6gen.measure.subject import Subject
from n6gen.tools.files import write_json
from n6gen.verify.bisect import Bisection, Look, Tried, bisect
from n6gen.verify.cut_builds import CutBuilds
from n6gen.verify.run import Order, Verification, run

#: Differences up to so many steps of int8 count as none in a bisection. The NPU requantises in fixed point, the
#: reference in float32; whole networks with fixed point requantisation were up to 16 steps off (docs/verifying.md).
TOLERANCES = {"cpu": 0, "stedgeai": 16}


@attrs.frozen(eq=False)
class OnBoard:
    """See Work. `bring` writes the build in a folder to the board that `subject` reaches."""

    builds: CutBuilds
    order: Order
    frame: Frame
    subject: Subject
    bring_build: Callable[[Path], object]
    on_line: Callable[[str], None]

    def make(self, tensor: str) -> bool:
        """See Work."""
        return self.builds.make(tensor, self.on_line)

    def bring(self, tensor: str) -> None:
        """See Work."""
        self.bring_build(self.builds.place(tensor))

    def look(self, tensor: str) -> Look:
        """See Work."""
        folder = self.builds.place(tensor)
        order = attrs.evolve(
            self.order,
            folder=folder,
            manifest=read_manifest(folder),
            frames=[self.frame],
            every_tensor=False,
            inside=False,
        )
        found, kept = run(self.subject, order)
        return Look(found.verdict.frames[0].output, kept)

    def restore(self) -> None:
        """See Work."""
        self.bring_build(self.order.folder)


def bisected(
    verification: Verification,
    kept: Path,
    builds: CutBuilds,
    tolerance: int,
    bring_build: Callable[[Path], object],
    begin: Callable[[Bisection], None],
    on_tried: Callable[[Tried], None],
    on_line: Callable[[str], None],
) -> Verification:
    """The verification with a bisection of the first frame whose output differs by more than `tolerance`.

    Without such a frame it comes back as it is. `begin` gets the bisection before anything is built, and it is filled
    in whatever happens. The result in the folder `kept` is written anew.
    """
    order = verification.order
    frames = zip(verification.verdict.frames, order.frames, strict=True)
    first = next(
        ((seen, frame) for seen, frame in frames if seen.output and seen.output.largest > tolerance),
        None,
    )
    if first is None:
        return verification
    seen, frame = first
    assert seen.output is not None  # noqa: S101 - it was chosen for that
    result = Bisection(seen.name, tolerance, len(builds.cuts), builds.at_most)
    begin(result)
    work = OnBoard(builds, order, frame, verification.subject, bring_build, on_line)
    with builds.locked():
        bisect(result, builds.graph, builds.places, seen.output, work, on_tried)
    made = attrs.evolve(verification, bisection=result)
    write_json(kept / RESULT, made.as_json())
    return made
