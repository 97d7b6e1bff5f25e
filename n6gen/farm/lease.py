"""One board of a farm for one job: acquired, guarded, asked about before it is touched, and always released."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import attrs

from n6gen.errors import BoardError, InputError
from n6gen.farm.board import POOL, READY, FarmBoard
from n6gen.farm.coordinator import CALL_S, Coordinator, FarmError, Place, Session
from n6gen.farm.holder import Holder

_T = TypeVar("_T")

#: How long a coordinator that does not answer is given to come back: before a board is touched, and to take one back.
PATIENCE_S = 20.0
#: How long the guard of a board that was just acquired is waited for, in seconds.
_GUARD_S = 5.0
#: A board that was acquired but could not be used is left alone for so long, in seconds.
_AVOID_S = 10.0
#: Between two looks, in seconds: at least, and at most.
_LOOK_S = (0.2, 0.6)


class NoPlaceError(BoardError):
    """No board became free in time."""


class LeaseLostError(BoardError):
    """The coordinator no longer says that the board is ours: nothing that is measured on it now counts."""


@attrs.frozen
class Lease:
    """A board that is ours while `check` says so. `keep`: what its programs must inherit, see FarmBoard.guard."""

    board: FarmBoard
    holder: Holder
    coordinator: Coordinator
    keep: tuple[int, ...] = ()

    def check(self) -> None:
        """Call it before the board is touched and before a verdict is believed. Raises LeaseLostError."""
        found = patiently(lambda: self.coordinator.holder_of(self.board.place))
        if found != str(self.holder):
            who = f"{found} has it" if found else "nobody has it: was the coordinator restarted?"
            raise LeaseLostError(f"{self.board.place} is no longer ours: {who}", "Run the job again.")


def fitting(places: Sequence[Place], tags: Mapping[str, str]) -> list[Place]:
    """The places that are n6gen's, healthy, and have all of `tags`."""
    wanted = {**tags, POOL: READY}
    return [place for place in places if wanted.items() <= place.tags.items()]


@contextmanager
def lease(
    coordinator: Coordinator,
    tags: Mapping[str, str],
    *,
    job: str,
    timeout: float,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> Iterator[Lease]:
    """Hold a board that has all of `tags` while the context lasts.

    Places that are reserved for somebody are left to him. It does not queue: of several who wait, whoever looks first
    gets what becomes free. A board whose guard somebody else has is given back, and another one is taken.
    Raises NoPlaceError after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    avoid: dict[str, float] = {}
    while True:
        holder = Holder.new()
        board = _acquired(coordinator, holder, tags, deadline, avoid, say)
        try:
            guard = board.guard(job, max(0.0, min(_GUARD_S, deadline - time.monotonic())))
            try:
                keep = guard.__enter__()
            except BoardError as error:
                say(error.message)
                avoid[board.place] = time.monotonic() + _AVOID_S
                continue
            try:
                yield Lease(board, holder, coordinator, keep)
                return
            finally:
                # Before the place: whoever acquires it next finds the board free.
                guard.__exit__(None, None, None)
        finally:
            _let_go(coordinator, board.place, holder, say)


def _acquired(
    coordinator: Coordinator,
    holder: Holder,
    tags: Mapping[str, str],
    deadline: float,
    avoid: Mapping[str, float],
    say: Callable[[str], None],
) -> FarmBoard:
    """Acquire any fitting place that has its board; see `lease`."""
    why = "all are in use"
    while (left := deadline - time.monotonic()) > 0:
        try:
            with coordinator.session(str(holder), left + CALL_S) as session:
                while time.monotonic() < deadline:
                    found, why = _one_of(coordinator, session, holder, tags, avoid, say)
                    if found is not None:
                        return found
                    time.sleep(random.uniform(*_LOOK_S))  # noqa: S311 - so that not all look at once
                    session.update()
        except FarmError as error:
            # It is being restarted, or the network is down: nothing is lost by asking again.
            why = error.message
            time.sleep(min(max(_LOOK_S), max(0.0, deadline - time.monotonic())))
    wanted = ", ".join(f"{key}={value}" for key, value in tags.items())
    raise NoPlaceError(
        f"no board with {wanted} became free in time: {why}",
        "See who has them: labgrid-client who",
        "Take back what dead jobs kept: n6gen ci janitor",
    )


def _one_of(
    coordinator: Coordinator,
    session: Session,
    holder: Holder,
    tags: Mapping[str, str],
    avoid: Mapping[str, float],
    say: Callable[[str], None],
) -> tuple[FarmBoard | None, str]:
    """Try each free place once, in no order; the board, or why there is none."""
    there = fitting(session.places(), tags)
    if not there:
        return None, "no healthy place has these tags"
    why = "all are in use"
    random.shuffle(there)
    for place in there:
        if place.holder or place.reserved or avoid.get(place.name, 0.0) > time.monotonic():
            continue
        try:
            board = FarmBoard.of(place)
        except InputError as error:
            why = error.message
            continue
        if board is None:
            why = f"no exporter offers the board of {place.name}"
            continue
        if _acquire(coordinator, session, place.name, holder, say):
            return board, ""
    return None, why


def _acquire(coordinator: Coordinator, session: Session, name: str, holder: Holder, say: Callable[[str], None]) -> bool:
    try:
        session.acquire(name)
    except FarmError as error:
        if not error.refused:
            # It may have been acquired all the same.
            _let_go(coordinator, name, holder, say)
            raise
        return False
    return True


def _let_go(coordinator: Coordinator, name: str, holder: Holder, say: Callable[[str], None]) -> None:
    """Release a place; a coordinator that does not answer for long is left to the janitor."""
    try:
        patiently(lambda: coordinator.release(name, str(holder)))
    except FarmError as error:
        say(f"{name} could not be released, the janitor will: {error.message}")


def patiently(call: Callable[[], _T]) -> _T:
    """Repeat a call that may be repeated, for as long as a coordinator's restart may take. Raises FarmError."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return call()
        except FarmError:
            if time.monotonic() > deadline:
                raise
            time.sleep(max(_LOOK_S))
