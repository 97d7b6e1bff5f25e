"""Which tensor to look at next, to find the first layer that computes something else.

A *place* is a tensor that can be looked at. Known is that the output is wrong and the input right.

Places in the trunk come first: all that follows such a place is made of it alone. If it is right, whatever is wrong
comes from behind it; if it is wrong, something before it is. No difference that fades on the way can mislead there.
When no place of the trunk is left between a right and a wrong one, those in the branches between them are halved too.
There a right tensor only suggests that what it was made of is right, since a later layer may hide a difference, and
another branch may show it. So at the end each input of the tensor that was found is looked at itself, and where one is
wrong the search goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from n6gen.model import ir


@attrs.frozen
class Place:
    """A tensor that can be looked at; `trunk`: every path from input to output goes through it."""

    tensor: str
    trunk: bool


class Search:
    """A search for the first wrong tensor. Ask `next`, look, `tell`; or `skip` what cannot be looked at."""

    def __init__(self, graph: ir.Graph, places: Sequence[Place]) -> None:
        """Begin with all `places` of `graph`, in its order; its output is known to be wrong."""
        self._graph = graph
        self._maker = {node.output: node for node in graph.nodes}
        self._bit = {node.output: 1 << index for index, node in enumerate(graph.nodes)}
        self._bit[graph.input] = 0
        self._before = _ancestors(graph, self._bit)
        self._places = {place.tensor: place for place in places}
        #: Sets of tensors as bits: looked at and right; not suspected.
        self._right = self._cleared = 0
        self._trunk_right = 0
        #: The earliest tensor that is known to be wrong.
        self.wrong = graph.output
        #: Whether a tensor that was not suspected any more turned out to be wrong.
        self.misled = False

    def next(self) -> str | None:
        """The tensor to look at next; None when the search is over."""
        suspects = [
            place for name, place in self._places.items() if self._before[self.wrong] & ~self._cleared & self._bit[name]
        ]
        pool = [place for place in suspects if place.trunk] or suspects
        if pool:
            every = sum(self._bit[place.tensor] for place in pool)

            def rest(place: Place) -> int:
                earlier = (self._before[place.tensor] & every).bit_count()
                return max(earlier, len(pool) - earlier - 1)

            return min(pool, key=rest).tensor
        return next((name for name in self.inputs() if not self._bit[name] & self._right), None)

    def tell(self, tensor: str, *, wrong: bool) -> None:
        """What looking at `tensor` has shown."""
        bit = self._bit[tensor]
        if not wrong:
            self._right |= bit
            self._cleared |= bit | self._before[tensor]
            if self._places[tensor].trunk:
                self._trunk_right |= bit | self._before[tensor]
            return
        if bit & self._cleared:
            self.misled = True
            self._cleared = self._trunk_right | self._right
        self.wrong = tensor

    def skip(self, tensor: str) -> None:
        """`tensor` cannot be looked at after all."""
        del self._places[tensor]

    def inputs(self) -> list[str]:
        """The places from which `wrong` is made, with no other place between."""
        return [name for name in self._made_of() if name in self._places]

    def layers(self) -> list[str]:
        """Names of the nodes between `inputs` and `wrong`, in order: one, unless what lies between is no place."""
        inside = {self.wrong, *(name for name in self._made_of() if name not in self._places)}
        return [node.name for node in self._graph.nodes if node.output in inside]

    def _made_of(self) -> Iterator[str]:
        """What `wrong` is made of, back to the nearest places; the network's input left out."""
        stack, seen = list(self._maker[self.wrong].inputs), {self._graph.input}
        while stack:
            name = stack.pop(0)
            if name in seen:
                continue
            seen.add(name)
            yield name
            if name not in self._places:
                stack.extend(self._maker[name].inputs)


def at_most(graph: ir.Graph, places: Sequence[Place]) -> int:
    """How many tensors are looked at, at most, if one layer is wrong and no difference fades on the way."""
    bits = {node.output: 1 << index for index, node in enumerate(graph.nodes)} | {graph.input: 0}
    before = _ancestors(graph, bits)
    most = 0
    for origin in (*(place.tensor for place in places), graph.output):
        search, looked = Search(graph, places), 0
        while (name := search.next()) is not None:
            looked += 1
            search.tell(name, wrong=bool((bits[name] | before[name]) & bits[origin]))
        most = max(most, looked)
    return most


def _ancestors(graph: ir.Graph, bits: Mapping[str, int]) -> dict[str, int]:
    """What each tensor is made of, directly or not, as bits."""
    found = {graph.input: 0}
    for node in graph.nodes:
        found[node.output] = 0
        for name in node.inputs:
            found[node.output] |= bits[name] | found[name]
    return found
