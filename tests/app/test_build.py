"""Building the project with the real tools, checking what they made, looking things up in it."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import attrs
import pytest
from support.app import NETWORK_ID, WEIGHTS_SIZE, TinyNetwork, tiny_config, tiny_network
from support.core import STRICT

from n6gen.app import (
    BuiltApp,
    Project,
    Symbols,
    build_project,
    compile_flags,
    find_toolchain,
    memory_use,
    read_elf,
    render_project,
)
from n6gen.app.elf import check_app
from n6gen.board.facts import load_board
from n6gen.errors import InputError, MissingToolError
from n6gen.image import info
from n6gen.resources import data_dir
from n6gen.tools.files import sha256_file
from tests.support.scripts import python_program

_CORE = data_dir("templates") / "app/core"

pytestmark = pytest.mark.arm


@pytest.fixture
def built(tiny_build: tuple[Project, BuiltApp]) -> BuiltApp:
    return tiny_build[1]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a compiled network, and a project that several tests build, each from where it finds it."""
    folder = tmp_path_factory.mktemp("workshop")
    tiny_network(folder / "network")
    return folder


def _override(workshop: Path, own: Path, name: str, text: str) -> Project:
    """The workshop's project with one file replaced."""
    path = own / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return render_project(
        load_board("virtual"), TinyNetwork(workshop / "network"), tiny_config(), workshop / "project", own
    )


def _seconds_of_children() -> float:
    """Processor time: what a build costs, however busy this machine is."""
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def test_a_build_from_cold_to_moved(built: BuiltApp, tmp_path: Path) -> None:
    """Quick, in a path with a space, the same bytes wherever it lies; then nothing is left to do until it moves."""
    folder = tmp_path / "a folder"
    project = render_project(
        load_board("virtual"), tiny_network(tmp_path / "network"), tiny_config(), folder / "project"
    )
    log = folder / "build.log"
    before = _seconds_of_children()
    first = build_project(project, log)
    assert _seconds_of_children() - before < 15
    assert first.did_work
    made = (first.elf, first.bin, first.loader_elf, first.loader_bin)
    for ours, other in zip(made, (built.elf, built.bin, built.loader_elf, built.loader_bin), strict=True):
        assert sha256_file(ours) == sha256_file(other)
        assert str(tmp_path).encode() not in ours.read_bytes()

    stamps = [path.stat().st_mtime_ns for path in made]
    lines: list[str] = []
    assert not build_project(project, log, lines.append).did_work
    assert stamps == [path.stat().st_mtime_ns for path in made]
    assert "ninja: no work to do." in lines
    assert "ninja: no work to do." in log.read_text()

    # CMake's cache knows the old place.
    moved = attrs.evolve(project, folder=project.folder.rename(tmp_path / "moved"))
    again = build_project(moved, log)
    assert again.did_work
    assert sha256_file(again.elf) == sha256_file(built.elf)


