"""The protocol of benches: who lends a board to a job. `local` and `labgrid` are the ones that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import attrs

from n6gen.errors import BoardError


class NoBoard(BoardError):  # noqa: N818 - the names say what happened, as those of n6gen.link.errors do
    """No board that fits became free in time, or none is left."""


@attrs.frozen
class Need:
    """What a job asks of a board. `tags`: such as camera or boot, as the plan and the bench write them."""

    board: str
    tags: Mapping[str, str] = attrs.field(factory=dict)


def _still_held() -> None:
    """What a lock of this machine says: it cannot be lost."""


@attrs.frozen
class Held:
    """A board that this job alone may use.

    `options`: further words of the command line for `flash` and `measure`, such as ``--port …``. `env`: variables that
    these steps need beside those that every step has. `keep`: file descriptors that these steps' processes inherit, so
    that what holds the board for them lasts as long as they do (n6gen.tools.hold). `check` raises BoardError if the
    board is no longer the job's: call it before the board is written to, and before a verdict is believed.
    """

    name: str
    serial: str
    options: tuple[str, ...] = ()
    env: Mapping[str, str] = attrs.field(factory=dict)
    keep: tuple[int, ...] = ()
    check: Callable[[], None] = attrs.field(default=_still_held, eq=False, repr=False)


class Bench(Protocol):
    """Lends boards, each to one job at a time. Its methods are called from several threads at once."""

    def names(self, need: Need) -> list[str]:
        """The boards that fit, held or not, without quarantined ones. Raises N6genError if it cannot tell."""

    def hold(self, need: Need, *, job: str, timeout: float) -> AbstractContextManager[Held]:
        """Have a board that fits while the context lasts; `job` says for whom.

        Raises NoBoard if none fits, or none became free within `timeout` seconds.
        """

    def quarantine(self, name: str, reason: str) -> None:
        """Lend a board to nobody until a person releases it. It may be held by the caller."""
