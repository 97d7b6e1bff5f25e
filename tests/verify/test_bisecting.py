"""A bisection whose builds, board and programmer fail in every way: what is known then, and what the board holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import jsonschema
import numpy as np
import pytest

from n6gen.errors import BoardError, InputError, N6genError, NotComparableError
from n6gen.verify.bisect import Bisection, Look, Tried, bisect
from n6gen.verify.difference import Difference, difference
from tests.verify.schema import SCHEMA
from tests.verify.test_search import graph_of, places_of

#: 0 to 14 in a row, then the output.
_CHAIN = [[i - 1] for i in range(16)]
#: 0, a block 1 2 3 beside it, joined by 4, then the output 5.
_BLOCK = [[-1], [0], [1], [2], [0, 3], [4]]


def _by(steps: int) -> Difference:
    made = difference(np.zeros((1, 1, 1), np.int8), np.full((1, 1, 1), steps, np.int8))
    assert made is not None
    return made


@attrs.define
class _Bench:
    """What a search works with: tensors from `origin` on differ by `steps`. `fails`: what each step does instead."""

    origin: int
    steps: int = 1
    fails: dict[tuple[str, str], BaseException] = attrs.field(factory=dict)
    log: list[tuple[str, str]] = attrs.field(factory=list)
    holds: str = "whole"

    def _do(self, what: str, tensor: str) -> None:
        self.log.append((what, tensor))
        if (what, tensor) in self.fails:
            raise self.fails[what, tensor]

    def make(self, tensor: str) -> bool:
        self._do("make", tensor)
        return True

    def bring(self, tensor: str) -> None:
        self.holds = "nobody knows"
        self._do("bring", tensor)
        self.holds = tensor

    def look(self, tensor: str) -> Look:
        assert self.holds == tensor
        self._do("look", tensor)
        return Look(_by(self.steps) if int(tensor) >= self.origin else None, Path("kept"))

    def restore(self) -> None:
        self._do("restore", "")
        self.holds = "whole"


def _bisect(bench: _Bench, edges: list[list[int]] = _CHAIN, tolerance: int = 0) -> tuple[Bisection, list[Tried]]:
    result, seen = Bisection("frame", tolerance, len(edges) - 1, 4), []
    bisect(result, graph_of(edges), places_of(edges), _by(bench.steps), bench, seen.append)
    assert seen == result.tried
    return result, seen


@pytest.mark.parametrize("origin", range(16))
def test_the_layer_is_named_and_the_board_put_back(origin: int) -> None:
    """15 places take 4 cut networks; what was found was looked at, and so was what it reads."""
    bench = _Bench(origin)
    result, tried = _bisect(bench)
    assert result.found is not None
    assert (result.found.layers, result.found.tensor.name) == ([f"node {origin}"], str(origin))
    assert result.found.inputs == ([str(origin - 1)] if origin else [])
    assert len(tried) <= 4
    outcomes = {one.tensor: one.outcome for one in tried}
    assert all(outcomes[name] == "right" for name in result.found.inputs)
    assert origin == 15 or outcomes[str(origin)] == "wrong"
    assert (result.restored, bench.holds, result.stopped) == (True, "whole", None)
    assert result.as_json()["narrowed"] is True


def test_a_cut_network_that_cannot_be_built_is_passed_over() -> None:
    """Its neighbours are taken; if the layer cannot be told from it, both are named."""
    fails: dict[tuple[str, str], BaseException] = {("make", "7"): InputError("stedgeai: INTERNAL ERROR")}
    result, tried = _bisect(_Bench(3, fails=fails))
    assert result.found is not None
    assert result.found.layers == ["node 3"]
    assert (tried[0].tensor, tried[0].outcome, tried[0].problem) == ("7", "not built", "stedgeai: INTERNAL ERROR")
    for origin in (7, 8):
        result, _ = _bisect(_Bench(origin, fails=fails))
        assert result.found is not None
        assert (result.found.layers, result.found.tensor.name) == (["node 7", "node 8"], "8")
        assert result.as_json()["narrowed"] is False


def test_if_none_can_be_built_that_is_said() -> None:
    """With the reason, and nothing was written to the board."""
    bench = _Bench(3, fails={("make", str(i)): InputError("no such tool") for i in range(15)})
    result, tried = _bisect(bench)
    assert (len(tried), result.found, result.restored) == (15, None, None)
    assert result.stopped is not None
    assert result.stopped.message == "no cut network could be built and compared"
    assert result.stopped.things_to_try == ("no such tool",)
    assert ("restore", "") not in bench.log


def test_a_network_of_another_scale_is_passed_over() -> None:
    """What cannot be compared says nothing about its tensor."""
    result, tried = _bisect(_Bench(12, fails={("look", "7"): NotComparableError("another scale")}))
    assert tried[0].outcome == "not comparable"
    assert result.found is not None
    assert result.found.layers == ["node 12"]


def test_one_hang_is_passed_over_a_second_in_a_row_ends_it() -> None:
    """A cut network that hangs may be the compiler's; a board that hangs with two is not looked at any longer."""
    hang = BoardError("hang: no answer")
    result, tried = _bisect(_Bench(12, fails={("look", "7"): hang}))
    assert tried[0].outcome == "board failed"
    assert result.found is not None
    assert (result.found.layers, result.stopped) == (["node 12"], None)
    bench = _Bench(12, fails={("look", str(i)): hang for i in range(15)})
    result, tried = _bisect(bench)
    assert len(tried) == 2
    assert result.found is None
    assert result.stopped is not None
    assert "2 cut networks in a row: hang: no answer" in result.stopped.message
    assert (result.restored, bench.holds) == (True, "whole")


