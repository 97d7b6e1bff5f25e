"""Build, flash, measure on the emulated board, with a tiny network: what is right, and what is said when it is not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from n6gen.board import load_board
from n6gen.emulator.instance import open_instance
from n6gen.measure.alike import differences
from n6gen.measure.compare import compare
from n6gen.measure.sessions import sessions_dir
from tests.measure.test_clocked import checked
from tests.support.cli import n6gen
from tests.support.journey import SIDE, build, flash, measure, pictures, tiny_model

pytestmark = [pytest.mark.arm, pytest.mark.qemu]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, its build `b`, and frames."""
    folder = tmp_path_factory.mktemp("journey home")
    pictures(folder / "frames")
    assert build(tiny_model(folder), folder / "b").code == 0
    return folder


@pytest.fixture
def frames(home: Path) -> list[Path]:
    """Two noise pictures."""
    return sorted((home / "frames").iterdir())


def test_masks_are_exact_and_the_result_is_complete(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """Every pixel equals the reference; masks, LCD pictures and JSON are where they were asked for."""
    flashed = flash(home / "b")
    assert [p["action"] for p in flashed.json["partitions"]] == ["write"] * 3
    assert flashed.json["verified"] is True
    ran = n6gen(
        *("measure", "--build", home / "b", "--frames", *frames, "--masks", tmp_path / "masks"),
        *("--lcd-dir", tmp_path / "lcd", "--lcd", tmp_path / "last.png", "--json", tmp_path / "m.json"),
    )
    assert ran.code == 0, ran.err
    assert "every pixel equals the integer reference" in ran.out
    import json

    said = json.loads((tmp_path / "m.json").read_text())
    assert said["unit"] == "instructions"
    assert "ms" not in ran.out.split()
    assert set(said["stages"]) >= {"network", "decode", "present"}
    for stage in said["stages"].values():
        assert stage["n"] == 2
        assert 0 < stage["min"] <= stage["p50"] <= stage["max"]
    assert [frame["mask_exact"] for frame in said["frames"]] == [1.0, 1.0]
    assert said["conditions"]["build_id"] == json.loads((home / "b" / "manifest.json").read_text())["build_id"]
    for frame in frames:
        with Image.open(tmp_path / "masks" / frame.name) as mask:
            assert (mask.mode, mask.size) == ("L", (SIDE, SIDE))
            assert set(np.unique(np.asarray(mask))) <= {0, 1}
        with Image.open(tmp_path / "lcd" / frame.name) as lcd:
            assert lcd.size == (800, 480)
    assert (tmp_path / "last.png").read_bytes() == (tmp_path / "lcd" / frames[-1].name).read_bytes()


def test_two_sessions_measure_the_same(home: Path, frames: list[Path]) -> None:
    """The clock is deterministic: two power-ons give the same instruction counts."""
    flash(home / "b")
    first, second = measure(home / "b", frames).json, measure(home / "b", frames).json
    assert differences(first, second) == []
    # A run may begin at another phase of the 32 MHz clock: what differs by no more than a tick is the same.
    assert {change.change for change in compare(first, second)} == {"same"}
    assert first["frames"][0]["mask_exact"] == 1.0


def test_the_session_is_kept_and_says_the_same_again(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """Raw bytes, log and JSON lie in the state folder; reports made from the bytes are those of the measurement."""
    flash(home / "b")
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    ran = measure(home / "b", frames, "--html", pages[0])
    assert ran.code == 0, ran.err
    (folder,) = sessions_dir().iterdir()
    assert {file.name for file in folder.iterdir()} == {
        *("uart.bin", "link.jsonl", "host.json", "host.npz", "log.txt", "session.json")
    }
    assert str(folder) in ran.err
    again = n6gen("report", folder, "--json", "--html", pages[1])
    assert again.code == 0, again.err
    assert again.out == ran.out
    assert pages[0].read_bytes() == pages[1].read_bytes()
    checked(ran.json)
    shown = n6gen("report", folder)
    assert "windows, p95, p99, MAD, 95% for p50: n/a (deterministic)" in shown.out


def test_only_so_many_sessions_are_kept(home: Path, frames: list[Path]) -> None:
    """The oldest go; how many stay is a setting."""
    flash(home / "b")
    ids = [measure(home / "b", frames[:1], "--keep-sessions", "2").json["id"] for _ in range(3)]
    assert sorted(folder.name for folder in sessions_dir().iterdir()) == sorted(ids[1:])


def test_a_gate_on_another_build(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """A kernel set that costs more is another workload: not comparable unless it is allowed, and then a regression."""
    flash(home / "b")
    base = tmp_path / "base.json"
    base.write_text(measure(home / "b", frames).out)
    assert "Mean cost of a frame" in n6gen("compare", base, base).out
    same = measure(home / "b", frames, "--baseline", base)
    assert (same.code, same.json["gate"]["verdict"]) == (0, "ok")
    assert build(home / "tiny0.onnx", tmp_path / "b", "--kernels", "ref").code == 0
    flash(tmp_path / "b")
    other = measure(tmp_path / "b", frames, "--baseline", base)
    assert other.code == 6
    differing = {entry["key"] for entry in other.json["gate"]["differing"]}
    assert "options.kernels" in differing
    assert not differing & {"build_id", "network_id", "images.app"}
    allow = [word for key in sorted(differing) for word in ("--allow", key)]
    gated = measure(tmp_path / "b", frames, "--baseline", base, "--max-regression", "3%", *allow)
    assert gated.code == 1
    assert any(reason.startswith("network: ") for reason in gated.json["gate"]["reasons"])


def test_a_session_that_fails_is_kept_too(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """What the board sent until then, the error, and a test result that is an error."""
    flash(home / "b")
    assert build(tiny_model(tmp_path, seed=1), tmp_path / "b").code == 0
    ran = measure(tmp_path / "b", frames, "--junit", tmp_path / "j.xml")
    assert ran.code == 4
    (folder,) = sessions_dir().iterdir()
    assert str(folder) in ran.err
    assert b"boot" in (folder / "uart.bin").read_bytes()
    assert 'errors="1"' in (tmp_path / "j.xml").read_text()
    again = n6gen("report", folder)
    assert again.code == 4
    assert ran.json["error"]["message"] in again.err


@pytest.mark.parametrize(
    "options", [("--decode", "rounded"), ("--keep-head",), ("--kernels", "ref"), ("--input-map", "raw")]
)
def test_every_variant_is_exact(home: Path, frames: list[Path], tmp_path: Path, options: tuple[str, ...]) -> None:
    """Decodes, kernel sets, the kept head and the raw input each equal their own reference."""
    assert build(home / "tiny0.onnx", tmp_path / "b", *options).code == 0
    assert flash(tmp_path / "b").code == 0
    ran = measure(tmp_path / "b", frames)
    assert ran.code == 0, ran.err
    assert all(frame["mask_exact"] == 1.0 for frame in ran.json["frames"])


@pytest.mark.parametrize(
    ("partition", "where", "check"),
    [
        ("app", 0x900, "app-checksum"),
        ("app", 0x0, "app-header"),
        ("weights", 0x40, "weights-crc"),
        ("weights", -10, "weights-trailer"),
    ],
)
def test_damaged_flash_is_found_named_and_mended(
    home: Path, frames: list[Path], partition: str, where: int, check: str
) -> None:
    """One flipped byte: measure exits 4 and says which check failed; flash rewrites that sector only."""
    clean = flash(home / "b").json
    size = next(p["size"] for p in clean["partitions"] if p["name"] == partition)
    at = load_board("virtual").partition(partition).offset + where % size
    nor = open_instance("virtual-0").nor
    data = bytearray(nor.read_bytes())
    data[at] ^= 0x10
    nor.write_bytes(data)

    ran = measure(home / "b", frames)
    assert ran.code == 4
    assert check in ran.json["error"]["message"]
    mended = {p["name"]: p["written"] for p in flash(home / "b").json["partitions"]}
    assert 0 < mended.pop(partition) <= 0x1000
    assert set(mended.values()) == {0}
    assert measure(home / "b", frames).code == 0


def test_a_blank_board_does_not_boot(home: Path, frames: list[Path]) -> None:
    """An erased flash is refused by the boot ROM, with the command that helps."""
    ran = measure(home / "b", frames)
    assert ran.code == 4
    assert "boot ROM" in ran.err
    assert "n6gen flash" in ran.err


def test_another_build_on_the_board_is_noticed(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """A board that runs another build than asked for is not measured."""
    assert flash(home / "b").code == 0
    assert build(tiny_model(tmp_path, seed=1), tmp_path / "b").code == 0
    ran = measure(tmp_path / "b", frames)
    assert ran.code == 4
    assert "n6gen flash" in ran.err


def test_weights_of_another_network_are_refused(home: Path, frames: list[Path], tmp_path: Path) -> None:
    """An app never runs with weights that are whole but not its own."""
    assert build(tiny_model(tmp_path, seed=1), tmp_path / "b").code == 0
    flash(home / "b")
    nor = open_instance("virtual-0").nor
    data = bytearray(nor.read_bytes())
    other = (tmp_path / "b" / "weights.bin").read_bytes()
    at = load_board("virtual").partition("weights").offset
    data[at : at + len(other)] = other
    nor.write_bytes(data)
    ran = measure(home / "b", frames)
    assert ran.code == 4
    assert "network-id" in ran.json["error"]["message"]


#: What is put into present_draw, and what is said of it.
_BROKEN = {
    "fault": ('__asm volatile("udf #7");', r"the board faulted: usage: .* in present_draw \(core/present\.c:\d+\)"),
    "bus": ("*(volatile int *)0xF0000000u = 1;", r"the board faulted: bus: .*bfar=f0000000.* \(core/present\.c:\d+\)"),
    "hang": ('for (;;) __asm volatile("nop");', r"hang: .*at present_draw \(core/present\.c:\d+\)"),
    # Nobody knows where it was.
    "reset": ("extern void board_reset(void); board_reset();", "the board restarted by itself: its loader says ok"),
}


@pytest.mark.parametrize("kind", _BROKEN)
def test_faults_hangs_and_resets_are_named_with_their_source_line(
    home: Path, frames: list[Path], tmp_path: Path, kind: str
) -> None:
    """A crashing, hanging or resetting app ends in exit 4; function and line are named where they are known."""
    source = Path(__file__).parents[2] / "templates" / "app" / "core" / "present.c"
    mine = tmp_path / "mine" / "app" / "core"
    mine.mkdir(parents=True)
    text = source.read_text()
    brace = text.index("{", text.index("void present_draw"))
    (mine / "present.c").write_text(text[: brace + 1] + f"\n    {_BROKEN[kind][0]}\n" + text[brace + 1 :])
    ran = build(home / "tiny0.onnx", tmp_path / "b", "--templates", tmp_path / "mine")
    assert ran.code == 0, ran.err
    assert flash(tmp_path / "b").code == 0
    ran = measure(tmp_path / "b", frames, "--timeout", "2")
    assert ran.code == 4
    assert re.search(_BROKEN[kind][1], ran.json["error"]["message"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--frames", "nowhere.png"), "there is no frame nowhere.png"),
        (("--frames", "."), "there is no picture in"),
    ],
)
def test_frames_that_are_not_there_are_refused_at_once(
    home: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    """A wrong path exits with 5 before any board is touched."""
    ran = n6gen("measure", "--build", home / "b", *words, cwd=tmp_path)
    assert ran.code == 5
    assert says in ran.err


def test_a_missing_build_is_refused(tmp_path: Path) -> None:
    """Without a build there is nothing to measure."""
    ran = n6gen("measure", "--build", tmp_path / "none")
    assert ran.code == 5
    assert "n6gen build" in ran.err
