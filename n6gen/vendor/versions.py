"""The version of the NPU runtime that a compiled network demands, and that a runtime has.

The two must be equal in all four numbers; from STEdgeAI 3.0 on network.c has an `#error` otherwise, before that only
a warning.
"""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from n6gen.errors import InputError

_FIELDS = ("MAJOR", "MINOR", "MICRO", "DEV")
#: Which release of the vendor's tool made which runtime, where that was seen.
_RELEASES = {
    (1, 0, 0, 16): "2.0.0",
    (1, 1, 0, 31): "2.1.0",
    (1, 1, 1, 14): "2.2.0",
    (1, 1, 3, 8): "3.0.0",
    (1, 1, 3, 262): "4.0.0",
    (1, 1, 3, 275): "4.0.1",
}
#: From this version on the generated code speaks the stai API.
_STAI_FROM = (1, 1, 3, 0)
_RULE_BYTES = 1 << 16


@attrs.frozen(order=True)
class Quadruple:
    """LL_ATON_VERSION: major, minor, micro, dev."""

    major: int
    minor: int
    micro: int
    dev: int

    @classmethod
    def parse(cls, text: str) -> Quadruple:
        """Make one of "1.1.3-262". Raises InputError for another form."""
        numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)-(\d+)", text)
        if not numbers:
            raise InputError(f"{text!r} is not a runtime version like 1.1.3-262")
        return cls(*map(int, numbers.groups()))

    def __str__(self) -> str:
        """As the vendor writes it, "1.1.3-262"."""
        return f"{self.major}.{self.minor}.{self.micro}-{self.dev}"

    @property
    def release(self) -> str | None:
        """The release of STEdgeAI that this belongs to, "4.0.0"; None if unknown."""
        return _RELEASES.get(attrs.astuple(self))

    @property
    def title(self) -> str:
        """For messages: "ll_aton 1.1.3-262 (STEdgeAI 4.0.0)"."""
        return f"ll_aton {self} (STEdgeAI {self.release})" if self.release else f"ll_aton {self}"

    @property
    def api(self) -> str:
        """The interface that code of this version speaks: "aton" or "stai"."""
        return "stai" if attrs.astuple(self) >= _STAI_FROM else "aton"


def of_network(network_c: Path) -> Quadruple:
    """What a generated network.c demands. Raises InputError if it cannot be read or does not say."""
    found = _fields(network_c, r"LL_ATON_VERSION_{}\s*!=\s*\(?\s*(\d+)")
    if found is None:
        raise InputError(
            f"{network_c} does not say which NPU runtime it needs",
            "Give the folder that stedgeai wrote for the NPU; code for the CPU cannot run on it.",
        )
    return found


def of_runtime(ll_aton_version_h: Path) -> Quadruple:
    """What a runtime is, from its ll_aton_version.h. Raises InputError if it cannot be read or does not say."""
    found = _fields(ll_aton_version_h, r"#\s*define\s+LL_ATON_VERSION_{}\s+\(?\s*(\d+)")
    if found is None:
        raise InputError(f"{ll_aton_version_h} does not define LL_ATON_VERSION_*")
    return found


def _fields(file: Path, form: str) -> Quadruple | None:
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            text = stream.read(_RULE_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}") from error
    hits = [re.search(form.format(field), text) for field in _FIELDS]
    numbers = [int(hit.group(1)) for hit in hits if hit]
    return Quadruple(*numbers) if len(numbers) == len(_FIELDS) else None
