"""Plans: what they say, and where in the file a mistake is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import InputError
from n6gen.hil.example import write_example
from n6gen.hil.matrix import build_words
from n6gen.hil.plan import Shard
from n6gen.hil.read import read_plan
from tests.support.cli import n6gen

_MATRIX = '[matrix]\nmodel = ["demo"]\nres = [256, 320]\n'


def _read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "n6gen-ci.toml"
    file.write_text(text)
    return read_plan(file)


def test_the_example_is_three_jobs_on_the_virtual_board(tmp_path: Path) -> None:
    """And everything in it that is commented out is allowed too."""
    file = tmp_path / "n6gen-ci.toml"
    write_example(file)
    plan = read_plan(file)
    assert [job.name for job in plan.jobs] == ["demo-256", "demo-320", "demo-416"]
    assert (plan.board.name, plan.bench, plan.limits.max_regression) == ("virtual", "local", 0.03)
    # What stands for something else that is there stays a comment.
    used = re.sub(r'^# (?!name = "stm32)(?=\[\[|[a-z_]+ = )', "", file.read_text(), flags=re.MULTILINE)
    file.write_text(used)
    plan = read_plan(file)
    assert [job.name for job in plan.jobs] == ["demo-256", "demo-320", "demo-320-mine"]
    assert [(one.name, one.why) for one in plan.excluded] == [("demo-416", "does not fit the pools yet")]
    assert (plan.board.fallback, plan.board.tags, plan.limits.stages) == ("virtual", {"camera": "imx335"}, ("network",))


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("[matrix\n", "1:8", "Expected ']'"),
        (_MATRIX + "[limit]\nmiou = 0.5\n", "4:1", "unknown key 'limit'"),
        (_MATRIX + "[limits]\n  max_regresion = 3\n", "5:3", "unknown key 'max_regresion'"),
        (_MATRIX + '[limits]\nmax_regression = "3"\n', "5:18", "percentage"),
        (_MATRIX + "limits = { miou = 0.5 }\n", "4:1", "unknown key 'limits'"),
        ("limits = { mask_agreement = 0.9, x = 1 }\n" + _MATRIX, "1:34", "unknown key 'x'"),
        (_MATRIX + "[limits]\nmiou = 0.5\n", "5:8", "labelled data set"),
        (_MATRIX + "[limits]\nmask_exact = 0.99\n", "5:14", "always 1"),
        (_MATRIX + '[retry]\nclasses = ["board",\n  "regression"]\n', "6:3", "a measured verdict is never tried again"),
        (_MATRIX + '[[job]]\nmodel = "a"\nres = 1\n[[job]]\nmodel = "b"\n', "7:1", "a job without res"),
        (_MATRIX + '[[job]]\nmodel = "demo"\nres = 320\n', "4:1", "there is a job demo-320 already"),
        (_MATRIX + "[[exclude]]\nres = 320\n", "4:1", "without a reason"),
        (_MATRIX + '[[exclude]]\nrez = 320\nwhy = "x"\n', "4:1", "exclusion of nothing"),
        ('[matrix]\nmodel = ["demo"]\nres = [320, 320]\n', "3:7", "lists a value twice"),
        ('[matrix]\nmodel = ["demo"]\nres = ["320"]\n', "3:7", "'320' is not a whole number from 1"),
        ('[matrix]\nmodel = ["demo"]\nres = [320]\nkernels = ["sve"]\n', "4:11", "'sve' is none of"),
        ("[matrix]\nres = [320]\n", "1:1", "the matrix has no model"),
        ("", "1:1", "the plan has no job"),
        (_MATRIX + "[time]\nrun = 0\n", "5:7", "seconds between"),
        ('bench = "remote"\n' + _MATRIX, "1:9", "none of local, labgrid"),
        (_MATRIX + "[board]\nrequired = 1\n", "5:12", "true or false"),
    ],
)
def test_mistakes_are_said_with_line_and_column(tmp_path: Path, text: str, where: str, says: str) -> None:
    """The very place, and what is wrong with it."""
    with pytest.raises(InputError) as raised:
        _read(tmp_path, text)
    assert raised.value.message.startswith(f"{tmp_path / 'n6gen-ci.toml'}:{where}: ")
    assert says in raised.value.message


def test_a_wrong_word_leads_to_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        _read(tmp_path, _MATRIX + "[limits]\nmax_regresion = 3\n")
    assert raised.value.things_to_try == ("Did you mean max_regression?",)


def test_names_hold_what_is_varied(tmp_path: Path) -> None:
    """Model and resolution always, other options if there is more than one of them."""
    plan = _read(tmp_path, '[matrix]\nmodel = ["m/a b.onnx"]\nres = [64]\nkernels = ["c", "mve"]\ndecode = ["fine"]\n')
    assert [job.name for job in plan.jobs] == ["a_b-64-kernels=c", "a_b-64-kernels=mve"]
    words = build_words(plan.jobs[1], "virtual", Path("o"), tmp_path)
    assert words[:6] == ["build", "--board", "virtual", "--out", "o", "--json"]
    assert words[6:] == ["--model", f"{tmp_path}/m/a b.onnx", "--res", "64", "--kernels", "mve", "--decode", "fine"]


@given(jobs=st.integers(0, 60), count=st.integers(1, 12))
def test_shards_are_disjoint_and_complete(jobs: int, count: int) -> None:
    """Whatever the number of either; and no shard has two jobs more than another."""
    everything = tuple(range(jobs))
    parts = [Shard(index, count).part(everything) for index in range(1, count + 1)]  # type: ignore[arg-type]
    assert sorted(job for part in parts for job in part) == list(everything)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_commands_before_a_run(tmp_path: Path) -> None:
    """init never overwrites; plan says what would run and what not; a wrong shard and a missing plan are errors."""
    assert n6gen("ci", "plan", cwd=tmp_path).code == 5
    assert n6gen("ci", "init", cwd=tmp_path).code == 0
    again = n6gen("ci", "init", cwd=tmp_path)
    assert (again.code, "is there already" in again.err) == (5, True)
    file = tmp_path / "n6gen-ci.toml"
    file.write_text(file.read_text() + '[[exclude]]\nres = 416\nwhy = "too large"\n')
    said = n6gen("ci", "plan", "--shard", "2/2", "--json", cwd=tmp_path).json
    assert [job["name"] for job in said["jobs"]] == ["demo-320"]
    assert said["excluded"] == [{"name": "demo-416", "why": "too large"}]
    shown = n6gen("ci", "run", "--dry-run", cwd=tmp_path)
    assert shown.code == 0
    assert "not run: demo-416: too large" in shown.out
    assert "n6gen build --board virtual" in shown.out
    assert n6gen("ci", "plan", "--shard", "3/2", cwd=tmp_path).code == 2
