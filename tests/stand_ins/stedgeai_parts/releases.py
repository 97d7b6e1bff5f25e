"""What differs between releases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One release: its title, its NPU compiler and the version of the runtime it writes for."""

    number: str
    title: str
    compiler: str
    runtime: tuple[int, int, int, int]
    branch: str
    exported: str

    @property
    def major(self) -> int:
        """2, 3 or 4."""
        return int(self.number.split(".")[0])

    @property
    def minor(self) -> int:
        """The second number."""
        return int(self.number.split(".")[1])

    @property
    def marked(self) -> bool:
        """Bookkeeping epochs are marked, epochs are listed in the new form, the ST-AI layer is written."""
        return self.major >= 3

    @property
    def c_name(self) -> str:
        """What the generated functions are called."""
        return "network" if self.marked else "Default"


RELEASES = {
    release.number: release
    for release in (
        Release("1.0.0", "1.0.0-19899", "", (0, 0, 0, 0), "", ""),
        Release("2.0.0", "2.0.0-20049", "1.0.0-16", (1, 0, 0, 16), "2.0", "3_1_0"),
        Release("2.1.0", "2.1.0-20194 329b0e98d", "1.1.0-31", (1, 1, 0, 31), "2.1", "3_2_0"),
        Release("2.2.0", "2.2.0-20266 2adc00962", "1.1.1-14", (1, 1, 1, 14), "2.2", "3_3_0"),
        Release("3.0.0", "3.0.0-20426 123672867", "1.1.3-8", (1, 1, 3, 8), "3.0", "3_3_1"),
        Release("4.0.0", "4.0.0-20500 359356bb0", "1.1.3-262", (1, 1, 3, 262), "4.0", "3_3_1"),
        Release("4.0.1", "4.0.1-20581 7ed50de05", "1.1.3-275", (1, 1, 3, 275), "4.0", "3_3_1"),
        # Never seen; only that it exists.
        Release("4.1.0", "4.1.0-20700 0123456ab", "1.1.4-1", (1, 1, 4, 1), "4.1", "3_3_1"),
    )
}

_BASE = {
    "--model": 1,
    "-m": 1,
    "--target": 1,
    "--type": 1,
    "-t": 1,
    "--name": 1,
    "-n": 1,
    "--compression": 1,
    "--allocate-inputs": 0,
    "--allocate-outputs": 0,
    "--no-inputs-allocation": 0,
    "--no-outputs-allocation": 0,
    "--workspace": 1,
    "-w": 1,
    "--output": 1,
    "-o": 1,
    "--optimization": 1,
    "-O": 1,
    "--memory-pool": 1,
    "--input-data-type": 1,
    "--output-data-type": 1,
    "--inputs-ch-position": 1,
    "--outputs-ch-position": 1,
    "--c-api": 1,
    "--binary": 0,
    "--address": 1,
    "--verbosity": 1,
    "-v": 1,
    "--quiet": 0,
    "--no-report": 0,
    "--no-workspace": 0,
}
_SINCE_4 = {
    "--enable-epoch-controller": 0,
    "--eec": 0,
    "--relocatable": 0,
    "-r": 0,
    "--reloc": 0,
    "--use-onnx-simplifier": 0,
}


def options_of(release: Release) -> dict[str, int]:
    """The options that `generate` of a release takes, and how many values each has."""
    return {**_BASE, **(_SINCE_4 if release.major >= 4 else {})}


#: Options of the NPU compiler that a release does not have.
def unknown_compiler_options(release: Release) -> set[str]:
    """What a profile of that release must not hold."""
    if release.marked:
        return {"--mvei", "--Oalt-sched"}
    return {"--Oauto-sched"} if (release.major, release.minor) < (2, 2) else set()
