"""A board of a farm: what an exporter says about it, and the guard that lies beside the board itself.

The coordinator forgets who holds what when it is restarted. The guard does not: it is a lock on the machine that the
board is connected to, and the system lets go of it when its holder ends, however that happens.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from n6gen.errors import BoardError, InputError
from n6gen.farm.coordinator import Place
from n6gen.farm.holder import this_host
from n6gen.programmer.probe_lock import holder_of
from n6gen.tools.hold import hold, holder
from n6gen.tools.paths import state_dir

#: The resource classes of n6gen.labgrid, by their names on the coordinator.
REAL, VIRTUAL = "N6Board", "N6VirtualBoard"
#: The tag that makes a place one of n6gen's, and its two values.
POOL = "n6gen"
READY, SICK = "ready", "sick"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
#: What an exporter says of a board, by the names here. labgrid gives its resources a `state` of their own.
_SAID = {"host": "host", "serial": "serial", "state": "state_dir", "link": "link"}
_POLL_S = 0.1


@attrs.frozen
class FarmBoard:
    """One board. `host`: the machine that it is connected to; `state`: n6gen's state folder there, None for the usual.

    `link`: the URL of a real board's link, None where it is the probe's own port.
    """

    place: str
    host: str
    serial: str
    state: str | None = None
    link: str | None = None

    @classmethod
    def of(cls, place: Place) -> FarmBoard | None:
        """The board that is there for a place at this moment; None if no exporter offers one.

        Raises InputError if the exporter's file does not say what it must.
        """
        for resource in place.resources:
            if resource.cls not in {REAL, VIRTUAL}:
                continue
            said = resource.params
            missing = [name for name in ("host", "serial") if not said.get(name)]
            if missing:
                raise InputError(f"{resource.path} has no {missing[0]}", "The exporter's file must say it.")
            given = {name: str(said[key]) for name, key in _SAID.items() if said.get(key)}
            return cls(place.name, **given)
        return None

    @property
    def here(self) -> bool:
        """Whether it is connected to this machine."""
        return self.host in _LOCAL or self.host in {this_host(), socket.getfqdn()}

    @property
    def options(self) -> tuple[str, ...]:
        """Words for `n6gen flash` and `n6gen measure` that mean this board."""
        return ("--sn", self.serial)

    @property
    def env(self) -> dict[str, str]:
        """The environment that those commands need."""
        return {"N6GEN_STATE_DIR": self.state} if self.state else {}

    @contextmanager
    def guard(self, job: str, patience: float) -> Iterator[tuple[int, ...]]:
        """Be the only one who works on it, on its own machine, whatever a coordinator says.

        Yields the file descriptors that every program which works on it must inherit (n6gen.tools.hold): one that a
        killed holder left is waited for. Raises BoardError if the board is still in use after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        # A serial number comes from a file of another machine: it names a folder and leads nowhere else.
        folder = self._state() / "farm" / re.sub(r"[^A-Za-z0-9_-]", "_", self.serial)
        with hold(folder, self.serial, f"ci, job {job},", programs=True, patience=patience) as held:
            while self._in_use():
                if time.monotonic() > deadline:
                    raise BoardError(f"{self.serial} is still used by a program of an earlier job")
                time.sleep(_POLL_S)
            yield held.keep

    def _in_use(self) -> bool:
        virtual = self._state() / "virtual" / self.serial
        emulated = "/" not in self.serial and virtual.is_dir() and holder(virtual) is not None
        return emulated or holder_of(self.serial) is not None

    def _state(self) -> Path:
        return Path(self.state) if self.state else state_dir()
