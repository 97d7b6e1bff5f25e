"""What a build would do, said before it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from n6gen.board import Board, load_board
from n6gen.build.fingerprint import fingerprint, is_current
from n6gen.build.pipeline import compiler_name, locate_model
from n6gen.build.request import BuildRequest
from n6gen.image.manifest import read_if_there

if TYPE_CHECKING:
    from n6gen.model.input import Order


def plan(request: BuildRequest) -> list[str]:
    """The steps in words, one a line. Raises InputError for a board or model that is not there."""
    board = load_board(request.board)
    compiler = compiler_name(request, board)
    model = locate_model(request, board)
    out = request.out
    if is_current(read_if_there(out), fingerprint(request, model), out):
        return [f"{out} is up to date: nothing to do"]
    return [
        *_network_steps(request, board, compiler, model),
        f"render the app for {board.name} → {out}/project",
        f"build it with arm-none-eabi-gcc, CMake and Ninja → {out}/app.elf",
        f"make the images of {', '.join(p.name for p in board.partitions)} → {out}/*.bin, {out}/manifest.json",
    ]


def _network_steps(request: BuildRequest, board: Board, compiler: str, model: Path | None) -> list[str]:
    out, head = request.out, "with its head" if request.keep_head else "cut before its last Resize"
    if request.cut is not None:
        head = f"cut at {request.cut}"
    if request.network is not None:
        loads = [] if model is None else [f"load {model}"]
        return [*loads, f"take the network in {request.network} → {out}/network"]
    if compiler != "stedgeai":
        return [f"load {model}", f"compile it, {head}, with {compiler} ({request.kernels} kernels) → {out}/network"]
    from n6gen.build.network import stedgeai
    from n6gen.model import InputDeclaration, load
    from n6gen.rewrite import cut_at

    assert model is not None  # noqa: S101 - only a taken network goes without one
    declared = InputDeclaration(request.mean, request.std, cast("Order | None", request.order))
    loaded = load(model, declared)
    if request.cut is None:
        return [f"load {model}", *stedgeai(request, board).plan(loaded, keep_head=request.keep_head)]
    steps = stedgeai(request, board).plan(cut_at(loaded, request.cut), keep_head=True)
    return [f"load {model}, {head}", *steps]
