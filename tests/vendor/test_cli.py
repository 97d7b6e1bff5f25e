"""`n6gen vendor` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import n6gen
from tests.support.vendor import real_store


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("N6GEN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vendor"


def test_ls_shows_every_package_with_licence_and_state(cache: Path) -> None:
    """For people and for machines."""
    shown = n6gen("vendor", "ls")
    assert shown.code == 0
    assert "hal" in shown.out
    assert "SLA0044" in shown.out
    listed = n6gen("vendor", "ls", "--json").json
    assert {p["state"] for p in listed["packages"]} == {"missing"}
    assert all(p["licence"] in listed["licences"] and p["url"] and p["commit"] for p in listed["packages"])
    assert listed["folder"] == str(cache)


def test_check_of_an_empty_cache_says_what_to_fetch(cache: Path) -> None:
    """Exit code 3: something is missing on this machine."""
    ran = n6gen("vendor", "check", "hal", "bsp")
    assert ran.code == 3
    assert "n6gen vendor fetch hal bsp" in ran.err


def test_a_mirror_without_the_repository(cache: Path, tmp_path: Path) -> None:
    """Exit code 3, where it was looked for, and nothing half done."""
    (tmp_path / "mirrors").mkdir()
    ran = n6gen("vendor", "fetch", "hal", "--mirror", tmp_path / "mirrors")
    assert ran.code == 3
    assert "STMicroelectronics+stm32n6xx-hal-driver/repo" in ran.err
    assert n6gen("vendor", "ls", "--json").json["packages"][0]["state"] == "missing"


def test_own_copies_are_remembered_and_forgotten(cache: Path, tmp_path: Path) -> None:
    """--path stands in for a package until it is taken back; a folder that is not it is refused."""
    (tmp_path / "mine" / "Inc").mkdir(parents=True)
    refused = n6gen("vendor", "fetch", "--path", f"hal={tmp_path / 'mine'}")
    assert refused.code == 5
    assert "Inc/stm32n6xx_hal.h" in refused.err
    (tmp_path / "mine" / "Inc" / "stm32n6xx_hal.h").touch()
    assert n6gen("vendor", "fetch", "--path", f"hal={tmp_path / 'mine'}").code == 0
    hal = n6gen("vendor", "ls", "--json").json["packages"][0]
    assert (hal["state"], hal["folder"]) == ("own", str(tmp_path / "mine"))
    assert n6gen("vendor", "fetch", "--path", "hal=").code == 0
    assert n6gen("vendor", "ls", "--json").json["packages"][0]["state"] == "missing"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("fetch", "nothing"), 5),
        (("fetch", "--path", "hal"), 2),
        (("fetch", "--path", "nothing=/tmp"), 5),
        (("ls", "--board", "virtual"), 5),
    ],
)
def test_wrong_words(cache: Path, words: tuple[str, ...], code: int) -> None:
    """Each ends in the code of its kind, without a traceback."""
    ran = n6gen("vendor", *words)
    assert ran.code == code
    assert "Traceback" not in ran.err


def test_a_package_in_the_cache_is_recorded_in_the_projects_lock_file(cache: Path, tmp_path: Path) -> None:
    """Without a network; a changed file is then found by check, and refused by a lock of other content."""
    real = real_store()
    home = real.folder / "stm32-rk050hr18-acc765cf"
    if not home.is_dir():
        pytest.skip("lcd-panel is not fetched on this machine (n6gen vendor fetch)")
    cache.mkdir(parents=True)
    copy = cache / home.name
    copy.mkdir()
    for file in home.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (tmp_path / "n6gen.toml").write_text("")
    assert n6gen("vendor", "fetch", "lcd-panel").code == 0
    lock = (tmp_path / "n6gen.lock").read_text()
    assert "[vendor.lcd-panel]" in lock
    assert n6gen("vendor", "check", "lcd-panel").code == 0
    (copy / "rk050hr18.h").write_text("// mine\n")
    changed = n6gen("vendor", "check", "lcd-panel")
    assert changed.code == 5
    assert "changed: rk050hr18.h" in changed.err
    (tmp_path / "n6gen.lock").write_text(lock.replace('sha256 = "', 'sha256 = "0'))
    assert n6gen("vendor", "fetch", "lcd-panel").code == 5
