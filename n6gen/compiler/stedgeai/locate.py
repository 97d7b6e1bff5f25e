"""Where ST's `stedgeai` is, and which release it is."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from n6gen.compiler.stedgeai import version
from n6gen.compiler.stedgeai.version import CoreVersion
from n6gen.errors import MissingToolError
from n6gen.tools.find import Search, Tool, Version, find, path_version, system
from n6gen.tools.run import run
from n6gen.tools.text import clean

#: The folders of Utilities/ that may hold a program for this system, best first.
_SYSTEMS = {"linux": ("linux",), "macos": ("macarm", "mac"), "windows": ("windows",)}
_ROOTS = {
    "linux": ("/opt/ST", "/opt/st", "/opt", "~/ST", "~/st", "~/app/ST", "/usr/local/ST"),
    "macos": ("/Applications/ST", "~/ST", "/opt/ST"),
    "windows": ("C:/ST", "~/ST"),
}
#: Folders below a root that hold Utilities/: with a version folder, without, once or twice, under both names.
_INSTALLS = ("STEdgeAI", "STEdgeAI/*", "STEdgeAI/*/*", "STEdgeAI_*", "STEdgeAI_*/*", "STEdgeAI_Core/*", "stedgeai/*")
_PACK = "~/STM32Cube/Repository/Packs/STMicroelectronics/X-CUBE-AI/*"
_PACK_NUMBER = re.compile(r"X-CUBE-AI/(\d+)\.(\d+)")

#: Seconds until a tool that is asked for its version must have answered; the first start after an install is slow.
_VERSION_TIMEOUT_S = 60.0
OLDEST = (2, 0, 0)

_DOWNLOAD = "Install ST Edge AI Core 2.0 or newer from st.com (free, needs an account)."
_REMEDIES = (
    _DOWNLOAD,
    "Name it: --stedgeai DIR, or the environment variable STEDGEAI_CORE_DIR.",
    "Or give a network that it made elsewhere: --network DIR.",
    "'--board virtual' needs no vendor tool: n6gen build --board virtual",
)


def _places() -> tuple[str, ...]:
    kind = system()
    folders = [f"{root}/{install}" for root in _ROOTS[kind] for install in _INSTALLS]
    return tuple(f"{folder}/Utilities/{name}" for folder in (*folders, _PACK) for name in _SYSTEMS[kind])


def tool() -> Tool:
    """The description of `stedgeai` for n6gen.tools.find, on this system."""
    kind = system()
    return Tool(
        names=("stedgeai",),
        option="--stedgeai",
        variables=("N6GEN_STEDGEAI", "STEDGEAI_CORE_DIR"),
        folders={kind: _places()},
        below=("", *(f"{up}Utilities/{name}" for up in ("", "*/", "*/*/") for name in _SYSTEMS[kind])),
    )


@attrs.frozen
class Located:
    """A `stedgeai` that answered. `source` is the place that named it, `components` the rest of its answer."""

    program: Path
    core: CoreVersion
    source: str
    components: tuple[str, ...] = ()

    @property
    def core_dir(self) -> Path | None:
        """The install's root (what STEDGEAI_CORE_DIR should be), None for a program that lies in no install."""
        utilities = self.program.resolve().parent.parent
        return utilities.parent if utilities.name == "Utilities" else None


def search(given: str | Path | None = None) -> Search:
    """Look for the program: `given` > N6GEN_STEDGEAI > STEDGEAI_CORE_DIR > PATH > known folders, newest first.

    Raises InputError if `given` or N6GEN_STEDGEAI leads nowhere.
    """
    return find(tool(), given, version=_order)


def locate(given: str | Path | None = None) -> Located:
    """Find the program and ask for its version.

    Raises MissingToolError if there is none (with all that was tried), it does not answer, or is older than 2.0;
    InputError if `given` or N6GEN_STEDGEAI leads nowhere.
    """
    found = search(given)
    if found.path is None:
        raise MissingToolError("there is no stedgeai on this machine", f"Looked at: {_tried(found)}.", *_REMEDIES)
    return identify(found.path, found.source)


def identify(program: Path, source: str) -> Located:
    """Ask a program for its version. Raises MissingToolError if it is no stedgeai that can be used."""
    result = run([program, "--version"], timeout=_VERSION_TIMEOUT_S)
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    core = next((found for line in lines if (found := version.in_line(line))), None)
    if core is None or not result.ok:
        said = clean(lines[-1], 200) if lines else "nothing"
        how = "does not answer" if result.timed_out else f"is no stedgeai that runs: --version says {said}"
        raise MissingToolError(f"{program} ({source}) {how}", "Run it by hand: stedgeai --version.", *_REMEDIES)
    if core < CoreVersion(*OLDEST):
        raise MissingToolError(f"{program} is ST Edge AI Core {core}: it knows no NPU", *_REMEDIES)
    named = [line for line in lines if version.in_line(line) is None]
    return Located(program, core, source, tuple(named))


def _tried(found: Search) -> str:
    """The places of a search, short: of the known folders only their roots."""
    named = [attempt.place for attempt in found.tried if "/" not in attempt.place or attempt.place.startswith("$")]
    roots = [f"{root}/STEdgeAI*" for root in _ROOTS[system()]]
    return ", ".join([*named, *roots, _PACK])


def _order(program: Path) -> Version:
    """A program's place among several: the core's number; X-CUBE-AI packs before 4.0.0 called 2 "10" and 3 "11"."""
    pack = _PACK_NUMBER.search(program.as_posix())
    if pack and int(pack[1]) >= 10:
        return (int(pack[1]) - 8, int(pack[2]))
    return path_version(program)
