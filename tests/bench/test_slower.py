"""A kernel that is made slower turns the gate red, through real builds and the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import counts, gate
from bench.__main__ import main
from bench.measure import tools
from n6gen.resources import data_dir

#: 131,072 rounds of nothing, before a kernel does its work.
_SLOWER = "    for (volatile int wasted = 0; wasted < 1 << 17; wasted++) {\n    }\n"


@pytest.mark.arm
@pytest.mark.qemu
@pytest.mark.slow
def test_a_slower_kernel_is_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the build, the stage and the way out."""
    kept = counts.read()
    if gate.unlike(kept, tools()):
        pytest.skip(str(gate.unlike(kept, tools())))
    name = "kernels/mve/average.c"
    source = (data_dir("templates") / name).read_text(encoding="utf-8")
    opening = "void kernel_mve_average("
    assert opening in source
    body = source.index("{\n", source.index(opening)) + 2
    slower = tmp_path / "templates" / name
    slower.parent.mkdir(parents=True)
    slower.write_text(source[:body] + _SLOWER + source[body:], encoding="utf-8")
    words = ["--check", "--res", "256", "--kernels", "mve", "--templates", str(tmp_path / "templates")]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "FAILED: more than is kept, by more than 1 %:\n  demo 256 mve: network " in said
    assert "If that is meant, keep the new counts and say why in the commit: python -m bench --write" in said
