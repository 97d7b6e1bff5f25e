"""The process runner."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from n6gen.errors import MissingToolError
from n6gen.tools.run import background, run


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _gone_soon(pid: int) -> bool:
    """A killed process of a busy machine takes its time to go."""
    until = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed orphan stays a zombie where nobody reaps it; that is dead enough.
    return f"{pid} (" in (stat := Path(f"/proc/{pid}/stat").read_text()) and ") Z" not in stat


def test_output_and_exit_code_are_returned_not_raised() -> None:
    """A failing program is reported, with stdout and stderr in the order they came."""
    result = run(_python("import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(3)"), timeout=20)
    assert (result.returncode, result.output.split(), result.ok) == (3, ["a", "b"], False)


def test_lines_are_streamed_while_the_program_runs() -> None:
    """A caller sees each line as it comes, without its newline."""
    seen: list[str] = []
    run(_python("print('one'); print('two')"), timeout=20, on_line=seen.append)
    assert seen == ["one", "two"]


def test_stdin_is_closed() -> None:
    """A program that asks a question gets end of file, and does not hang."""
    assert run(_python("import sys; print(repr(sys.stdin.read()))"), timeout=20).output.strip() == "''"


def test_arguments_are_never_split_or_expanded(tmp_path: Path) -> None:
    """A path with spaces and shell characters arrives as one word."""
    word = str(tmp_path / "a b; $(touch x) * ü")
    assert run([*_python("import sys; print(ascii(sys.argv[1]))"), word], timeout=20).output.strip() == ascii(word)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_a_time_out_kills_grandchildren_too(tmp_path: Path) -> None:
    """Nothing that the program started survives its time-out."""
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, pathlib, time;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(p.pid)); time.sleep(60)"
    )
    started = time.monotonic()
    result = run(_python(code), timeout=3)
    assert result.timed_out
    assert not result.ok
    assert time.monotonic() - started < 15
    assert _gone_soon(int(pid_file.read_text()))


def test_a_grandchild_that_keeps_the_pipe_open_cannot_hang_the_caller() -> None:
    """A daemon left behind with our stdout ends with the time-out."""
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    started = time.monotonic()
    assert run(_python(code), timeout=3).timed_out
    assert time.monotonic() - started < 15


def test_a_program_that_is_not_there_is_named() -> None:
    """A missing program is a MissingToolError that says which."""
    with pytest.raises(MissingToolError, match="n6gen-no-such-tool"):
        run(["n6gen-no-such-tool"], timeout=5)


def test_the_log_holds_the_command_and_all_output(tmp_path: Path) -> None:
    """A log file tells what was run and what it said."""
    log = tmp_path / "logs" / "tool.log"
    run(_python("print('hello')"), timeout=20, log=log)
    text = log.read_text()
    assert text.startswith("$ ")
    assert text.endswith("hello\n")


def test_background() -> None:
    """A program serves while the context lasts; what it said is there, and then it is gone with all it started."""
    script = "import subprocess, sys, time\nprint('up', flush=True)\ntime.sleep(60)"
    with background([sys.executable, "-c", script]) as server:
        deadline = time.monotonic() + 20
        while "up" not in server.output and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.output == "up\n"
        assert server.ended() is None
    assert server.ended() == -9


def test_background_that_ends() -> None:
    """Its exit code and its last words."""
    with background([sys.executable, "-c", "print('bye'); raise SystemExit(3)"]) as server:
        assert server.ended(20) == 3
        assert server.output == "bye\n"
    with pytest.raises(MissingToolError, match="cannot start"), background(["/nonexistent/tool"]):
        pass


def test_an_environment_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`only_env`: what the caller's environment holds is not passed on."""
    monkeypatch.setenv("N6_SECRET", "hush")
    with background([sys.executable, "-c", "import os; print(dict(os.environ))"], env={"A": "1"}, only_env=True) as ran:
        assert ran.ended(30) == 0
    assert "'A': '1'" in ran.output
    assert "hush" not in ran.output
