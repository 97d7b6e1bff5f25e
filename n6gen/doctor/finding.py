"""One line of the doctor's report."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Literal

import attrs

from n6gen.tools.find import system

State = Literal["ok", "missing", "old", "optional"]

# The first words of a fix that is for one kind of system, and the systems' names that /etc/os-release has for it.
_LINUX = {"Debian": {"debian", "ubuntu"}, "Fedora": {"fedora", "rhel", "centos"}}
_PLATFORMS = {"macos": "macOS", "windows": "Windows"}
_NAMED = (*_LINUX, *_PLATFORMS.values(), "Elsewhere")


@attrs.frozen
class Finding:
    """Whether one thing is here and fits.

    `state`: ok; missing or old, where a board needs it; optional, where it is not here and not needed. `detail`: the
    version and the place, or what is wrong. `fixes`: what to do, each for every system or begun by the name of one.
    """

    name: str
    state: State
    detail: str
    fixes: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether the board cannot be worked with before this is mended."""
        return self.state in {"missing", "old"}

    @property
    def fixes_here(self) -> tuple[str, ...]:
        """The fixes for this system; all, where none is for it."""
        return () if self.state == "ok" else here(self.fixes)


def absent(name: str, detail: str, fixes: Sequence[str] = (), *, needed: bool) -> Finding:
    """The finding for something that is not here, or not usable."""
    return Finding(name, "missing" if needed else "optional", detail, tuple(fixes))


def here(fixes: Sequence[str]) -> tuple[str, ...]:
    """Those of `fixes` that are for this system or for all systems; all of them if none is."""
    ours = _our_name()
    named = [fix for fix in fixes if fix.startswith(_NAMED)]
    fitting = [fix for fix in named if ours and fix.startswith(ours)]
    if named and not fitting:
        return tuple(fixes)
    return tuple(fix for fix in fixes if fix not in named or fix in fitting)


def _our_name() -> str | None:
    kind = system()
    if kind != "linux":
        return _PLATFORMS[kind]
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    families = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return next((name for name, ids in _LINUX.items() if ids & families), None)
