"""Find the first layer that computes something else where nobody can look inside: by cut networks, halving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import attrs

from n6gen.errors import BoardError, InputError, N6genError, NotComparableError
from n6gen.model import ir
from n6gen.model.show import kind
from n6gen.verify.difference import Difference
from n6gen.verify.search import Place, Search

#: So many cut networks in a row may make the board fail before the search is given up.
_FAILURES = 2


@attrs.frozen(eq=False)
class Look:
    """What a board made of a cut network: how it differs from what its own input must give, None if it does not.

    `kept`: the folder with all that the board sent.
    """

    difference: Difference | None
    kept: Path


class Work(Protocol):
    """What has to be done for a search; each may raise any N6genError."""

    def make(self, tensor: str) -> bool:
        """Build the network that ends with `tensor`; whether that took doing."""

    def bring(self, tensor: str) -> None:
        """Put it onto the board."""

    def look(self, tensor: str) -> Look:
        """Let it run and compare its output."""

    def restore(self) -> None:
        """Put the whole network's build back onto the board."""


Outcome = Literal["right", "wrong", "not built", "not comparable", "board failed"]


@attrs.frozen(eq=False)
class Tried:
    """One cut network. `problem` says why nothing is known about its tensor, if nothing is."""

    tensor: str
    outcome: Outcome
    new: bool
    look: Look | None = None
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        difference = None if self.look is None else self.look.difference
        return {
            "tensor": self.tensor,
            "outcome": self.outcome,
            "built": self.new,
            "difference": difference and difference.as_json(),
            "problem": self.problem,
            "kept": None if self.look is None else str(self.look.kept),
        }


@attrs.frozen(eq=False)
class Found:
    """The earliest tensor that is wrong. `layers` make it of `inputs`, which were looked at and are right.

    There is one layer, unless what lies between could not be looked at.
    """

    tensor: ir.Tensor
    kind: str
    layers: Sequence[str]
    inputs: Sequence[str]
    difference: Difference

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        return {
            "name": self.layers[-1],
            "kind": self.kind,
            "tensor": self.tensor.name,
            "layers": list(self.layers),
            "inputs": list(self.inputs),
            **self.difference.as_json(),
        }


@attrs.define(eq=False)
class Bisection:
    """A search by cut networks. `tolerance`: differences up to it count as none; `places`: how many tensors there are.

    `stopped` is the error that ended it early. `restored`: the board holds the whole build again; None if it never
    held anything else. `misled`: a tensor had been taken for right because a later one is.
    """

    frame: str
    tolerance: int
    places: int
    at_most: int
    tried: list[Tried] = attrs.field(factory=list)
    found: Found | None = None
    misled: bool = False
    stopped: N6genError | None = None
    restored: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """As docs/verifying.md describes it."""
        return {
            "frame": self.frame,
            "tolerance": self.tolerance,
            "places": self.places,
            "at_most": self.at_most,
            "built": sum(one.new for one in self.tried),
            "tried": [one.as_json() for one in self.tried],
            "found": self.found and self.found.as_json(),
            "narrowed": self.found is not None and len(self.found.layers) == 1,
            "misled": self.misled,
            "stopped": self.stopped and self.stopped.message,
            "restored": self.restored,
        }


def bisect(
    result: Bisection,
    graph: ir.Graph,
    places: Sequence[Place],
    output: Difference,
    work: Work,
    on_tried: Callable[[Tried], None],
) -> None:
    """Search, and write into `result` what is found; the network's output differs by `output`.

    A cut network that cannot be built or compared is passed over, and so is one with which the board fails, unless that
    happens twice in a row. Whatever else fails ends the search: `result.stopped`. Whatever ends it, Ctrl-C too, the
    board gets the whole build back, and `result.restored` says whether it did.
    """
    search, differences, failures = Search(graph, places), {graph.output: output}, 0
    try:
        while (tensor := search.next()) is not None:
            one = _try(tensor, result, work)
            result.tried.append(one)
            on_tried(one)
            failures = failures + 1 if one.outcome == "board failed" else 0
            if failures == _FAILURES:
                raise BoardError(f"the board failed with {_FAILURES} cut networks in a row: {one.problem}")
            if one.look is None:
                search.skip(tensor)
                continue
            if one.outcome == "wrong" and one.look.difference is not None:
                differences[tensor] = one.look.difference
            search.tell(tensor, wrong=one.outcome == "wrong")
        if not any(one.look for one in result.tried):
            raise InputError("no cut network could be built and compared", *_problems(result.tried))
        result.found = _found(graph, search, differences[search.wrong])
    except N6genError as error:
        result.stopped = error
    finally:
        result.misled = search.misled
        if result.restored is not None:
            _restore(result, work)


def _try(tensor: str, result: Bisection, work: Work) -> Tried:
    """Build one, bring it, look. NotComparableError of building, and whatever bringing raises, is passed on."""
    try:
        new = work.make(tensor)
    except InputError as error:
        return Tried(tensor, "not built", new=False, problem=error.message)
    # From here on the board holds something else, or half of it.
    result.restored = False
    work.bring(tensor)
    try:
        look = work.look(tensor)
    except NotComparableError as error:
        return Tried(tensor, "not comparable", new, problem=error.message)
    except BoardError as error:
        return Tried(tensor, "board failed", new, problem=error.message)
    wrong = look.difference is not None and look.difference.largest > result.tolerance
    return Tried(tensor, "wrong" if wrong else "right", new, look)


def _restore(result: Bisection, work: Work) -> None:
    try:
        work.restore()
        result.restored = True
    except N6genError as error:
        if result.stopped is None:
            result.stopped = error


def _found(graph: ir.Graph, search: Search, difference: Difference) -> Found:
    node = next(node for node in graph.nodes if node.output == search.wrong)
    return Found(graph.tensors[search.wrong], kind(graph, node), search.layers(), search.inputs(), difference)


def _problems(tried: Sequence[Tried]) -> list[str]:
    return list(dict.fromkeys(one.problem for one in tried if one.problem))[:3]
