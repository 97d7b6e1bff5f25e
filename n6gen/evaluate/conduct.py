"""Run a data set through all that make masks, picture by picture, and sum up what each got right."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs
import onnxruntime

from n6gen import __version__
from n6gen.errors import InputError
from n6gen.evaluate.board import masks as masks_of
from n6gen.evaluate.dataset import Pair, nearest, read_mask, stretched
from n6gen.evaluate.metric import Mask, Score, confusion
from n6gen.evaluate.state import Done, State, open_state
from n6gen.evaluate.subject import DEFAULT, INTEGER, Subject
from n6gen.measure.facts import BOOT_S
from n6gen.measure.frames import Frame
from n6gen.measure.subject import Subject as Board

SCHEMA = 1

On = Literal["host", "board", "both"]


@attrs.frozen
class Plan:
    """What to evaluate and how. `void`: the index of pixels that are no class; they do not count, or are class 0.

    `board` is None if `on` is host. `timeout` bounds one inference of it, `boot_timeout` getting ready, in seconds of
    the host.
    """

    subject: Subject
    pairs: Sequence[Pair]
    on: On = "host"
    board: Board | None = None
    compare_input_maps: bool = False
    void: int | None = None
    void_is_background: bool = False
    timeout: float = 60.0
    boot_timeout: float = BOOT_S

    def judges(self) -> list[str]:
        """The names of all that make masks; the others are compared with the first."""
        names = [] if self.on == "board" else [INTEGER, DEFAULT]
        if self.compare_input_maps and names:
            names.append(f"{INTEGER}-{self.subject.other_mapping()}")
        return names if self.on == "host" else [*names, self.subject.manifest.board]

    def identity(self) -> list[Any]:
        """What a state must have been made for, to be continued."""
        files = [pair.identity() for pair in self.pairs]
        made_with = [SCHEMA, __version__, onnxruntime.__version__]
        return [*made_with, self.subject.manifest.build_id, self.judges(), self.void, self.void_is_background, files]


@attrs.frozen(eq=False)
class Evaluation:
    """The result. `differing`: the share of judged pictures' pixels, 0..1, in which a judge differs from the first."""

    plan: Plan
    scores: Mapping[str, Score]
    differing: Mapping[str, float]

    @property
    def exact(self) -> bool | None:
        """Whether every pixel of the board's masks equals the integer reference; None if not both ran."""
        return self.differing[self.plan.subject.manifest.board] == 0.0 if self.plan.on == "both" else None

    @property
    def wrong(self) -> bool:
        """Whether the board's masks differ where they must not."""
        return self.exact is False and self.plan.subject.must_be_exact

    def differences(self) -> list[dict[str, Any]]:
        """Each judge against the first: how far its mean IoU and accuracy are above it; the pixels that differ."""
        first, *others = self.scores
        return [
            {
                "of": name,
                "from": first,
                "miou": _minus(self.scores[name].miou, self.scores[first].miou),
                "st_miou": _minus(self.scores[name].st_miou, self.scores[first].st_miou),
                "pixel_accuracy": _minus(self.scores[name].pixel_accuracy, self.scores[first].pixel_accuracy),
                "pixels_differing": self.differing[name],
            }
            for name in others
        ]

    def as_json(self) -> dict[str, Any]:
        """The evaluation as JSON values, as docs/evaluating.md describes them."""
        manifest = self.plan.subject.manifest
        return {
            "schema": SCHEMA,
            "build_id": manifest.build_id if self.plan.subject.built else None,
            "model_sha256": manifest.model["sha256"],
            "board": manifest.board or None,
            "decode": manifest.options["decode"],
            "input_map": self.plan.subject.mapping,
            "resolution": list(self.plan.subject.size),
            "images": len(self.plan.pairs),
            "void": self.plan.void,
            "void_is_background": self.plan.void_is_background,
            "verdict": {"exact": self.exact},
            "results": {name: score.as_json() for name, score in self.scores.items()},
            "differences": self.differences(),
        }


def evaluate(
    plan: Plan,
    *,
    fresh: bool = False,
    on_resume: Callable[[int], None] = lambda done: None,  # noqa: ARG005
    on_done: Callable[[int], None] = lambda done: None,  # noqa: ARG005
) -> Evaluation:
    """Evaluate; go on where an earlier call for the same files and build was cut off, unless `fresh`.

    `on_resume` gets how many pictures were done before, `on_done` how many are done after each. Raises InputError for
    what cannot be read or if no pixel counts, BoardError if the board fails.
    """
    with open_state(plan.identity(), fresh=fresh) as state:
        left = [pair for pair in plan.pairs if pair.name not in state.done]
        if len(left) < len(plan.pairs):
            on_resume(len(plan.pairs) - len(left))
        if left:
            with contextlib.closing(_run(plan, left)) as entries:
                for entry in entries:
                    state.add(entry)
                    on_done(len(state.done))
        result = _summed(plan, state)
        state.forget()
    return result


def _run(plan: Plan, pairs: Sequence[Pair]) -> Generator[Done, None, None]:
    """What all judges make of each pair."""
    subject = plan.subject
    height, width = subject.size
    host = None if plan.on == "board" else subject.on_host()
    other = subject.on_host(subject.other_mapping()) if host and plan.compare_input_maps else None
    shown = (Frame(pair.name, stretched(pair.image, height, width)) for pair in pairs)
    for pair, (frame, device) in zip(pairs, _shown_to_board(plan, shown), strict=True):
        masks: dict[str, Mask] = {}
        if host is not None:
            said = host.references(frame.pixels)
            masks |= {INTEGER: said.exact, DEFAULT: said.default}
        if other is not None:
            masks[f"{INTEGER}-{subject.other_mapping()}"] = other.mask(frame.pixels)
        if device is not None:
            masks[subject.manifest.board] = device
        yield _judged(plan, pair, masks)


def _shown_to_board(plan: Plan, frames: Iterator[Frame]) -> Iterator[tuple[Frame, Mask | None]]:
    """Each frame with the board's mask; None if no board is asked."""
    if plan.board is None:
        yield from ((frame, None) for frame in frames)
        return
    latest: list[Frame] = []

    def remembered() -> Iterator[Frame]:
        for frame in frames:
            latest[:] = [frame]
            yield frame

    times = {"timeout": plan.timeout, "boot_timeout": plan.boot_timeout}
    for mask in masks_of(plan.board, plan.subject, remembered(), **times):
        yield latest[0], mask


def _judged(plan: Plan, pair: Pair, masks: Mapping[str, Mask]) -> Done:
    first = next(iter(masks.values()))
    truth = nearest(read_mask(pair.mask), *first.shape)
    if plan.void_is_background:
        truth[truth == plan.void] = 0
    classes = plan.subject.classes
    return Done(
        name=pair.name,
        matrices={name: confusion(truth, mask, classes, plan.void) for name, mask in masks.items()},
        differing={name: int((mask != first).sum()) for name, mask in masks.items()},
        pixels=first.size,
    )


def _summed(plan: Plan, state: State) -> Evaluation:
    entries = [state.done[pair.name] for pair in plan.pairs]
    pixels = sum(entry.pixels for entry in entries)
    scores, differing = {}, {}
    for name in plan.judges():
        scores[name] = Score([entry.matrices[name] for entry in entries])
        differing[name] = sum(entry.differing[name] for entry in entries) / pixels
    if not next(iter(scores.values())).matrix.any():
        raise InputError(f"no pixel of {len(entries)} masks counts", "Check --void.")
    return Evaluation(plan, scores, differing)


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
