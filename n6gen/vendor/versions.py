"""The version of an NPU runtime: four numbers that must equal those that a compiled network demands.

From STEdgeAI 3.0 on the generated network.c has an `#error` otherwise, before that only a warning.
"""

from __future__ import annotations

import re
from pathlib import Path

from n6gen.errors import InputError

#: LL_ATON_VERSION: major, minor, micro, dev.
Quadruple = tuple[int, int, int, int]

_FIELDS = ("MAJOR", "MINOR", "MICRO", "DEV")


def parse(text: str) -> Quadruple:
    """Make one of "1.1.3-262". Raises ValueError for another form."""
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)-(\d+)", text)
    if not numbers:
        raise ValueError(f"{text!r} is not a runtime version like 1.1.3-262")
    major, minor, micro, dev = map(int, numbers.groups())
    return major, minor, micro, dev


def written(version: Quadruple) -> str:
    """As the vendor writes it: "1.1.3-262"."""
    return "{}.{}.{}-{}".format(*version)


def of_runtime(ll_aton_version_h: Path) -> Quadruple:
    """What a runtime is, from its ll_aton_version.h. Raises InputError if it cannot be read or does not say."""
    try:
        text = ll_aton_version_h.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {ll_aton_version_h}: {error.strerror or error}") from error
    hits = [re.search(rf"#\s*define\s+LL_ATON_VERSION_{field}\s+\(?\s*(\d+)", text) for field in _FIELDS]
    numbers = [int(hit.group(1)) for hit in hits if hit]
    if len(numbers) != len(_FIELDS):
        raise InputError(f"{ll_aton_version_h} does not define LL_ATON_VERSION_*")
    major, minor, micro, dev = numbers
    return major, minor, micro, dev
