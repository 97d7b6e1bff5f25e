"""The bit rate of a link: the usual one, or another at which a board answers."""

from __future__ import annotations

from collections.abc import Sequence

from n6gen.errors import BoardError
from n6gen.link.client import Client
from n6gen.link.errors import NoAnswer
from n6gen.link.port import BAUD, Port, open_port

#: Bit rates in the order in which they are tried.
BAUDS = (BAUD, 460_800, 230_400, 115_200)
#: So often, and for so many seconds, a hello waits for its answer at one rate: the first may meet half a line of noise.
_HELLOS, _HELLO_S = 2, 0.4


def has_baud(where: str) -> bool:
    """Whether bits travel at some rate there: a socket has none."""
    return not where.startswith(("socket://", "unix:"))


def open_at_its_baud(where: str, bauds: Sequence[int] = BAUDS) -> tuple[Port, int]:
    """Open a port at the first of `bauds` at which a board answers a hello; the port and that rate.

    At the first of them if none answers: a board may still be starting. Raises what open_port raises.
    """
    if has_baud(where):
        for baud in bauds:
            port = open_port(where, baud=baud)
            if _answers(port):
                return port, baud
            port.close()
    return open_port(where, baud=bauds[0]), bauds[0]


def _answers(port: Port) -> bool:
    """Whether a board says anything that is an answer, be it a refusal."""
    try:
        Client(port).hello(attempts=_HELLOS, timeout=_HELLO_S)
    except NoAnswer:
        return False
    except BoardError:
        # It will say so again to whoever asks next.
        return True
    return True
