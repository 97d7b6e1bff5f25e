"""python -m bench: what it refuses, and what it makes of a program that writes C."""

from __future__ import annotations

import os
from pathlib import Path

import onnx
import pytest

from bench.__main__ import main
from bench.peer import emx
from bench.peer.compare import compare, cut
from bench.subjects import Subject
from n6gen.errors import InputError, MissingToolError
from tests.support.journey import SIDE, tiny_model
from tests.support.scripts import python_program


def _program(folder: Path, code: str) -> None:
    """A stand-in for emx-onnx-cgen, a Python script of that name."""
    folder.mkdir()
    python_program(folder / "emx-onnx-cgen", f"import sys\n{code}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--peer", "x"], "--peer takes NAME=DIR"),
        (["--write", "--templates", "x"], "not of one with other --templates"),
        (["--write", "--check"], "not allowed with argument"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_of_usage(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.arm
def test_an_error_is_a_line_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--peer", f"x={tmp_path / 'none'}"]) == InputError.exit_code
    assert capsys.readouterr().err == f"error: there is no folder {tmp_path / 'none'}\n"


def test_a_network_that_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("N6GEN_SHARED", str(tmp_path))
    assert main(["--peer", "x=y", "--model", "st-deeplabv3-person"]) == InputError.exit_code
    assert "st-deeplabv3-person is not here" in capsys.readouterr().err


def test_the_model_of_a_peer_ends_with_its_logits(tmp_path: Path) -> None:
    file = tmp_path / "cut.onnx"
    assert main(["--peer-model", str(file), "--model", "demo", "--res", "320"]) == 0
    graph = onnx.load(file).graph
    onnx.checker.check_model(onnx.load(file))
    assert [dim.dim_value for dim in graph.output[0].type.tensor_type.shape.dim][1:] == [2, 20, 20]


def test_without_emx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="emx-onnx-cgen is not on PATH"):
        emx.write(onnx.ModelProto(), tmp_path)


@pytest.mark.arm
@pytest.mark.qemu
def test_c_that_takes_a_picture_is_dressed_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in writes a function with the real program's signature, whose logits are all 0."""
    subject = Subject("tiny", SIDE, "c", ("--model", str(tiny_model(tmp_path))))
    proto = cut(subject)[1]
    c, h, w = (dim.dim_value for dim in proto.graph.output[0].type.tensor_type.shape.dim[1:])
    code = f"""
if sys.argv[1] == "--help":
    print("usage\\n\\nemmtrix (build date: today,\\n git: x)")
else:
    open(sys.argv[-1], "w").write('''
void peer(const float input[restrict 1][3][{SIDE}][{SIDE}], float output[restrict 1][{c}][{h}][{w}]) {{
    for (int i = 0; i < {c * h * w}; i++) {{
        (&output[0][0][0][0])[i] = 0 * input[0][0][0][0];
    }}
}}''')
"""
    _program(tmp_path / "bin", code)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    made = tmp_path / "made"
    made.mkdir()
    assert emx.write(proto, made) == "emx-onnx-cgen (build date: today, git: x)"
    compared = compare(subject, made, ["-O2"])
    assert compared.values == c * h * w
    assert 0 < compared.differ <= compared.values


def test_a_refusal_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proto = cut(Subject("tiny", SIDE, "c", ("--model", str(tiny_model(tmp_path)))))[1]
    _program(tmp_path / "bin", "print('Resize roi length mismatch')\nsys.exit(1)")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(InputError, match="refuses the model") as caught:
        emx.write(proto, tmp_path)
    assert caught.value.things_to_try == ("Resize roi length mismatch",)
