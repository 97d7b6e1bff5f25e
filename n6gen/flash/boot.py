"""Whether what was written really runs: the board says so itself, over its link."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from time import monotonic, sleep

from n6gen.errors import BoardError
from n6gen.image.manifest import Manifest
from n6gen.link import Client, Fault, Hello, NoAnswer, Refused, open_port

#: Seconds between two looks for a link: it goes away when somebody cuts the board's power, and comes back.
_POLL_S = 0.5
#: How long one hello is waited for, in seconds.
_HELLO_S = 2.0


def wait_for_app(manifest: Manifest, find_link: Callable[[], str | None], *, timeout: float) -> Hello | None:
    """Wait until a board says that it runs a build; None if there is no link, or nobody answers in `timeout` seconds.

    `find_link` says where the link is just now, None where there is none. Raises BoardError if the board refuses to
    run or faults, or if it still runs another build when the time is over.
    """
    deadline = monotonic() + timeout
    link = find_link()
    other: str | None = None
    if link is None:
        return None
    while (left := deadline - monotonic()) > 0:
        hello = _ask(link, min(left, _HELLO_S)) if link else None
        if hello is not None and hello.build == manifest.build_id:
            return hello
        other = hello.build if hello is not None else other
        sleep(max(0.0, min(_POLL_S, deadline - monotonic())))
        link = find_link()
    if other is not None:
        raise BoardError(
            f"the board runs build {other[:12]}…, not {manifest.build_id[:12]}…", "Cut its power and plug it in again."
        )
    return None


def _ask(link: str, timeout: float) -> Hello | None:
    try:
        with contextlib.closing(open_port(link)) as port:
            return Client(port).hello(attempts=1, timeout=timeout)
    except (Refused, Fault):
        raise
    except (BoardError, NoAnswer):
        # Not there yet, or just gone: whoever switches the board off and on does not hurry.
        return None
