"""Calls a tool, and calls it again where that helps: as often, after as long, with what changed, as failures say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import sleep

from n6gen.errors import N6genError
from n6gen.programmer.failures import Failure

#: How to connect. "mode": HOTPLUG (a running processor) or UR (under reset). "freq": the clock in kHz if not the usual.
Options = dict[str, str]
Answer = tuple[list[str], Failure | None]


def climb(
    call: Callable[[Options], Answer], options: Options, error: Callable[[Failure, list[str]], N6genError]
) -> tuple[list[str], Options]:
    """The lines of a call that succeeded, and the options with which it did.

    Each kind of failure has its own count of further attempts. Raises `error` of the failure that remains.
    """
    options, tried = dict(options), dict[str, int]()
    while True:
        lines, failure = call(options)
        if failure is None:
            return lines, options
        attempt, retry = tried.get(failure.name, 0), failure.retry
        if retry is None or attempt >= len(retry.waits) or _has(options, retry.changes):
            raise error(failure, lines)
        sleep(retry.waits[attempt])
        tried[failure.name] = attempt + 1
        options |= retry.changes


def _has(options: Options, changes: Mapping[str, str]) -> bool:
    return bool(changes) and all(options.get(key) == value for key, value in changes.items())
