"""Rendering the project: complete, reproducible, replaceable file by file, and careful with a user's work."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from support.app import NETWORK_ID, TinyNetwork, tiny_config, tiny_network

from n6gen.app import render_project
from n6gen.app.config import AppConfig
from n6gen.board.facts import Board, load_board
from n6gen.errors import InputError
from n6gen.resources import data_dir


@pytest.fixture
def board() -> Board:
    return load_board("virtual")


@pytest.fixture
def network(tmp_path: Path) -> TinyNetwork:
    return tiny_network(tmp_path / "network")


def _snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_a_project_is_complete(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Sources of every part, rendered configuration, linker scripts, CMake files; no template is left."""
    project = render_project(board, network, tiny_config(), tmp_path / "project")
    assert {
        "CMakeLists.txt", "CMakePresets.json", "README.md", "toolchain.cmake", "core/app.c", "core/network.h",
        "cortexm/startup.c", "config/app_config.h", "config/board_config.h", "decode/fine.c", "network/network.c",
        "board/app.ld", "board/loader.ld", "board/src/link.c", "board/loader/loader.c",
    } <= set(project.files)  # fmt: skip
    assert set(_snapshot(project.folder)) == {*project.files, ".n6gen.json"}
    assert not [name for name in project.files if name.endswith(".j2")]


