"""What all commands have in common, tried as a user tries it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from n6gen.cli import _COMMANDS
from tests.support.cli import n6gen


def _processor_time(*argv: str) -> float:
    """Seconds of processor time that one run of Python takes; other programs disturb it less than the clock's."""
    before = os.times()
    subprocess.run([sys.executable, *argv], capture_output=True, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_help_starts_fast() -> None:
    """`n6gen --help` costs at most three times the import of the library that prints it."""
    ours, base = [], []
    for _ in range(12):
        ours.append(_processor_time("-m", "n6gen", "--help"))
        base.append(_processor_time("-c", "import rich_click"))
        if len(ours) >= 5 and min(ours) <= 3 * min(base):
            break
    assert min(ours) <= 3 * min(base)


def test_help_imports_nothing_heavy() -> None:
    """No numeric, ONNX, template or serial library is loaded to print help."""
    heavy = {"numpy", "onnx", "onnxruntime", "jinja2", "PIL", "serial", "elftools", "pooch", "cattrs"}
    code = (
        "import sys\nfrom n6gen.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print(sorted({{m.partition('.')[0] for m in sys.modules}} & {heavy!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """Each command explains itself."""
    ran = n6gen(name, "--help")
    assert ran.code == 0
    assert "Usage" in ran.out


def test_an_unknown_command_is_a_usage_error() -> None:
    """A wrong word exits with 2 and no traceback."""
    ran = n6gen("confi")
    assert ran.code == 2
    assert "No such command" in ran.err
    assert "Traceback" not in ran.err


def test_a_user_error_is_one_line_and_things_to_try(tmp_path: Path) -> None:
    """An InputError exits with 5: a line saying what and where, then remedies."""
    (tmp_path / "n6gen.toml").write_text("bord = 1\n")
    ran = n6gen("config", cwd=tmp_path)
    assert ran.code == 5
    assert ran.out == ""
    assert re.search(
        r"^error: .*n6gen.toml: unknown key 'bord'\nThings to try:\n  - Did you mean board\?", ran.err, re.M
    )


def test_json_errors_are_one_object(tmp_path: Path) -> None:
    """With --json a failing command still prints exactly one object."""
    (tmp_path / "n6gen.toml").write_text("bord = 1\n")
    ran = n6gen("config", "--json", cwd=tmp_path)
    assert ran.json["error"]["exit_code"] == ran.code == 5


def test_json_output_is_only_json() -> None:
    """`config --json` prints one object and nothing else."""
    assert json.loads(n6gen("config", "--json").out)["settings"]["board"]["value"] == "stm32n6570-dk"


def test_flag_wins_over_environment(tmp_path: Path) -> None:
    """The command line outdoes the environment (seen through an error that names the value)."""
    env = {"N6GEN_BOARD": "no-such-board-env"}
    assert "no-such-board-env" in n6gen("build", cwd=tmp_path, env=env).err
    assert "no-such-board-flag" in n6gen("build", "--board", "no-such-board-flag", cwd=tmp_path, env=env).err


def test_no_colour_codes_reach_a_pipe() -> None:
    """Output that is not a terminal is plain text."""
    ran = n6gen("config", env={"NO_COLOR": "1"})
    assert "\x1b" not in ran.out + ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    """Each shell gets its script."""
    assert "_N6GEN_COMPLETE" in n6gen("completion", shell).out


def test_completion_answers() -> None:
    """The completion protocol offers the commands."""
    env = {**os.environ, "_N6GEN_COMPLETE": "bash_complete", "COMP_WORDS": "n6gen b", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-m", "n6gen"], capture_output=True, text=True, env=env, check=False)
    assert "build" in done.stdout


def test_a_bug_exits_with_70_and_keeps_the_traceback(tmp_path: Path) -> None:
    """An unexpected exception never shows a traceback; it is kept in a file that the message names."""
    code = "import n6gen.cli.config as c\nc.effective = lambda: 1 / 0\nfrom n6gen.cli import main\nmain(['config'])"
    env = {**os.environ, "N6GEN_STATE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    (kept,) = (tmp_path / "bugs").iterdir()
    assert "ZeroDivisionError" in kept.read_text()
