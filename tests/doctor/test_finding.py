"""Which fixes a user sees."""

from __future__ import annotations

import platform

import pytest

from n6gen.doctor import finding
from n6gen.doctor.finding import Finding, absent, here

_FIXES = ("Debian, Ubuntu: apt", "Fedora: dnf", "macOS: brew", "Windows: winget", "Then say hello.")


@pytest.mark.parametrize(
    ("system", "release", "shown"),
    [
        ("linux", {"ID": "debian"}, ("Debian, Ubuntu: apt", "Then say hello.")),
        ("linux", {"ID": "mint", "ID_LIKE": "ubuntu debian"}, ("Debian, Ubuntu: apt", "Then say hello.")),
        ("linux", {"ID": "fedora"}, ("Fedora: dnf", "Then say hello.")),
        ("linux", {"ID": "arch"}, _FIXES),
        ("macos", None, ("macOS: brew", "Then say hello.")),
        ("windows", None, ("Windows: winget", "Then say hello.")),
    ],
)
def test_the_fix_is_the_one_for_this_system(
    monkeypatch: pytest.MonkeyPatch, system: str, release: dict[str, str] | None, shown: tuple[str, ...]
) -> None:
    """Where the system is not known, all are shown."""
    monkeypatch.setattr(finding, "system", lambda: system)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert here(_FIXES) == shown


def test_a_linux_without_a_name_gets_all_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """os-release is not everywhere."""

    def none() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(finding, "system", lambda: "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", none)
    assert here(_FIXES) == _FIXES


def test_what_is_not_needed_is_optional() -> None:
    """Only what a board needs makes a machine unfit."""
    assert (absent("x", "", needed=True).state, absent("x", "", needed=True).bad) == ("missing", True)
    assert (absent("x", "", needed=False).state, absent("x", "", needed=False).bad) == ("optional", False)
    assert Finding("x", "old", "").bad
    assert Finding("x", "ok", "", ("fix",)).fixes_here == ()