def test_a_project_builds_without_n6gen(tmp_path: Path) -> None:
    """With the preset, as its README says."""
    project = render_project(load_board("virtual"), tiny_network(tmp_path / "network"), tiny_config(), tmp_path / "p")
    tools = find_toolchain()
    for words in (["--preset", "target", f"-DCMAKE_MAKE_PROGRAM={tools.ninja}"], ["--build", "--preset", "target"]):
        done = subprocess.run(
            [tools.cmake, *words], cwd=project.folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (project.folder / "build/app.bin").stat().st_size > 0x800
    assert (project.folder / "build/loader.bin").is_file()


def test_the_payload_begins_as_the_loader_wants_it(built: BuiltApp) -> None:
    """Vectors, then the info block with the ids that were rendered."""
    board = load_board("virtual")
    payload = built.bin.read_bytes()
    reset = int.from_bytes(payload[4:8], "little")
    assert board.regions["app"].base + 0xC00 <= reset < board.regions["app"].base + 0x400 + len(payload)
    told = info.parse(payload)
    assert (told.network_id, told.weights_size) == (NETWORK_ID, WEIGHTS_SIZE)
    assert told.weights_address == board.partition("weights").address


def test_memory_use(built: BuiltApp) -> None:
    """Each region that the app occupies, with the tiny network's arena to the byte."""
    board = load_board("virtual")
    use = memory_use(built.app, board)
    assert set(use) == {"app", "activations"}
    assert use["activations"] == {"used": 64 * 48 * 3, "size": board.regions["activations"].size}
    # It was 67 KiB when this was written: a library that creeps in would be seen.
    assert 0x800 < use["app"]["used"] < 0x1_8000


def test_addresses_are_found_in_the_source(built: BuiltApp) -> None:
    """Function, file relative to the project, line; nothing outside of functions."""
    symbols = Symbols(built.elf)
    at_reset = symbols.locate(built.app.reset)
    assert at_reset is not None
    assert (at_reset.function, at_reset.file) == ("reset_handler", "cortexm/startup.c")
    line = (data_dir("templates") / "app/cortexm/startup.c").read_text().splitlines()[at_reset.line - 1]
    assert "cpsid" in line or "reset_handler" in line
    assert str(at_reset) == f"reset_handler (cortexm/startup.c:{at_reset.line})"
    assert symbols.locate(0) is None
    assert symbols.locate(0x2000_0000) is None


def test_every_function_of_ours_has_a_line(built: BuiltApp) -> None:
    """In both programs."""
    for elf in (built.elf, built.loader_elf):
        symbols = Symbols(elf)
        places = {symbols.locate(address) for address, _, _ in symbols.functions}
        names = {place.file.split("/")[0] for place in places if place is not None and place.file}
        assert names <= {"core", "cortexm", "board", "decode", "network", "config"}
        assert "cortexm" in names


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("app/core/palette.c", '#include "palette.h"\nint x = y;\n', r"own/app/core/palette\.c:2: 'y' undeclared"),
        ("app/core/palette.c", '#include "nowhere.h"\n', r"own/app/core/palette\.c:1: nowhere\.h: No such file"),
        (
            "app/core/palette.c",
            '#include "palette.h"\nstatic int unused;\n',
            r"palette\.c:2: 'unused' defined but not used",
        ),
        ("app/core/palette.c", "extern int x;\n", r"undefined reference to `palette_fill'"),
        ("app/CMakeLists.txt.j2", "project(x)\nnonsense()\n", r"does not build: "),
    ],
)
def test_a_users_file_that_does_not_build(workshop: Path, tmp_path: Path, name: str, text: str, message: str) -> None:
    """The first error, with the user's own file and line; the whole output is in the log."""
    project = _override(workshop, tmp_path / "own", name, text)
    with pytest.raises(InputError, match=message) as caught:
        build_project(project, tmp_path / "build.log")
    assert "\n" not in caught.value.message
    assert str(tmp_path / "build.log") in caught.value.things_to_try[0]
    assert (tmp_path / "build.log").is_file()


def test_a_repaired_file_builds(workshop: Path, tmp_path: Path) -> None:
    """After an error the next build goes on where it stopped."""
    name, good = "app/core/palette.c", (_CORE / "palette.c").read_text()
    with pytest.raises(InputError):
        build_project(_override(workshop, tmp_path / "own", name, "int x = y;\n"), tmp_path / "build.log")
    project = _override(workshop, tmp_path / "own", name, good.replace("0xFF3B30", "0x123456"))
    assert build_project(project, tmp_path / "build.log").did_work


