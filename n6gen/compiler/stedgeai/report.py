"""What is known of a compiled network: one typed result, whichever file it was read from.

Unknown is None, never a guess. Two rules give ST's own figures:

* memory: a pool's use counts by its address, not its name. AXISRAM (0x24000000 or 0x34000000, 4 MiB) is internal RAM,
  0x90000000 and 0x80000000 (PSRAM on XSPI) external RAM, 0x70000000 (NOR on XSPI) flash. Virtual pools repeat their
  members' use, buffers of the application lie in no pool: neither counts.
* epochs: as `stedgeai`'s report counts them (`EpochCounts`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import attrs

from n6gen.compiler.stedgeai.version import CoreVersion

Path = Literal["npu", "cpu", "unknown"]
Place = Literal["internal", "external", "flash", "unknown"]
EpochKind = Literal["hw", "hybrid", "sw"]

_PLACES: tuple[tuple[int, int, Place], ...] = (
    (0x2400_0000, 0x2440_0000, "internal"),
    (0x3400_0000, 0x3440_0000, "internal"),
    (0x7000_0000, 0x8000_0000, "flash"),
    (0x8000_0000, 0xA000_0000, "external"),
)
_KIB = 1024


def place_of(address: int | None) -> Place:
    """Where an address of the STM32N6 lies; "unknown" for None and for all that is neither AXISRAM nor XSPI."""
    if address is None:
        return "unknown"
    return next((place for low, end, place in _PLACES if low <= address < end), "unknown")


@attrs.frozen
class Pool:
    """One real memory pool. Sizes in bytes; `used` is what the network occupies of it.

    `holds` says what lies there ("weights", "activations"), empty where it is not said. `traffic` is how many bytes
    one inference reads and writes there, by the compiler's estimate.
    """

    name: str
    address: int | None
    size: int | None
    used: int | None
    holds: tuple[str, ...] = ()
    traffic: tuple[int, int] | None = None

    @property
    def place(self) -> Place:
        """Internal or external RAM, flash, or unknown."""
        return place_of(self.address)


@attrs.frozen
class Epoch:
    """One epoch, or a run of them in one epoch controller blob. `operators` are what its software part does."""

    name: str
    kind: EpochKind
    operators: tuple[str, ...] = ()


@attrs.frozen
class EpochCounts:
    """Numbers of epochs. `hw` counts each epoch inside a blob; `blobs` is the number of epoch controller blobs.

    Releases before 3.0 count a hybrid epoch among the hardware's in their text and print it as "??"; here it is a
    hybrid. So hw + hybrid + sw = total wherever all are known.
    """

    total: int | None = None
    hw: int | None = None
    hybrid: int | None = None
    sw: int | None = None
    blobs: int | None = None


@attrs.frozen
class NetworkReport:
    """What one file, or a folder of them, says about a compiled network.

    `kind` is what the file is, in words. `tool` is None for a file that does not show who made it. `core` is the
    release of stedgeai; `release` is what is known of the version without it. `command` is the tool's command line.
    `application_io` are bytes of inputs and outputs that the application provides. `errors` start with the error's
    name; `notes` are worth a reader's eye.
    """

    kind: str
    tool: str | None = None
    core: CoreVersion | None = None
    release: str | None = None
    path: Path = "unknown"
    command: str | None = None
    pools: tuple[Pool, ...] = ()
    counts: EpochCounts = EpochCounts()
    epochs: tuple[Epoch, ...] = ()
    application_io: tuple[int, int] | None = None
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def version(self) -> str | None:
        """The tool's version, without its build number."""
        return self.core.number if self.core else self.release

    @property
    def internal_ram_kib(self) -> float | None:
        """Use of AXISRAM, as in ST's tables."""
        return self._sum("internal")

    @property
    def external_ram_kib(self) -> float | None:
        """Use of external RAM (PSRAM), as in ST's tables."""
        return self._sum("external")

    @property
    def flash_kib(self) -> float | None:
        """Use of flash by weights, as in ST's tables."""
        return self._sum("flash")

    @property
    def spill(self) -> tuple[str, ...]:
        """What lies in external RAM, and what that costs, a sentence each; empty if nothing does or it is unknown."""
        return tuple(_spill(pool) for pool in self.pools if pool.place == "external" and pool.used)

    def as_json(self) -> dict[str, Any]:
        """The object that `n6gen network show --json` prints."""
        return {
            "tool": self.tool,
            "version": self.version,
            "path": self.path,
            "internal_ram_kib": self.internal_ram_kib,
            "external_ram_kib": self.external_ram_kib,
            "flash_kib": self.flash_kib,
            "epochs": {
                "total": self.counts.total,
                "hw": self.counts.hw,
                "hybrid": self.counts.hybrid,
                "sw": self.counts.sw,
            },
            "spill": list(self.spill),
            "errors": list(self.errors),
        }

    def _sum(self, place: Place) -> float | None:
        # A description of pools, or use that lies nobody knows where, is no figure.
        if not self.pools or any(pool.used is None or (pool.used and pool.place == "unknown") for pool in self.pools):
            return None
        return round(sum(pool.used or 0 for pool in self.pools if pool.place == place) / _KIB, 3)


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """`texts` without repetitions, in order."""
    return tuple(dict.fromkeys(texts))


def _spill(pool: Pool) -> str:
    what = " and ".join(pool.holds) or "data"
    amount = f"{(pool.used or 0) / _KIB:,.1f} KiB"
    moved = ""
    if pool.traffic is not None:
        read, written = (f"{count / _KIB:,.0f} KiB" for count in pool.traffic)
        moved = f" One inference reads {read} and writes {written} there."
    return (
        f"{amount} of {what} lie in external RAM ({pool.name} at {pool.address:#010x}).{moved} Each access goes over "
        "the XSPI bus, many times slower than AXISRAM, and the compiler's own estimate of the latency does not hold; "
        "a board without that RAM cannot run this network."
    )
