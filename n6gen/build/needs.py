"""What a build cannot do without, looked for before anything is done: all that is missing is said at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from n6gen.app.toolchain import find_toolchain
from n6gen.board import Board
from n6gen.build.request import BuildRequest
from n6gen.build.vendor_sources import check_packages
from n6gen.compiler.stedgeai.locate import locate, search
from n6gen.errors import MissingToolError


def check_needs(request: BuildRequest, board: Board, compiler: str) -> None:
    """Raise MissingToolError if compiler, C compiler or vendor packages are missing, InputError if a place is wrong."""
    missing: list[MissingToolError] = []
    if compiler == "stedgeai" and request.network is None and search(request.stedgeai).path is None:
        missing += _said(lambda: locate(request.stedgeai))
    missing += _said(lambda: check_packages(board))
    if shutil.which("arm-none-eabi-gcc") is None:
        missing += _said(find_toolchain)
    if len(missing) == 1:
        raise missing[0]
    if missing:
        message = "; ".join(error.message for error in missing)
        raise MissingToolError(message, *dict.fromkeys(hint for error in missing for hint in error.things_to_try))


def _said(check: Callable[[], object]) -> list[MissingToolError]:
    try:
        check()
    except MissingToolError as error:
        return [error]
    return []
