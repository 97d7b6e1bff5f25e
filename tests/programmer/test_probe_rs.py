"""The programmer probe-rs against its stand-in: what it types, how it finds differences, when it tries again."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.flash.session import Selection, flash
from n6gen.programmer import ladder
from n6gen.programmer.probe_rs import ProbeRs
from tests.flash.fake_build import images, write_build
from tests.programmer.cube import DK, OTHER_SERIAL, SERIAL

NEW = images(1, board=DK.name)
STAND_IN = Path(__file__).resolve().parents[1] / "stand_ins" / "probe_rs.py"
TO_BOARD = ["--chip", "STM32N657", "--probe", f"0483:3754:{SERIAL}", "--non-interactive"]


class Tool:
    """An installed stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "the tools" / "probe-rs"
        self.program.parent.mkdir()
        self.program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S {shlex.quote(str(STAND_IN))} "$@"\n')
        self.program.chmod(0o755)
        self.settings(probes=[{"sn": SERIAL}])

    def settings(self, **values: Any) -> None:
        (self.folder / "probe_rs.json").write_text(json.dumps(values))

    def fail(self, at: str, kind: str, times: int = 1, **more: Any) -> None:
        self.settings(probes=[{"sn": SERIAL}], faults=[{"at": at, "kind": kind, "times": times, **more}])

    @property
    def calls(self) -> list[list[str]]:
        lines = (self.folder / "calls.jsonl").read_text().splitlines()
        return [[Path(w).name if "/" in w else w for w in json.loads(line)["argv"]] for line in lines]

    def holds(self, name: str, size: int) -> bytes:
        return (self.folder / f"{SERIAL}.nor").read_bytes()[DK.partition(name).offset :][:size]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    made = Tool(tmp_path)
    monkeypatch.setenv("PROBE_RS_STAND_IN", str(tmp_path))
    monkeypatch.setenv("N6GEN_PROBE_RS", str(made.program))
    monkeypatch.setattr(ladder, "sleep", lambda seconds: None)
    return made


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return write_build(tmp_path / "a build", NEW, board=DK.name)


def test_from_blank_to_changed(tool: Tool, build: Path) -> None:
    """The board's second programmer is used where the first one is not installed; then only the app is written."""
    result = flash(build)
    assert (result.programmer, result.serial) == ("probe-rs", SERIAL)
    assert {name: tool.holds(name, len(data)) for name, data in NEW.items()} == NEW
    write_build(build, NEW | {"app": images(2, board=DK.name)["app"]}, board=DK.name)
    parts = {part["name"]: part for part in flash(build).as_json()["partitions"]}
    assert {name: part["action"] for name, part in parts.items()} == {
        "fsbl": "unchanged",
        "app": "write",
        "weights": "unchanged",
    }
    assert parts["app"]["sectors"] == -(-len(NEW["app"]) // 0x1000)


def test_what_is_typed(tool: Tool, build: Path) -> None:
    """The chip and the probe always; a comparison by the tool itself; written sectors are verified by it too."""
    flash(build, only=["fsbl"])
    size = len(NEW["fsbl"])
    verify = ["verify", *TO_BOARD, "--binary-format", "bin", "--base-address", "0x70000000"]
    calls = [call for call in tool.calls if call[0] not in {"list", "--version"}]
    assert calls[0] == ["read", *TO_BOARD, "b32", "0xe000ed00", "1"]
    assert calls[1] == [*verify, "--disable-progressbars", "verify.bin"]
    written = [call for call in calls if call[0] == "download"]
    assert len(written) == (2 if size > 0x1000 else 1)
    assert {tuple(call) for call in written} == {
        ("download", *TO_BOARD, "--binary-format", "hex", "--verify", "--disable-progressbars", "write.hex")
    }
    assert calls[-2][0] == "verify"
    assert calls[-1] == ["reset", *TO_BOARD]
    words = {word for call in tool.calls for word in call if word.startswith("-")}
    assert not words & {"--chip-erase", "--allow-erase-all", "--cycle-power"}


def test_differences_are_found_by_piece(tool: Tool, tmp_path: Path) -> None:
    """Of a large image only the pieces that differ are written."""
    large = images(5, blob=700_000, board=DK.name)
    build = write_build(tmp_path / "large", large, board=DK.name)
    flash(build)
    file = tool.folder / f"{SERIAL}.nor"
    content = bytearray(file.read_bytes())
    content[DK.partition("weights").offset + 300_000] ^= 0xFF
    file.write_bytes(content)
    parts = {part["name"]: part for part in flash(build).as_json()["partitions"]}
    assert parts["weights"]["written"] == 1 << 18
    assert tool.holds("weights", len(large["weights"])) == large["weights"]


@pytest.mark.parametrize(
    ("at", "kind", "cause"),
    [
        ("download", "erase-refused", "refuses to be erased"),
        ("download", "write-failed", "the loader failed while it wrote"),
        ("download", "verify-mismatch", "does not hold what was written"),
        ("verify", "no-probe", "no debug probe is connected"),
    ],
)
def test_failures(tool: Tool, build: Path, at: str, kind: str, cause: str) -> None:
    """Named with their cause; the next flash finishes."""
    tool.fail(at, kind)
    with pytest.raises(BoardError, match=cause):
        flash(build)
    flash(build)
    assert {name: tool.holds(name, len(data)) for name, data in NEW.items()} == NEW


def test_what_is_tried_again(tool: Tool, build: Path) -> None:
    """A busy probe; a processor that does not answer, under reset."""
    tool.fail("read", "busy", times=3)
    flash(build, dry_run=True)
    tool.fail("read", "no-target", times=9, under_reset=False)
    flash(build, dry_run=True)
    assert "--connect-under-reset" in tool.calls[-1]
    tool.fail("read", "no-target", times=9)
    with pytest.raises(BoardError, match="not in the development position"):
        flash(build)


def test_an_unmapped_flash_is_no_obstacle(tool: Tool, build: Path) -> None:
    """Bytes of the flash can only be read where it is mapped: without, a mismatch is named by its sector."""
    with ProbeRs().open(SERIAL, DK, selection().access) as target:
        with pytest.raises(BoardError, match=r"bus fault|does not know"):
            target.read(0x7000_0000, 16)
        assert target.differing(0x7000_0000, b"\0" * 16) == [0]
    tool.settings(probes=[{"sn": SERIAL, "mapped": True}])
    with ProbeRs().open(SERIAL, DK, selection().access) as target:
        assert target.read(0x7000_0000, 16) == b"\xff" * 16


def selection() -> Selection:
    return Selection(programmer="probe-rs")


def test_another_processor(tool: Tool, build: Path) -> None:
    """probe-rs knows no boards, but a processor that is no Cortex-M55 is not written to."""
    tool.settings(probes=[{"sn": SERIAL, "cpuid": "410fc241"}])
    with pytest.raises(InputError, match="another processor"):
        flash(build)


def test_boards(tool: Tool) -> None:
    """Serial and state of each, none of another maker."""
    tool.settings(probes=[{"sn": SERIAL}, {"sn": OTHER_SERIAL, "inaccessible": True}])
    found = {probe.serial: probe.state for probe in ProbeRs().probes()}
    assert found == {SERIAL: "ready", OTHER_SERIAL: "no permission"}
    tool.settings(probes=[])
    assert ProbeRs().probes() == []


def test_too_old(tool: Tool, build: Path) -> None:
    """Before 0.32 it did not know this flash."""
    tool.settings(version="0.31.0", probes=[{"sn": SERIAL}])
    with pytest.raises(MissingToolError, match=r"probe-rs 0\.31\.0 is too old"):
        flash(build, selection=selection())
