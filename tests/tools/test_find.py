"""Finding a vendor's program."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import InputError
from n6gen.tools.find import Tool, find, path_version, system

_NAME = "n6gen-test-tool"


def _program(folder: Path, name: str = _NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def _tool(root: Path, **more: object) -> Tool:
    folders = {system(): (f"{root}/st/*/bin", f"{root}/other/bin")}
    return Tool((_NAME,), option="--tool", variables=("N6GEN_TEST_TOOL", "VENDOR_DIR"), folders=folders, **more)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VENDOR_DIR", raising=False)


def test_the_option_wins_over_all_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or a folder given by option beats environment, PATH and known folders."""
    mine = _program(tmp_path / "mine")
    _program(tmp_path / "other" / "bin")
    monkeypatch.setenv("N6GEN_TEST_TOOL", str(_program(tmp_path / "env")))
    for given_place in (mine, mine.parent):
        assert find(_tool(tmp_path), given_place).path == mine
        assert find(_tool(tmp_path), given_place).source == "--tool"


def test_the_environment_then_path_then_known_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place is used only when none of the better ones has the tool."""
    known = _program(tmp_path / "other" / "bin")
    assert (found := find(_tool(tmp_path))).path == known
    assert found.source == f"{tmp_path}/other/bin"
    on_path = _program(tmp_path / "path")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert (find(_tool(tmp_path)).path, find(_tool(tmp_path)).source) == (on_path, "PATH")
    vendor = _program(tmp_path / "root" / "bin")
    monkeypatch.setenv("VENDOR_DIR", str(tmp_path / "root"))
    assert (find(_tool(tmp_path)).path, find(_tool(tmp_path)).source) == (vendor, "$VENDOR_DIR")
    own = _program(tmp_path / "own")
    monkeypatch.setenv("N6GEN_TEST_TOOL", str(own))
    assert (find(_tool(tmp_path)).path, find(_tool(tmp_path)).source) == (own, "$N6GEN_TEST_TOOL")


def test_the_newest_of_several_installs_wins(tmp_path: Path) -> None:
    """Numbers are compared as numbers: 10.1 is newer than 9.2."""
    _program(tmp_path / "st" / "9.2" / "bin")
    newest = _program(tmp_path / "st" / "10.1" / "bin")
    _program(tmp_path / "other" / "bin")
    assert find(_tool(tmp_path)).path == newest


def test_a_caller_may_order_the_finds(tmp_path: Path) -> None:
    """A version read from the program itself decides, where paths say nothing."""
    old = _program(tmp_path / "st" / "9.2" / "bin")
    _program(tmp_path / "st" / "10.1" / "bin")
    assert find(_tool(tmp_path), version=lambda path: (1,) if path == old else (0,)).path == old


def test_a_wrong_place_named_for_n6gen_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is taken silently in place of what the user named."""
    _program(tmp_path / "other" / "bin")
    with pytest.raises(InputError, match="--tool: there is no n6gen-test-tool at"):
        find(_tool(tmp_path), tmp_path / "nowhere")
    monkeypatch.setenv("N6GEN_TEST_TOOL", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"\$N6GEN_TEST_TOOL"):
        find(_tool(tmp_path))


def test_a_stale_variable_of_the_vendor_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tools' variables may be left from an old install: the search goes on, and tells of it."""
    known = _program(tmp_path / "other" / "bin")
    monkeypatch.setenv("VENDOR_DIR", str(tmp_path / "gone"))
    found = find(_tool(tmp_path))
    assert found.path == known
    assert f"$VENDOR_DIR ({tmp_path}/gone)" in found.places()


def test_what_is_not_there_is_reported_with_all_that_was_tried(tmp_path: Path) -> None:
    """No find is no error here; the caller gets the places for its own message."""
    found = find(_tool(tmp_path))
    assert (found.path, found.source) == (None, "")
    assert found.places() == f"$N6GEN_TEST_TOOL, $VENDOR_DIR, PATH, {tmp_path}/st/*/bin, {tmp_path}/other/bin"


def test_a_folder_in_place_of_the_program_is_no_find(tmp_path: Path) -> None:
    """Only an executable file counts."""
    (tmp_path / "other" / "bin" / _NAME).mkdir(parents=True)
    assert find(_tool(tmp_path)).path is None


def test_a_given_root_may_hold_the_program_further_below(tmp_path: Path) -> None:
    """`below` says where in an install the program is, wildcards included."""
    program = _program(tmp_path / "install" / "Utilities" / "linux")
    assert find(_tool(tmp_path, below=("", "Utilities/*")), tmp_path / "install").path == program


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/opt/ST/STEdgeAI/3.0/Utilities/linux/stedgeai", (3, 0)),
        ("/opt/ST/STEdgeAI_2_1_0/2.1/Utilities/linux/stedgeai", (2, 1)),
        ("/opt/st/stm32cubeclt_1.18.0/STM32CubeProgrammer/bin/STM32_Programmer_CLI", (1, 18, 0)),
        ("/opt/x/plugins/com.st.cubeprogrammer.linux64_2.2.100.2023/tools/bin/x", (2, 2, 100, 2023)),
        ("/opt/ST/STEdgeAI/4/Utilities/linux/stedgeai", (4,)),
        ("/opt/stm32cubeprog/bin/STM32_Programmer_CLI", ()),
    ],
)
def test_versions_in_paths(path: str, version: tuple[int, ...]) -> None:
    """The forms of folder names that installs are known to have."""
    assert path_version(Path(path)) == version


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4))
def test_any_dotted_folder_is_its_version(numbers: list[int]) -> None:
    """A folder named like a version yields its numbers."""
    assert path_version(Path("/x", ".".join(map(str, numbers)), "bin", "tool")) == tuple(numbers)
