"""What a build would do, said before it is done."""

from __future__ import annotations

from n6gen.board import load_board
from n6gen.build.fingerprint import fingerprint, is_current
from n6gen.build.pipeline import locate_model
from n6gen.build.request import BuildRequest
from n6gen.image.manifest import read_if_there


def plan(request: BuildRequest) -> list[str]:
    """The steps in words, one a line. Raises InputError for a board or model that is not there."""
    board = load_board(request.board)
    model = locate_model(request, board)
    out = request.out
    if is_current(read_if_there(out), fingerprint(request, model), out):
        return [f"{out} is up to date: nothing to do"]
    head = "with its head" if request.keep_head else "cut before its last Resize"
    compiler = request.compiler or board.compilers[0]
    return [
        f"load {model}",
        f"compile it, {head}, with {compiler} ({request.kernels} kernels) → {out}/network",
        f"render the app for {board.name} → {out}/project",
        f"build it with arm-none-eabi-gcc, CMake and Ninja → {out}/app.elf",
        f"make the images of {', '.join(p.name for p in board.partitions)} → {out}/*.bin, {out}/manifest.json",
    ]
