"""The bench on this desk: boards by serial number, each lent to one job at a time, in all processes of this user.

::

    $N6GEN_STATE_DIR/bench/<serial>/
        lock, holder.json, tool   held while a job has the board (n6gen.tools.hold)
        sick.json                 why it is lent to nobody
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import attrs

from n6gen.errors import BoardError, InputError
from n6gen.hil.bench import Held, Need, NoBoard
from n6gen.tools.files import write_json
from n6gen.tools.hold import Holder, hold, holder
from n6gen.tools.paths import state_dir
from n6gen.tools.text import clean

_POLL_S = 0.1
_SICK = "sick.json"
VIRTUAL = "virtual"


@attrs.frozen
class Sick:
    """A board that is lent to nobody, why, and since when."""

    name: str
    reason: str
    since: str


class LocalBench:
    """Boards that programmers of this machine reach. See n6gen.hil.bench.Bench.

    Tags are not asked of the boards: whoever lists serial numbers in a plan says that these boards have them.
    """

    def __init__(self, serials: Sequence[str] = ()) -> None:
        """Lend only boards with these serial numbers, or all if none is given."""
        self._serials = tuple(serials)
        self._found: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._turn = 0

    def names(self, need: Need) -> list[str]:
        """See Bench.names."""
        with self._lock:
            # Asking probes takes seconds; what was connected at the start is what this run works with.
            if need.board not in self._found:
                self._found[need.board] = self._look(need.board)
            found = self._found[need.board]
        ill = {sick.name for sick in quarantined()}
        return [name for name in found if name not in ill]

    @contextmanager
    def hold(self, need: Need, *, job: str, timeout: float) -> Iterator[Held]:
        """See Bench.hold."""
        with ExitStack() as stack:
            deadline = time.monotonic() + timeout
            while (held := self._try(need, job, stack)) is None:
                if time.monotonic() > deadline:
                    users = "; ".join(f"{name}: {holder(_folder(name))}" for name in self.names(need))
                    raise NoBoard(f"no {need.board} became free within {timeout:g} s ({users})")
                time.sleep(_POLL_S)
            yield held

    def quarantine(self, name: str, reason: str) -> None:
        """See Bench.quarantine; `release` takes it back."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        write_json(_folder(name) / _SICK, attrs.asdict(Sick(name, clean(reason), now)))

    def _look(self, board: str) -> list[str]:
        if board == VIRTUAL:
            from n6gen.emulator.instance import instances

            return list(self._serials) or [instance.serial for instance in instances()]
        from n6gen.programmer.registry import survey

        wanted = {serial.upper() for serial in self._serials}
        return [
            probe.serial
            for probe in survey()[0]
            if probe.serial.upper() in wanted or (not wanted and probe.board == board)
        ]

    def _try(self, need: Need, job: str, stack: ExitStack) -> Held | None:
        names = self.names(need)
        if not names:
            ill = [f"{sick.name} is quarantined: {sick.reason}" for sick in quarantined()]
            raise NoBoard(f"there is no {need.board} to run on", *ill, "`n6gen ci boards` shows which there are.")
        with self._lock:
            self._turn += 1
            start = self._turn % len(names)
        for name in [*names[start:], *names[:start]]:
            with ExitStack() as mine:
                try:
                    found = mine.enter_context(
                        hold(_folder(name), name, f"ci run, job {job}", programs=True, patience=0.0)
                    )
                except BoardError:
                    continue
                # Whoever had it until now may have found that it is sick.
                if not (_folder(name) / _SICK).exists():
                    stack.push(mine.pop_all())
                    return Held(name, name, keep=found.keep)
        return None


def known() -> list[tuple[str, Holder | None, Sick | None]]:
    """Every board that was ever lent, who has it, and why it is quarantined."""
    ill = {sick.name: sick for sick in quarantined()}
    folders = sorted(folder for folder in _root().glob("*") if folder.is_dir())
    return [(folder.name, holder(folder), ill.get(folder.name)) for folder in folders]


def quarantined() -> list[Sick]:
    """The boards that are lent to nobody."""
    found = []
    for file in sorted(_root().glob(f"*/{_SICK}")):
        try:
            found.append(Sick(**json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            found.append(Sick(file.parent.name, "its note cannot be read", "?"))
    return found


def release(name: str) -> Sick:
    """Lend a board again; InputError if it is not quarantined."""
    for sick in quarantined():
        if sick.name == name:
            (_folder(name) / _SICK).unlink(missing_ok=True)
            return sick
    listed = ", ".join(sick.name for sick in quarantined()) or "none"
    raise InputError(f"{name} is not quarantined", f"Quarantined: {listed}.")


def _root() -> Path:
    return state_dir().absolute() / "bench"


def _folder(name: str) -> Path:
    return _root() / re.sub(r"[^A-Za-z0-9._-]", "_", name)
