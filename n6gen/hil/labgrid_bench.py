"""The bench that is a farm: places of a labgrid coordinator (docs/farm.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from n6gen.errors import BoardError
from n6gen.farm.board import POOL, SICK
from n6gen.farm.coordinator import Coordinator
from n6gen.farm.lease import NoPlaceError, fitting, lease, patiently
from n6gen.hil.bench import Held, Need, NoBoard
from n6gen.tools.text import clean

#: What a comment of a place may hold of a reason, in characters.
_REASON = 200


class LabgridBench:
    """Lends the places of one coordinator. See n6gen.hil.bench.Bench."""

    def __init__(self, address: str | None = None, *, say: Callable[[str], None] = lambda text: None) -> None:  # noqa: ARG005
        """`address` is the coordinator's host:port, by default `$LG_COORDINATOR`; `say` is told of what goes wrong.

        Raises MissingToolError if labgrid is not installed.
        """
        self._coordinator = Coordinator(address)
        self._say = say

    def names(self, need: Need) -> list[str]:
        """See Bench.names; whether an exporter offers a place's board just now does not matter."""
        return sorted(place.name for place in fitting(self._coordinator.places(), _tags(need)))

    @contextmanager
    def hold(self, need: Need, *, job: str, timeout: float) -> Iterator[Held]:
        """See Bench.hold. `Held.check` asks the coordinator."""
        if not patiently(lambda: self.names(need)):
            wanted = ", ".join(f"{key}={value}" for key, value in _tags(need).items())
            raise NoBoard(f"the farm has no healthy board with {wanted}", "labgrid-client places -v")
        try:
            with lease(self._coordinator, _tags(need), job=job, timeout=timeout, say=self._say) as held:
                board = held.board
                if not board.here:
                    raise BoardError(
                        f"{board.place} is connected to {board.host}: run the job there",
                        "Give that machine a runner of your CI with the board's tag (docs/farm.md).",
                    )
                yield Held(board.place, board.serial, board.options, board.env, held.keep, held.check)
        except NoPlaceError as error:
            raise NoBoard(error.message, *error.things_to_try) from error

    def quarantine(self, name: str, reason: str) -> None:
        """See Bench.quarantine. `labgrid-client -p NAME set-tags n6gen=ready` takes it back."""
        self._coordinator.set_tags(name, {POOL: SICK})
        self._coordinator.set_comment(name, clean(reason, _REASON).replace("\n", " "))


def _tags(need: Need) -> Mapping[str, str]:
    return {**need.tags, "board": need.board}
