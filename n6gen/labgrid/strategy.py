"""A board's way from off over flashed to running."""

from __future__ import annotations

import enum

import attr
from labgrid.factory import target_factory
from labgrid.step import step
from labgrid.strategy import Strategy, StrategyError


class State(enum.Enum):
    """What is known of a board. off: nobody talks to it. flashed: it holds the build. running: its app has said so."""

    unknown = 0
    off = 1
    flashed = 2
    running = 3


@target_factory.reg_driver
@attr.s(eq=False)
class N6Strategy(Strategy):  # type: ignore[misc]
    """Brings a board into a state: `transition("flashed")`, `transition("running")`, `transition("off")`."""

    bindings = {"board": "N6Driver"}  # noqa: RUF012

    status: State = attr.ib(default=State.unknown)

    @step(args=["status"])  # type: ignore[untyped-decorator]
    def transition(self, status: str | State) -> None:
        """Bring the board there. Raises StrategyError for a state that cannot be reached, N6genError if it fails."""
        wanted = status if isinstance(status, State) else getattr(State, status, State.unknown)
        if wanted is State.unknown:
            raise StrategyError(f"no way to {status}: off, flashed or running")
        if wanted is self.status:
            return
        self.target.activate(self.board)
        if wanted is State.off:
            self.board.off()
        elif wanted is State.flashed:
            # Also back from running: what is on the board is read, and nothing is written that is there.
            self.board.flash()
        else:
            self.transition(State.flashed)
            self.board.link()
        self.status = wanted
