"""Whether two sessions were measured under conditions that allow their figures to be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from n6gen.errors import InputError

#: Conditions that never forbid a comparison: which of several equal boards it was, how the link fared, how warm it was.
FREE = ("serial", "probe", "temperature", "link", "clock_ratio")
#: Conditions that are measured: they differ if they are further apart than this, as a share of the larger one.
MEASURED = {"flash_bandwidth": 0.05}
#: Conditions that boards tell since later: where one side does not know them, they are not known to differ.
TOLD_LATER = ("caches",)
#: What a gate allows to differ besides: the change that it judges. Workload, clock and flags must be equal.
GATE = ("build_id", "network_id", "tools.n6gen", "firmware.app")
#: Conditions that follow from another, and may differ where that one may.
_FOLLOWS = {
    "build_id": ("images.app", "images.fsbl"),
    "network_id": ("images.weights", "compiler.version"),
}
#: What stands outside of "conditions" and must be equal too.
_TOP = ("unit", "emulated", "method")
_NOTHING = object()


@attrs.frozen
class Difference:
    """A condition with its values on both sides; None also where a side lacks it."""

    key: str
    a: Any
    b: Any


def differences(a: Mapping[str, Any], b: Mapping[str, Any], allow: Iterable[str] = ()) -> list[Difference]:
    """The conditions of two sessions (their JSON) that differ and must not, by dotted name.

    `allow` names conditions that may differ, each with all below it and all that follows from it. Raises InputError
    for a name that neither session has, or JSON that is no session's.
    """
    ours, theirs = _conditions(a), _conditions(b)
    keys = list(dict.fromkeys([*ours, *theirs]))
    may = set(FREE)
    for name in allow:
        if name not in GATE and not any(_covers(name, key) for key in keys):
            raise InputError(f"no condition is called {name!r}", f"There are: {', '.join(sorted(keys))}.")
        may |= {name, *_FOLLOWS.get(name, ())}
    return [
        Difference(key, ours.get(key), theirs.get(key))
        for key in keys
        if _differ(key, ours.get(key, _NOTHING), theirs.get(key, _NOTHING)) and not any(_covers(n, key) for n in may)
    ]


def _differ(key: str, one: Any, other: Any) -> bool:
    if key in MEASURED and isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) > MEASURED[key] * max(abs(one), abs(other))
    if key in TOLD_LATER and (one is None or other is None):
        return False
    return bool(one != other)


def _covers(name: str, key: str) -> bool:
    return key == name or key.startswith(name + ".")


def _conditions(session: Mapping[str, Any]) -> dict[str, Any]:
    conditions = session.get("conditions")
    if not isinstance(conditions, dict) or not isinstance(session.get("stages"), dict):
        error = session.get("error")
        why = f"it ended in an error: {error.get('message')}" if isinstance(error, dict) else "it has no stages"
        raise InputError(
            f"that is not the JSON of a finished session: {why}", "Use what 'n6gen measure --json FILE' writes."
        )
    return dict(_flat({name: session.get(name) for name in _TOP} | conditions))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
