"""`n6gen model`, run as a user runs it."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.support.cli import n6gen
from tests.support.qdq import segmenter

_NAME = "st-deeplabv3-person"
_FILE = "st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8.onnx"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "a model.onnx"
    onnx.save(segmenter(16, 16, classes=3), path)
    return path


def test_show_for_machines(model: Path) -> None:
    """One JSON object on stdout, nothing on stderr."""
    ran = n6gen("model", "show", model, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert (found["output"]["classes"], found["input"]["height"]) == (3, 16)
    assert found["head"] == {"factor": [4, 4], "classes": 3, "height": 4, "width": 4}


def test_show_for_people(model: Path) -> None:
    ran = n6gen("model", "show", model)
    assert (ran.code, ran.err) == (0, "")
    for word in ("MACs", "opset 17", "quantisation range", "a Resize by 4x4", "depthwise 3x3 /2", "GlobalAveragePool"):
        assert word in " ".join(ran.out.split()), word


def test_show_lists_where_a_model_can_be_cut(model: Path) -> None:
    """One line a tensor, names whole, in order; as JSON with shape, layer, and whether a path passes it by."""
    ran = n6gen("model", "show", model, "--cuts", "--json")
    assert ran.code == 0, ran.err
    cuts = ran.json["cuts"]
    assert {cut["trunk"] for cut in cuts} == {True, False}
    assert all(cut["tensor"].startswith(cut["layer"]) for cut in cuts if cut["kind"].startswith("conv"))
    lines = n6gen("model", "show", model, "--cuts").out.splitlines()[1:]
    assert [line.split()[-1] for line in lines] == [cut["tensor"] for cut in cuts]


def test_show_takes_a_declaration(model: Path) -> None:
    words = ("--mean", "1", "2", "3", "--std", "4", "5", "6", "--order", "bgr")
    found = n6gen("model", "show", model, *words, "--json").json["input"]
    assert (found["mean"], found["std"], found["order"], found["source"]) == ([1, 2, 3], [4, 5, 6], "bgr", "declared")


def test_a_bad_model_is_one_line_and_things_to_try(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(segmenter().SerializeToString()[:999])
    ran = n6gen("model", "show", tmp_path / "m.onnx")
    assert (ran.code, ran.out) == (5, "")
    lines = ran.err.splitlines()
    assert lines[0].startswith(f"error: {tmp_path / 'm.onnx'}: truncated")
    assert lines[1] == "Things to try:"
    assert "Traceback" not in ran.err


def test_a_bad_model_as_json(tmp_path: Path) -> None:
    ran = n6gen("model", "show", tmp_path / "none.onnx", "--json")
    assert ran.code == 5
    assert ran.json["error"]["exit_code"] == 5
    assert ran.json["error"]["message"].endswith("none.onnx: no such file")


def test_a_contradicting_resolution(model: Path) -> None:
    ran = n6gen("model", "show", model, "--res", "320")
    assert ran.code == 5
    assert "--res 320 contradicts the model, whose input is 16x16" in ran.err


def test_pull_accept_show(tmp_path: Path) -> None:
    """The first pull shows the hash and exits 5; accepted, the model is listed, found by name, and locked."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    onnx.save(segmenter(), mirror / _FILE)
    project = tmp_path / "project"
    project.mkdir()
    (project / "n6gen.toml").write_text(f"mirror = {str(mirror)!r}\nres = 320\n")
    first = n6gen("model", "pull", _NAME, cwd=project)
    assert first.code == 5
    assert "has sha256" in first.err
    assert "--accept-hash" in first.err
    pulled = n6gen("model", "pull", _NAME, "--accept-hash", "--json", cwd=project).json
    assert Path(pulled["path"]).name == _FILE
    assert pulled["lock"] == str(project / "n6gen.lock")
    assert pulled["sha256"] in (project / "n6gen.lock").read_text()
    listed = n6gen("model", "ls", "--json", cwd=project).json["models"]
    files = {entry["name"]: entry["files"] for entry in listed}[_NAME]
    assert {file["resolution"]: file["path"] for file in files} == {256: None, 320: pulled["path"], 416: None}
    contradiction = n6gen("model", "show", _NAME, cwd=project)
    assert contradiction.code == 5
    assert "whose input is 16x16" in contradiction.err
    onnx.save(segmenter(seed=9), mirror / _FILE)
    Path(pulled["path"]).unlink()
    changed = n6gen("model", "pull", _NAME, cwd=project)
    assert changed.code == 5
    assert f"but {pulled['sha256']} was accepted" in changed.err


def test_ls_for_people() -> None:
    ran = n6gen("model", "ls")
    assert (ran.code, ran.err) == (0, "")
    assert _NAME in ran.out
    assert "256, 320, 416" in ran.out


def test_pull_without_network_is_exit_3() -> None:
    """A proxy that nobody runs stands for a machine without network."""
    nobody = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""}
    ran = n6gen("model", "pull", _NAME, "--res", "320", env=nobody)
    assert ran.code == 3
    assert "cannot download" in ran.err
    assert "--mirror DIR" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pull", "nothing", "--res", "320"), "there is no model called 'nothing'"),
        (("pull", _NAME), "exists at several resolutions"),
        (("pull", _NAME, "--res", "300"), "does not exist at 300 px"),
        (("pull", _NAME, "--res", "320", "--mirror", "nowhere"), "no such folder"),
        (("show", _NAME, "--res", "320"), "is not here yet"),
    ],
)
def test_what_does_not_exist(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = n6gen("model", *words, cwd=tmp_path)
    assert ran.code == 5
    assert said in ran.err
    assert "Things to try:" in ran.err
