"""The search for the first wrong tensor, on graphs and without a board."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.model import ir
from n6gen.verify.search import Place, Search, at_most


def graph_of(edges: list[list[int]]) -> ir.Graph:
    """Node i makes tensor i of the tensors `edges[i]`, below i; -1 is the input. The last one is the output."""
    tensors = {str(i): ir.Tensor(str(i), 1, 1, 1, np.float32(1), 0) for i in range(-1, len(edges))}
    nodes = [ir.Concat(f"node {i}", tuple(map(str, inputs)), str(i)) for i, inputs in enumerate(edges)]
    return ir.Graph("-1", str(len(edges) - 1), tensors, tuple(nodes))


def _reached(edges: list[list[int]], without: int) -> bool:
    """Whether the output depends on the input by a path that avoids a tensor."""
    stack, seen = [len(edges) - 1], set()
    while stack:
        at = stack.pop()
        if at == -1:
            return True
        if at not in seen and at != without:
            seen.add(at)
            stack += edges[at]
    return False


def places_of(edges: list[list[int]], without: frozenset[int] = frozenset()) -> list[Place]:
    """All tensors but the output and `without`."""
    return [Place(str(i), not _reached(edges, i)) for i in range(len(edges) - 1) if i not in without]


@st.composite
def _graphs(draw: st.DrawFn) -> list[list[int]]:
    """Chains with branches; every tensor is read, the last one reads what nobody else does."""
    count = draw(st.integers(2, 24))
    edges: list[list[int]] = []
    for i in range(count):
        near = st.integers(max(-1, i - 5), i - 1)
        edges.append(sorted(draw(st.sets(near, min_size=1, max_size=2))))
    read = {at for inputs in edges for at in inputs}
    edges.append(sorted({i for i in range(count) if i not in read} | {count - 1}))
    return edges


def _run(search: Search, wrong: set[int]) -> list[int]:
    """Look where the search says; what was looked at."""
    looked = []
    while (name := search.next()) is not None:
        assert int(name) not in looked, "nothing is looked at twice"
        looked.append(int(name))
        search.tell(name, wrong=int(name) in wrong)
    return looked


def _behind(edges: list[list[int]], origin: int) -> set[int]:
    """What depends on a tensor, itself included."""
    found = {origin}
    for i, inputs in enumerate(edges):
        if found.intersection(inputs):
            found.add(i)
    return found


@settings(max_examples=60, deadline=None)
@given(edges=_graphs(), data=st.data())
def test_a_layer_whose_difference_stays_is_found(edges: list[list[int]], data: st.DataObject) -> None:
    """Whichever it is: itself, alone, its inputs looked at and right, within the number that was said before."""
    origin = data.draw(st.integers(0, len(edges) - 1))
    graph, places = graph_of(edges), places_of(edges)
    search = Search(graph, places)
    looked = _run(search, _behind(edges, origin))
    assert (search.wrong, search.layers(), search.misled) == (str(origin), [f"node {origin}"], False)
    assert {int(name) for name in search.inputs()} <= set(looked)
    assert set(search.inputs()) == {str(at) for at in edges[origin] if at >= 0}
    assert len(looked) <= at_most(graph, places) <= len(places)


@settings(max_examples=150, deadline=None)
@given(edges=_graphs(), data=st.data())
def test_whatever_fades_what_is_found_is_wrong_by_itself(edges: list[list[int]], data: st.DataObject) -> None:
    """Any set of tensors may be wrong, as when layers hide differences: the inputs of what is found are right."""
    last = len(edges) - 1
    wrong = data.draw(st.sets(st.integers(0, last))) | {last}
    search = Search(graph_of(edges), places_of(edges))
    _run(search, wrong)
    found = int(search.wrong)
    assert found in wrong
    assert not wrong.intersection(edges[found])


@settings(max_examples=60, deadline=None)
@given(edges=_graphs(), data=st.data())
def test_what_cannot_be_looked_at_widens_the_answer(edges: list[list[int]], data: st.DataObject) -> None:
    """Places that fail while the search runs: the layer is among those that are named."""
    origin = data.draw(st.integers(0, len(edges) - 1))
    failing = data.draw(st.sets(st.integers(0, len(edges) - 1)))
    search, wrong = Search(graph_of(edges), places_of(edges)), _behind(edges, origin)
    while (name := search.next()) is not None:
        if int(name) in failing:
            search.skip(name)
        else:
            search.tell(name, wrong=int(name) in wrong)
    assert f"node {origin}" in search.layers()
    assert failing or search.layers() == [f"node {origin}"]


def test_a_chain_takes_the_logarithm() -> None:
    """n places take log2(n + 1) looks, rounded up."""
    for count in (1, 2, 3, 7, 8, 63, 64):
        edges = [[i - 1] for i in range(count + 1)]
        assert at_most(graph_of(edges), places_of(edges)) == math.ceil(math.log2(count + 1))


def test_the_trunk_comes_first() -> None:
    """A branch is looked into only between two neighbours of the trunk, of which one is right and one wrong."""
    # 0, then a block 1 2 3 beside it, joined by 4; then 5, and a block 6 7 8 joined by 9; then 10.
    edges = [[-1], [0], [1], [2], [0, 3], [4], [5], [6], [7], [5, 8], [9]]
    places = places_of(edges)
    assert [place.tensor for place in places if place.trunk] == ["0", "4", "5", "9"]
    search = Search(graph_of(edges), places)
    looked = _run(search, _behind(edges, 2))
    assert [at in (0, 4, 5, 9) for at in looked] == sorted((at in (0, 4, 5, 9) for at in looked), reverse=True)
    assert search.wrong == "2"
    assert not {6, 7, 8} & set(looked)


def test_a_hidden_difference_is_noticed() -> None:
    """A branch's first layer is wrong, its second hides that, and the other branch shows it: said, and found."""
    # 0 → 1 → 2 → 3, and 1 → 4; 5 joins 3 and 4.
    edges = [[-1], [0], [1], [2], [1], [3, 4], [5]]
    places = [Place(str(i), i in (0, 5)) for i in range(6)]
    search = Search(graph_of(edges), places)
    looked = _run(search, {1, 4, 5, 6})
    assert looked.index(2) < looked.index(1)
    assert (search.wrong, search.misled) == ("1", True)