def test_helium_twins_are_for_boards_with_helium(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Each takes the place of the file of its name; what a project holds does not depend on where it came from."""
    root = data_dir("templates")
    for mve in (False, True):
        project = render_project(attrs.evolve(board, mve=mve), network, tiny_config(), tmp_path / str(mve))
        for folder, target in (("decode", "decode"), ("app/core", "core")):
            for twin in (root / folder / "mve").iterdir():
                portable = root / folder / twin.name
                made = project.folder / target / twin.name
                if mve:
                    assert made.read_bytes() == twin.read_bytes()
                else:
                    assert portable.exists() == made.exists()
                    assert not portable.exists() or made.read_bytes() == portable.read_bytes()
        assert not [name for name in project.files if "mve" in name.split("/")]


def test_the_boards_facts_arrive(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Every partition and region is in the header, with board.toml's numbers."""
    project = render_project(board, network, tiny_config(), tmp_path / "project")
    header = (project.folder / "config/board_config.h").read_text()
    for partition in board.partitions:
        assert f"#define BOARD_{partition.name.upper()}_ADDRESS 0x{partition.address:08X}u" in header
    for region in board.regions.values():
        assert f"#define BOARD_REGION_{region.name.upper()}_BASE 0x{region.base:08X}u" in header


def test_the_second_time_nothing_is_written(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Not a time stamp changes."""
    first = render_project(board, network, tiny_config(), tmp_path / "project")
    before = _snapshot(first.folder)
    assert render_project(board, network, tiny_config(), tmp_path / "project") == first
    assert _snapshot(first.folder) == before


def test_the_build_id_covers_everything(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Configuration, network, a replaced file, the compiler's version; but not the place."""

    def build_id(config: AppConfig | None = None, templates: Path | None = None, name: str = "a") -> str:
        return render_project(board, network, config or tiny_config(), tmp_path / name, templates).build_id

    first = build_id()
    assert first == build_id(name="b")
    templates = tmp_path / "own"
    (templates / "app/core").mkdir(parents=True)
    original = (data_dir("templates") / "app/core/palette.c").read_text()
    (templates / "app/core/palette.c").write_text(original + "/* mine */\n")
    others = [
        build_id(tiny_config(decode="rounded"), name="c"),
        build_id(tiny_config(build_inputs={"gcc": "13"}), name="d"),
        build_id(templates=templates, name="e"),
    ]
    (network.folder / "network.c").write_text("int x;\n")
    others.append(build_id(name="f"))
    assert len({first, *others}) == 5


def test_a_given_build_id_is_used(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """As it is."""
    project = render_project(board, network, tiny_config(build_id=NETWORK_ID), tmp_path / "project")
    assert project.build_id == NETWORK_ID


def test_a_users_file_replaces_ours(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Plain files and templates, of the app and of the board; hidden files are nobody's business."""
    own = tmp_path / "own"
    for name, text in {
        "app/core/palette.c": "/* mine {{ not.a.template }} */\n",
        "board/virtual/app.ld.j2": "/* {{ board.name }} */\n",
        "app/README.md.j2": "Mine: {{ board.title }}\n",
        "app/.git/config": "[core]\n",
    }.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text)
    project = render_project(board, network, tiny_config(), tmp_path / "project", own)
    assert (project.folder / "core/palette.c").read_text() == "/* mine {{ not.a.template }} */\n"
    assert (project.folder / "board/app.ld").read_text() == "/* virtual */\n"
    assert (project.folder / "README.md").read_text() == f"Mine: {board.title}\n"
    assert project.overrides["core/palette.c"] == own / "app/core/palette.c"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("app/core/palete.c", "", r"palete\.c replaces no file of the app"),
        ("app/README.md.j2", "a\n{{ board.nothing }}\n", r"README\.md\.j2:2: .*nothing"),
        ("app/README.md.j2", "a\nb\n{% if %}\n", r"README\.md\.j2:3: "),
        ("app/README.md.j2", "{% include 'nowhere' %}", r"README\.md\.j2:1: nowhere"),
        ("app/core/palette.c", "\xe4".encode("latin-1"), r"palette\.c: .*utf-8"),
    ],
)
def test_a_users_file_that_cannot_be_used(
    board: Board, network: TinyNetwork, tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    """The file and the line are named; nothing is written."""
    path = tmp_path / "own" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        render_project(board, network, tiny_config(), tmp_path / "project", tmp_path / "own")
    assert not (tmp_path / "project").exists()


def test_a_misspelt_name_gets_a_hint(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """The nearest name that would have worked."""
    path = tmp_path / "own" / "app/core/palete.c"
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(InputError) as caught:
        render_project(board, network, tiny_config(), tmp_path / "project", tmp_path / "own")
    assert caught.value.things_to_try == ("Did you mean app/core/palette.c?",)


def test_a_missing_templates_folder(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Is an error, not an empty override."""
    with pytest.raises(InputError, match="there is no templates folder"):
        render_project(board, network, tiny_config(), tmp_path / "project", tmp_path / "nowhere")


def test_a_users_edit_in_the_project_is_kept(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Neither a changed file nor a file of theirs in the place of ours is overwritten."""
    project = render_project(board, network, tiny_config(), tmp_path / "project")
    palette = project.folder / "core/palette.c"
    ours = palette.read_text()
    palette.write_text("/* mine */\n")
    before = _snapshot(project.folder)
    with pytest.raises(InputError, match=r"palette\.c was changed by hand"):
        render_project(board, network, tiny_config(decode="argmax"), tmp_path / "project")
    assert _snapshot(project.folder) == before
    palette.write_text(ours)
    render_project(board, network, tiny_config(decode="argmax"), tmp_path / "project")

    foreign = tmp_path / "other" / "core" / "app.c"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("int main(void) { return 0; }\n")
    with pytest.raises(InputError, match=r"app\.c was changed by hand"):
        render_project(board, network, tiny_config(), tmp_path / "other")
    assert foreign.read_text() == "int main(void) { return 0; }\n"


def test_files_that_are_gone_are_removed(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Those that an earlier rendering wrote, and no others."""
    (network.folder / "extra.h").write_text("/* once */\n")
    project = render_project(board, network, tiny_config(), tmp_path / "project")
    assert (project.folder / "network/extra.h").is_file()
    (project.folder / "network/notes.h").write_text("/* a user's */\n")
    (network.folder / "extra.h").unlink()
    render_project(board, network, tiny_config(), tmp_path / "project")
    assert not (project.folder / "network/extra.h").exists()
    assert (project.folder / "network/notes.h").is_file()


def test_an_interrupted_rendering_goes_on(
    board: Board, network: TinyNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop between two files is not taken for a user's edit, whatever is rendered next."""
    from n6gen.app import render

    project = render_project(board, network, tiny_config(), tmp_path / "project")
    real, written = render.write_if_changed, 0

    def stop_at_the_config(path: Path, data: bytes | str) -> bool:
        nonlocal written
        if path.name == "README.md":
            raise KeyboardInterrupt
        changed = real(path, data)
        written += changed
        return changed

    monkeypatch.setattr(render, "write_if_changed", stop_at_the_config)
    with pytest.raises(KeyboardInterrupt):
        render_project(board, network, tiny_config(decode="rounded"), tmp_path / "project")
    monkeypatch.undo()
    assert written > 0
    render_project(board, network, tiny_config(decode="argmax"), tmp_path / "project")
    assert "decode_argmax" in (project.folder / "config/app_config.h").read_text()


def test_a_broken_record_is_told(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """Without it nobody knows what is whose."""
    render_project(board, network, tiny_config(), tmp_path / "project")
    (tmp_path / "project/.n6gen.json").write_text("{")
    with pytest.raises(InputError, match=r"\.n6gen\.json is broken"):
        render_project(board, network, tiny_config(), tmp_path / "project")


def test_a_network_for_another_n6gen(board: Board, network: TinyNetwork, tmp_path: Path) -> None:
    """One that names kernels that are not here, or has no C, is refused."""
    with pytest.raises(InputError, match=r"kernels/none/conv\.c, which n6gen does not have"):
        render_project(
            board, attrs.evolve(network, sources=("kernels/none/conv.c",)), tiny_config(), tmp_path / "project"
        )
    (network.folder / "network.c").unlink()
    with pytest.raises(InputError, match="no compiled network"):
        render_project(board, network, tiny_config(), tmp_path / "project")


@pytest.mark.parametrize(
    "changes",
    [
        {"network_id": "xy" * 32},
        {"network_id": "ab"},
        {"decode": "best"},
        {"input_table": bytes(256)},
        {"input_order": (0, 1, 3)},
        {"mask_height": 0},
        {"decode": "none"},
        {"decode": "none", "mask_height": 0},
        {"mask_width": 65536},
        {"weights_size": 0},
        {"input_mapping": "none"},
    ],
)
def test_a_wrong_configuration_is_a_bug(changes: dict[str, object]) -> None:
    """It never reaches the C."""
    with pytest.raises(ValueError, match=r".+"):
        tiny_config(**changes)
