"""The network of a build: compiled by the board's compiler, or taken from where somebody else compiled it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from n6gen.board import Board
from n6gen.build.request import BuildRequest
from n6gen.compiler.network import Network
from n6gen.model import Model

if TYPE_CHECKING:
    from n6gen.compiler.base import Decode
    from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler

Say = Callable[[str], None]


def make_network(
    request: BuildRequest, board: Board, compiler: str, model: Model | None, on_line: Say, on_stage: Say
) -> Network:
    """Compile `model`, or take the network that `request` names, into the build's folder `network/`.

    Raises InputError or MissingToolError.
    """
    out = request.out / "network"
    decode = cast("Decode", "none" if request.cut is not None else request.decode)
    if request.network is not None:
        from n6gen.compiler.stedgeai.compile import take

        return take(request.network, out, board, model=model, decode=decode)
    assert model is not None  # noqa: S101 - only a taken network goes without one
    if compiler == "stedgeai":
        made = stedgeai(request, board, on_line, on_stage)
        return made.compile(model, out, keep_head=request.keep_head, decode=decode)
    from n6gen.compiler.cpu import compile_cpu

    _forget_other(out)
    return compile_cpu(model, out, kernels=request.kernels, keep_head=request.keep_head, decode=decode)


def stedgeai(
    request: BuildRequest,
    board: Board,
    on_line: Say = lambda line: None,  # noqa: ARG005
    on_stage: Say = lambda stage: None,  # noqa: ARG005
) -> StEdgeAiCompiler:
    """The compiler stedgeai as `request` wants it."""
    from n6gen.compiler.stedgeai.command import Options
    from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler

    options = Options(per_epoch=request.profile)
    return StEdgeAiCompiler(board, program=request.stedgeai, options=options, on_line=on_line, on_stage=on_stage)


def _forget_other(out: Path) -> None:
    """Remove the files of a network that another compiler left: the project would be compiled with them."""
    try:
        made_by = json.loads((out / "network.json").read_text(encoding="utf-8"))["compiler"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if made_by != "cpu":
        for path in out.iterdir():
            if path.is_file():
                path.unlink()