def test_a_network_that_does_not_fit(workshop: Path, tmp_path: Path) -> None:
    """The linker says which memory is too small, and by how much."""
    network = tiny_network(tmp_path / "network")
    source = (network.folder / "network.c").read_text().replace("input[HEIGHT * WIDTH * 3]", "input[5000000]")
    (network.folder / "network.c").write_text(source)
    project = render_project(load_board("virtual"), network, tiny_config(), workshop / "project")
    with pytest.raises(InputError, match=r"region .ARENA. overflowed by \d+ bytes"):
        build_project(project, tmp_path / "build.log")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ORIGIN(IMAGE) + 0x400 :", "ORIGIN(IMAGE) + 0x480 :", "the info block is at 0x01000880"),
        (".vectors ORIGIN(IMAGE) :", ".vectors ORIGIN(IMAGE) + 0x80 :", "the vectors are at 0x01000480"),
        ("> ARENA", "> ELSEWHERE", r"\.network_arena .* lies outside"),
    ],
)
def test_a_linker_script_that_breaks_the_layout(
    workshop: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    """What the loader or the CPU would stumble over is found on the desk."""
    script = (data_dir("board") / "virtual/app.ld.j2").read_text().replace(old, new)
    script = script.replace("STACK (rw)", "ELSEWHERE (rw) : ORIGIN = 0x70000000, LENGTH = 1M\n    STACK (rw)")
    project = _override(workshop, tmp_path / "own", "board/virtual/app.ld.j2", script)
    with pytest.raises(InputError, match=message):
        build_project(project, tmp_path / "build.log")


def test_an_elf_that_is_none(tmp_path: Path, built: BuiltApp) -> None:
    """Missing, empty, truncated and foreign files are the user's error, not a traceback."""
    broken = tmp_path / "app.elf"
    with pytest.raises(InputError, match="there is no file"):
        read_elf(broken)
    for data in (b"", b"\x7fELF", built.elf.read_bytes()[:100], b"MZ" * 100):
        broken.write_bytes(data)
        for read in (read_elf, Symbols):
            with pytest.raises(InputError, match="no ELF file"):
                read(broken)


def test_a_loader_is_no_app(built: BuiltApp) -> None:
    """The checks tell them apart."""
    with pytest.raises(InputError, match="vectors are at"):
        check_app(built.loader, load_board("virtual"))


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a way to get it for each system."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="arm-none-eabi-gcc is not on PATH") as caught:
        find_toolchain()
    hints = " ".join(caught.value.things_to_try)
    assert all(word in hints for word in ("apt", "dnf", "brew", "winget"))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("arm-none-eabi-gcc (x) 9.2.1 20191025", "too old"),
        ("arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205", "without newlib"),
    ],
)
def test_a_compiler_that_will_not_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, message: str
) -> None:
    """Too old, or without the C library's headers and specs."""
    code = f'import sys\nprint("nano.specs" if "-print" in sys.argv[1] else "{answer}")\n'
    python_program(tmp_path / "arm-none-eabi-gcc", code)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=message):
        find_toolchain()


def test_flags_are_those_of_the_compilers_command_lines(tiny_build: tuple[Project, BuiltApp], tmp_path: Path) -> None:
    """The machine's, the optimisation of app and network; no places, and no guess where nothing is said."""
    flags = compile_flags(tiny_build[0].build_folder)
    assert {*load_board("virtual").cpu_flags, "-std=gnu11", "-O2"} < {*flags}
    assert flags.index("-ffp-contract=off") < flags.index("-O3")
    assert len(flags) == len({*flags})
    assert not [flag for flag in flags if "/" in flag]
    with pytest.raises(InputError, match=r"compile_commands\.json does not say"):
        compile_flags(tmp_path)


def test_our_c_is_clean_under_strict_warnings(tiny_build: tuple[Project, BuiltApp]) -> None:
    """Also under those that a user's build does not turn on."""
    project = tiny_build[0]
    folders = ("core", "cortexm", "config", "board/src", "board/loader")
    sources = sorted(path for folder in folders for path in (project.folder / folder).glob("*.c"))
    includes = [f"-I{project.folder / folder}" for folder in (*folders, "decode")]
    cpu = load_board("virtual").cpu_flags
    done = subprocess.run(
        ["arm-none-eabi-gcc", *cpu, *STRICT, "-O2", "-fsyntax-only", *includes, *sources],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
