"""What a session is judged by: one earlier session, or the last few of them, whose spread says what chance does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError
from n6gen.measure.alike import GATE, differences
from n6gen.measure.sessions import RESULT, load_result
from n6gen.measure.statistics import deviation, quantile

#: So many of the last runs count.
LAST = 10
#: From so many runs on their spread means something.
LEAST = 3
#: A change within so many spreads of the runs may be chance.
SPREADS = 3

Session = Mapping[str, Any]


@attrs.frozen
class Baseline:
    """`base`: the session to compare with. `runs`: it and the last others of the same build and conditions."""

    base: Session
    runs: Sequence[Session]

    def spread(self, stage: str) -> float | None:
        """What chance may do to a stage: SPREADS times the median distance of the runs' medians, as a share of theirs.

        None for fewer than LEAST runs, and on a clock that repeats.
        """
        if len(self.runs) < LEAST or self.base["method"]["name"] == "deterministic":
            return None
        medians = sorted(run["stages"][stage]["p50"] for run in self.runs if stage in run["stages"])
        middle = quantile(medians, 50) if len(medians) >= LEAST else 0.0
        return SPREADS * deviation(medians) / middle if middle else None


def load_baseline(paths: Sequence[Path]) -> list[Session]:
    """The finished sessions in `paths`, oldest first: JSON files, sessions' folders, or folders of either.

    Raises InputError for a file that is no session's, and if there is no finished session at all.
    """
    found = [session for path in paths for session in _load(path)]
    if not found:
        raise InputError(f"there is no finished session in {', '.join(map(str, paths))}", "Measure with --json first.")
    return sorted(found, key=lambda session: str(session.get("started", "")))


def choose(found: Sequence[Session], new: Session, allow: Collection[str]) -> Baseline:
    """The baseline for `new` among at least one session, the oldest first.

    Those that it may be compared with (`allow` names conditions that may differ besides alike.GATE's), as the newest of
    them was measured: of the last LAST, the one with the median total is the base. If there is none, the newest is.
    """
    like = [one for one in found if not differences(one, new, [*GATE, *allow])] if len(found) > 1 else list(found)
    if not like:
        return Baseline(found[-1], ())
    runs = [one for one in like if not differences(one, like[-1])][-LAST:]
    ordered = sorted(runs, key=lambda run: run["stages"]["total"]["p50"])
    return Baseline(ordered[(len(ordered) - 1) // 2], runs)


def _load(path: Path) -> list[Session]:
    if not path.is_dir() or (path / RESULT).is_file():
        return [load_result(path)]
    inside = sorted([*path.glob("*.json"), *path.glob(f"*/{RESULT}")])
    # One that ended in an error gave no result: that is kept, and is no baseline.
    return [session for session in map(load_result, inside) if "error" not in session]
