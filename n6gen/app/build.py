"""Build a rendered project with CMake and Ninja."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import attrs

from n6gen.app.elf import Elf, check_app, check_loader, check_symbols, read_elf
from n6gen.app.render import Project
from n6gen.app.toolchain import Toolchain, find_toolchain
from n6gen.errors import InputError
from n6gen.tools.run import Result, run

_CONFIGURE_TIMEOUT_S = 120.0
_BUILD_TIMEOUT_S = 900.0
_GCC_ERROR = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.*)$", re.MULTILINE
)
#: What says most about a failed link, best first.
_LINK_ERRORS = [
    re.compile(rf"^.*(?:{text}).*$", re.MULTILINE)
    for text in ("undefined reference", "multiple definition", "overflowed by", "does not fit", "ld: ")
]


@attrs.frozen
class BuiltApp:
    """What a build made. The .bin files are payloads without image headers; the ELF files passed their checks.

    The loader's are None for a board that brings its own.
    """

    elf: Path
    bin: Path
    loader_elf: Path | None
    loader_bin: Path | None
    app: Elf
    loader: Elf | None
    tools: dict[str, str]
    did_work: bool


def build_project(
    project: Project,
    out_log: Path,
    on_line: Callable[[str], None] | None = None,
    toolchain: Toolchain | None = None,
) -> BuiltApp:
    """Build app and loader; what is up to date is left alone. The tools' whole output goes to `out_log`.

    `on_line` gets it line by line as it comes.

    Raises MissingToolError if a tool is missing; InputError with the first error line if something does not compile,
    does not link, or does not lie where the board's memory layout wants it.
    """
    tools = toolchain or find_toolchain()
    configured = _configure(project, tools, out_log, on_line)
    result = run([tools.ninja, "-C", project.build_folder], timeout=_BUILD_TIMEOUT_S, log=out_log, on_line=on_line)
    if not result.ok:
        raise _failure(project, result, out_log)
    made = project.build_folder
    app = read_elf(made / "app.elf")
    check_app(app, project.board)
    if project.vendor is not None:
        check_symbols(app, project.vendor.forbidden)
    loader = read_elf(made / "loader.elf") if project.has_loader else None
    if loader is not None:
        check_loader(loader, project.board)
    return BuiltApp(
        elf=made / "app.elf",
        bin=made / "app.bin",
        loader_elf=made / "loader.elf" if loader is not None else None,
        loader_bin=made / "loader.bin" if loader is not None else None,
        app=app,
        loader=loader,
        tools=tools.versions,
        did_work=configured or "ninja: no work to do." not in result.output,
    )


def _configure(project: Project, tools: Toolchain, log: Path, on_line: Callable[[str], None] | None) -> bool:
    """Run CMake unless it ran here with the same tools. Ninja runs it again by itself when CMakeLists.txt changes."""
    cache = project.build_folder / "CMakeCache.txt"
    wanted = [
        f"CMAKE_HOME_DIRECTORY:INTERNAL={project.folder.resolve().as_posix()}",
        f"N6GEN_GCC:FILEPATH={tools.gcc.as_posix()}",
        f"CMAKE_MAKE_PROGRAM:FILEPATH={tools.ninja.as_posix()}",
    ]
    if cache.is_file() and (project.build_folder / "build.ninja").is_file():
        lines = cache.read_text(encoding="utf-8").splitlines()
        if all(line in lines for line in wanted):
            return False
    # CMake refuses a cache of another place and keeps a compiler once it is chosen.
    shutil.rmtree(project.build_folder, ignore_errors=True)
    result = run(
        [
            tools.cmake,
            "-G",
            "Ninja",
            "-S",
            project.folder,
            "-B",
            project.build_folder,
            f"-DCMAKE_TOOLCHAIN_FILE={(project.folder / 'toolchain.cmake').resolve().as_posix()}",
            f"-DCMAKE_MAKE_PROGRAM:FILEPATH={tools.ninja.as_posix()}",
            f"-DN6GEN_GCC:FILEPATH={tools.gcc.as_posix()}",
        ],
        timeout=_CONFIGURE_TIMEOUT_S,
        log=log,
        on_line=on_line,
    )
    if not result.ok:
        shutil.rmtree(project.build_folder, ignore_errors=True)
        raise _failure(project, result, log)
    return True


def _failure(project: Project, result: Result, log: Path) -> InputError:
    whole = f"The whole output is in {log}."
    if result.timed_out:
        return InputError(f"building the app took more than {result.seconds:.0f} s and was stopped", whole)
    error = _GCC_ERROR.search(result.output)
    if error is not None:
        file = _named(project, Path(error["file"]))
        return InputError(f"{file}:{error['line']}: {error['text']}", whole)
    link = next((found[0] for kind in _LINK_ERRORS if (found := kind.search(result.output))), result.tail(1))
    return InputError(f"the app does not build: {_short(link)}", whole)


def _named(project: Project, file: Path) -> Path:
    """The file that a user would edit: their own, where the project's was made of it."""
    place = file if file.is_absolute() else project.build_folder / file
    try:
        inside = place.resolve().relative_to(project.folder.resolve()).as_posix()
    except ValueError:
        return file
    return project.overrides.get(inside, project.folder / inside)


def _short(line: str) -> str:
    """A linker's line without the path of the linker."""
    return re.sub(r"^\S*/ld(?:\.exe)?: ", "", line.strip())
