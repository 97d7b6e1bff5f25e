"""Releases places whose holder is dead. It gives nothing to anybody: it is no scheduler.

labgrid has no time-out on an acquired place: a job that was killed keeps its board for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import attrs

from n6gen.farm.coordinator import Coordinator, FarmError, Place
from n6gen.farm.holder import Holder


@attrs.frozen
class Leftover:
    """A place that a dead holder kept. `reason`: how we know. `released`: false for what was only looked at."""

    place: str
    holder: str
    reason: str
    released: bool


def sweep(coordinator: Coordinator, *, stale: float | None = None, dry_run: bool = False) -> list[Leftover]:
    """Release what dead holders left; what was found.

    Holders that are not n6gen's are left alone. A process of this machine is dead if it is gone. One of another machine
    cannot be told dead: it counts as such if it has had its place for `stale` seconds, never without. A release names
    the holder, so that whoever comes meanwhile keeps the place. Raises FarmError.
    """
    found = []
    for place in coordinator.places():
        reason = _reason(place, stale)
        if reason:
            if not dry_run:
                coordinator.release(place.name, place.holder)
            found.append(Leftover(place.name, place.holder, reason, not dry_run))
    return found


def watch(
    coordinator: Coordinator, every: float, *, stale: float | None, say: Callable[[str], None]
) -> Iterator[Leftover]:
    """Sweep every `every` seconds, without an end; `say` is told once of a coordinator that does not answer."""
    silent = False
    while True:
        try:
            yield from sweep(coordinator, stale=stale)
            silent = False
        except FarmError as error:
            if not silent:
                say(error.message)
            silent = True
        time.sleep(every)


def _reason(place: Place, stale: float | None) -> str | None:
    who = Holder.read(place.holder)
    if who is None:
        return None
    if who.dead():
        return f"process {who.pid} is gone"
    if stale is not None and time.time() - place.changed > stale:
        return f"held for more than {stale:g} s"
    return None