def test_a_flash_that_fails_ends_it_and_the_board_is_put_back() -> None:
    """Half a network may be on it then."""
    bench = _Bench(12, fails={("bring", "11"): BoardError("app does not hold what was written")})
    result, tried = _bisect(bench)
    assert [one.tensor for one in tried] == ["7"]
    assert result.found is None
    assert result.stopped is bench.fails["bring", "11"]
    assert (result.restored, bench.holds) == (True, "whole")


def test_a_board_that_cannot_be_put_back_is_said() -> None:
    """Also if something was found: it holds a cut network now."""
    lost = BoardError("no probe")
    result, _ = _bisect(_Bench(12, fails={("restore", ""): lost}))
    assert result.found is not None
    assert (result.restored, result.stopped) == (False, lost)
    first = BoardError("app does not hold what was written")
    result, _ = _bisect(_Bench(12, fails={("bring", "7"): first, ("restore", ""): lost}))
    assert (result.restored, result.stopped) == (False, first)


@pytest.mark.parametrize("what", ["make", "bring", "look"])
def test_after_ctrl_c_the_board_is_put_back(what: str) -> None:
    """Wherever it is pressed; if nothing was written yet, nothing is written."""
    bench = _Bench(3, fails={(what, "3"): KeyboardInterrupt()})
    result = Bisection("frame", 0, 15, 4)
    with pytest.raises(KeyboardInterrupt):
        bisect(result, graph_of(_CHAIN), places_of(_CHAIN), _by(1), bench, lambda _: None)
    assert (result.restored, bench.holds) == (True, "whole")
    bench = _Bench(3, fails={("make", "7"): KeyboardInterrupt()})
    result = Bisection("frame", 0, 15, 4)
    with pytest.raises(KeyboardInterrupt):
        bisect(result, graph_of(_CHAIN), places_of(_CHAIN), _by(1), bench, lambda _: None)
    assert (result.restored, bench.log) == (None, [("make", "7")])


def test_sources_that_changed_since_end_it() -> None:
    """The whole build's defect need not be in cut networks of other kernels."""
    other = NotComparableError("made of another kernels/c/conv.c")
    result, tried = _bisect(_Bench(3, fails={("make", "7"): other}))
    assert (result.stopped, tried, result.restored) == (other, [], None)


@pytest.mark.parametrize(("tolerance", "layer"), [(0, "node 2"), (3, "node 4")])
def test_the_tolerance_decides_what_counts(tolerance: int, layer: str) -> None:
    """Differences up to it are right for the search; exactly how large they are is kept."""

    @attrs.define
    class Growing(_Bench):
        def look(self, tensor: str) -> Look:
            super().look(tensor)
            steps: Callable[[int], int] = {0: 0, 1: 0, 2: 2, 3: 3, 4: 5}.__getitem__
            return Look(_by(steps(int(tensor))) if steps(int(tensor)) else None, Path("kept"))

    result, tried = _bisect(Growing(2, steps=7), _BLOCK, tolerance)
    assert result.found is not None
    assert result.found.layers == [layer]
    largest = {one.tensor: one.look.difference.largest for one in tried if one.look and one.look.difference}
    assert all(size in (2, 3, 5) for size in largest.values())
    assert result.as_json()["tolerance"] == tolerance


def test_any_error_has_a_message_in_the_json() -> None:
    """A machine reads why it ended."""
    error: N6genError = BoardError("gone")
    result, _ = _bisect(_Bench(3, fails={("bring", "7"): error}))
    said = result.as_json()
    jsonschema.Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": "#/$defs/bisection"}]}).validate(said)
    assert (said["stopped"], said["found"], said["narrowed"]) == ("gone", None, False)
