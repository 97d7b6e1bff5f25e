"""Builds, flashes and measures one subject with the command line, as anybody would."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.counts import BYTES, STAGES, Row
from bench.subjects import ROOT, Subject
from n6gen.app.toolchain import find_toolchain
from n6gen.board import load_board
from n6gen.emulator.qemu import find_qemu, qemu_version
from n6gen.errors import BoardError
from n6gen.tools.run import run

#: The reference kernels take minutes a frame in the emulator.
_TIMEOUT_S = 1800.0
#: Frames of the generated scene that every subject sees; odd, so that the median is the middle one.
_FRAMES = "3"


def tools() -> Mapping[str, str]:
    """What the counts depend on: gcc's version, and QEMU's. Raises MissingToolError."""
    qemu = find_qemu(load_board("virtual").raw["emulator"]["machine"])
    return {"gcc": find_toolchain().versions["arm-none-eabi-gcc"], "qemu": qemu_version(qemu)}


def measure(subject: Subject, folder: Path, *, templates: Path | None = None) -> Row:
    """Measure `subject`, working in `folder`. Raises BoardError, with what the command said, if one fails.

    `templates` replaces files of the app, as `n6gen build --templates` does.
    """
    out = folder / f"{subject.model}-{subject.resolution}-{subject.kernels}"
    env = {"N6GEN_STATE_DIR": str(folder / "state"), "N6GEN_CACHE_DIR": str(folder / "cache")}
    override = ["--templates", str(templates)] if templates else []
    _n6gen(
        env, "build", "--board", "virtual", *subject.words, "--kernels", subject.kernels, "--out", str(out), *override
    )
    _n6gen(env, "flash", "--build", str(out))
    result = out.with_suffix(".json")
    _n6gen(env, "measure", "--build", str(out), "--scene", _FRAMES, "--timeout", "600", "--json", str(result))
    session = json.loads(result.read_text(encoding="utf-8"))
    figures = {stage: round(session["stages"][stage]["p50"]) for stage in STAGES}
    figures["decode_max"] = round(session["stages"]["decode"]["max"])
    return Row(
        model=subject.model,
        resolution=subject.resolution,
        kernels=subject.kernels,
        model_sha256=session["conditions"]["model_sha256"],
        measured=dt.datetime.now(dt.UTC).date().isoformat(),
        macs=session["network"]["macs"],
        figures=figures | {name: session["network"][name] for name in BYTES},
    )


def _n6gen(env: Mapping[str, str], *words: str) -> None:
    argv = [sys.executable, "-m", "n6gen", *words, "--quiet"]
    result = run(argv, timeout=_TIMEOUT_S, cwd=ROOT, env=env)
    if not result.ok:
        raise BoardError(f"n6gen {words[0]} ended with {result.returncode}", *result.tail(8).splitlines())
