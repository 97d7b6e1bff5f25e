"""Versions: of ST Edge AI Core, and of the runtime that a compiled network needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

#: The four numbers that `network.c` and the runtime's `ll_aton_version.h` must agree on.
Quadruple = tuple[int, int, int, int]

# "ST Edge AI Core v4.0.1-20581 7ed50de05", in c_info.json without its first words. Logs put other text before it.
_TITLED = re.compile(r"ST Edge AI Core v(\d+)\.(\d+)\.(\d+)(?:-(\w+))?(?: ([0-9a-f]{9})\b)?")
_BARE = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-(\w+))?(?: ([0-9a-f]{9}))?$")


@attrs.frozen(order=True)
class CoreVersion:
    """A release of ST Edge AI Core, ordered by its three numbers. `build` and `revision` are None where not said."""

    major: int
    minor: int
    micro: int
    build: str | None = attrs.field(default=None, order=False)
    revision: str | None = attrs.field(default=None, order=False)

    @property
    def number(self) -> str:
        """`4.0.1`."""
        return f"{self.major}.{self.minor}.{self.micro}"

    def __str__(self) -> str:
        """As the tool writes it: `4.0.1-20581 7ed50de05`."""
        return self.number + (f"-{self.build}" if self.build else "") + (f" {self.revision}" if self.revision else "")


@attrs.frozen
class Runtime:
    """Which runtime goes with a release: `ll_aton` numbers, and the digits in `NetworkRuntime<library>_CM55_GCC.a`."""

    core: str
    ll_aton: Quadruple
    library: str


#: Every pair that was seen in public (docs/stedgeai.md). A network of another release is still read, not named.
RUNTIMES = (
    Runtime("2.0.0", (1, 0, 0, 16), "1000"),
    Runtime("2.1.0", (1, 1, 0, 31), "1010"),
    Runtime("2.2.0", (1, 1, 1, 14), "1020"),
    Runtime("3.0.0", (1, 1, 3, 8), "1100"),
    Runtime("4.0.0", (1, 1, 3, 262), "1200"),
    Runtime("4.0.1", (1, 1, 3, 275), "1201"),
)
_BY_NUMBERS: Mapping[tuple[int, ...], Runtime] = {runtime.ll_aton: runtime for runtime in RUNTIMES}


def in_line(line: str) -> CoreVersion | None:
    """The release that a line of output names, wherever in the line; None if it names none."""
    return _version(_TITLED.search(line))


def parse(text: str) -> CoreVersion | None:
    """A release written alone ("3.0.0-20426 123672867"); None if `text` is anything else."""
    return _version(_BARE.match(text.strip()))


def runtime_for(numbers: tuple[int, ...]) -> Runtime | None:
    """The release whose runtime has these `ll_aton` numbers, None if it was never seen."""
    return _BY_NUMBERS.get(numbers)


def _version(match: re.Match[str] | None) -> CoreVersion | None:
    if match is None:
        return None
    major, minor, micro, build, revision = match.groups()
    return CoreVersion(int(major), int(minor), int(micro), build, revision)
