"""Ctrl-C between two steps, not in the middle of one: a tool that is killed while it writes can wedge the probe."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopped(KeyboardInterrupt):
    """Ctrl-C was pressed and the step that was under way has ended; `state` says what is on the board."""

    def __init__(self, state: str) -> None:
        """Keep the sentence."""
        super().__init__(state)
        self.state = state


class Interrupts:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        """Not yet."""
        self.asked = False

    def stop_if_asked(self, state: Callable[[], str]) -> None:
        """Raise Stopped with the state if Ctrl-C was pressed."""
        if self.asked:
            raise Stopped(state())


@contextmanager
def deferred(say: Callable[[str], None]) -> Iterator[Interrupts]:
    """While the context lasts the first Ctrl-C only asks to stop, the second one stops at once.

    Signals belong to the main thread; elsewhere nothing is changed.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def asked(*_: object) -> None:
        if interrupts.asked:
            raise KeyboardInterrupt
        interrupts.asked = True
        say("stopping when this step has ended; Ctrl-C again stops at once, the probe may then need replugging")

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
