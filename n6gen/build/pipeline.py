"""The build: model → network → app → images → manifest, each step only if the one before succeeded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs

from n6gen.board import Board, load_board
from n6gen.build.fingerprint import fingerprint, is_current
from n6gen.build.request import BuildRequest
from n6gen.errors import InputError
from n6gen.image.manifest import FILE_NAME, Manifest, read_if_there

if TYPE_CHECKING:
    from n6gen.model.input import Order

#: Names of the steps and their share of a build's time, for a progress bar.
STEPS = {"model": 1, "compile": 3, "render": 1, "build": 8, "images": 1}
#: What a model known by name is built at if nothing is said.
DEFAULT_RES = 320
_LOCK_PATIENCE_S = 2.0


@attrs.frozen
class BuildResult:
    """What is in the folder now. `changed` is False if nothing had to be done."""

    folder: Path
    manifest: Manifest
    changed: bool


def build(
    request: BuildRequest,
    on_step: Callable[[str], None] = lambda name: None,  # noqa: ARG005
    on_line: Callable[[str], None] = lambda line: None,  # noqa: ARG005
    project: Path | None = None,
) -> BuildResult:
    """Build what `request` asks for into its folder.

    `on_step` gets the name of each step (of STEPS) as it begins, `on_line` what the tools print. While a build runs its
    folder has no manifest, so that nobody flashes half of it. `project` is where the app is rendered and compiled, by
    default `project` in the folder; builds that share one must not run at once. Raises InputError or MissingToolError.
    """
    from filelock import FileLock, Timeout

    board = load_board(request.board)
    compiler = compiler_name(request, board)
    if compiler != "cpu":
        from n6gen.build.needs import check_needs

        check_needs(request, board, compiler)
    on_step("model")
    model_file = locate_model(request, board)
    request.out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(request.out / ".lock", timeout=_LOCK_PATIENCE_S):
            wanted = fingerprint(request, model_file)
            there = read_if_there(request.out)
            if there is not None and is_current(there, wanted, request.out):
                return BuildResult(request.out, there, changed=False)
            (request.out / FILE_NAME).unlink(missing_ok=True)
            place = project or request.out / "project"
            manifest = _make(request, board, compiler, model_file, wanted, place, on_step, on_line)
    except Timeout:
        raise InputError(f"another build is writing {request.out}", "Wait for it, or choose another --out.") from None
    return BuildResult(request.out, manifest, changed=True)


def locate_model(request: BuildRequest, board: Board) -> Path | None:
    """The file of the model that is asked for; the board's own default if none is, none for a taken network.

    Raises InputError if it is not there, with what brings it.
    """
    if request.model is None and request.network is not None:
        return None
    name = request.model or board.default_model
    if name.endswith(".onnx") or Path(name).is_file():
        if not Path(name).is_file():
            raise InputError(f"there is no model {name}", "Check the path given to --model.", "See 'n6gen model ls'.")
        # Without the catalogue: it would import onnx before anybody knows whether there is anything to do.
        return Path(name)
    from n6gen.model import pull
    from n6gen.rewrite import at_resolution

    return pull.locate(name, request.res or DEFAULT_RES, mirror=request.mirror, adapt=at_resolution)


def compiler_name(request: BuildRequest, board: Board) -> str:
    """The compiler that is asked for, else the board's first; InputError if the board cannot use it."""
    name = request.compiler or board.compilers[0]
    if name not in board.compilers:
        raise InputError(
            f"board {board.name} has no compiler {name!r}", f"Choose one of: {', '.join(board.compilers)}."
        )
    if request.cut is not None and request.network is not None:
        raise InputError(
            "--cut and --network exclude each other: a network that was compiled elsewhere cannot be cut any more",
            "Let stedgeai compile the cut model here: leave --network away and give --model.",
        )
    if "stedgeai" not in board.compilers:
        for given, option in ((request.network is not None, "--network"), (request.profile, "--profile")):
            if given:
                raise InputError(f"{option} is for boards whose network stedgeai compiles, not for {board.name}")
    return name


def _make(
    request: BuildRequest,
    board: Board,
    compiler: str,
    model_file: Path | None,
    wanted: str,
    place: Path,
    on_step: Callable[[str], None],
    on_line: Callable[[str], None],
) -> Manifest:
    from n6gen.app.build import build_project
    from n6gen.app.render import render_project
    from n6gen.app.toolchain import find_toolchain
    from n6gen.build.app_config import app_config, input_of
    from n6gen.build.images import write_images
    from n6gen.build.network import make_network
    from n6gen.build.record import describe
    from n6gen.build.vendor_sources import needs_vendor, vendor_sources
    from n6gen.compiler.network import network_id
    from n6gen.model import InputDeclaration, load
    from n6gen.rewrite import cut_at

    out = request.out
    tools = find_toolchain()
    declared = InputDeclaration(request.mean, request.std, cast("Order | None", request.order))
    model = load(model_file, declared) if model_file is not None else None
    if model is not None and model_file is not None:
        model.check_resolution(request.res)
        if request.cut is not None:
            model = cut_at(model, request.cut)
        if model_file.resolve() != (out / "model.onnx").resolve():
            shutil.copyfile(model_file, out / "model.onnx")
    on_step("compile")
    network = make_network(request, board, compiler, model, on_line, on_line)
    vendor = vendor_sources(board, network.npu) if needs_vendor(board) else None
    on_step("render")
    spec = input_of(model, network, declared)
    config = app_config(request, spec, network, tools, vendor)
    project = render_project(board, network, config, place, request.templates)
    on_step("build")
    app = build_project(project, out / "build.log", on_line, tools)
    on_step("images")
    images = write_images(board, app, network, network_id(network), out)
    manifest = describe(request, board, compiler, model, spec, network, project, app, images, wanted)
    manifest.write(out)
    return manifest
