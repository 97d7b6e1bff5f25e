"""Reading model files: what is wrong with one is said in one line that begins with its path."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.errors import InputError
from n6gen.model import load
from n6gen.model.file import read_proto
from n6gen.tools.files import sha256_file
from tests.support.qdq import segmenter

_MODEL = segmenter().SerializeToString()


def _refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert "\n" not in caught.value.message
    assert caught.value.things_to_try
    return caught.value


def _outcome(path: Path) -> str:
    """The refusal, or nothing where loading succeeds."""
    try:
        load(path)
    except InputError as error:
        return error.message
    return ""


def test_a_model_is_read_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "a model.onnx"
    path.write_bytes(_MODEL)
    proto, sha256 = read_proto(path)
    assert proto == segmenter()
    assert sha256 == sha256_file(path)


def test_a_missing_file(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "none.onnx").message.endswith("no such file")


def test_a_folder(tmp_path: Path) -> None:
    """The models inside are suggested."""
    (tmp_path / "inside.onnx").touch()
    refusal = _refusal(tmp_path)
    assert "is a folder" in refusal.message
    assert "inside.onnx" in refusal.things_to_try[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello, world\n" * 9, "not an ONNX file"),
        (bytes(range(256)), "not an ONNX file"),
        (b"\x00" * 100, "not an ONNX file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"),
        (b"\x1c\x00\x00\x00TFL3" + b"\x00" * 40, "a TensorFlow Lite file"),
        (b"PK\x03\x04" + b"\x00" * 40, "a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + b"\x00" * 40, "an HDF5 file"),
        (b"<!DOCTYPE html><html>", "a web page"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert said in _refusal(path).message


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    """It is told from a file of another kind, and how much is missing at least."""
    path = tmp_path / "m.onnx"
    path.write_bytes(_MODEL[: int(len(_MODEL) * share)])
    assert "truncated: " in _refusal(path).message


def test_an_empty_model(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx.ModelProto(ir_version=8).SerializeToString())
    assert "not an ONNX file, or a damaged one" in _refusal(path).message


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(_MODEL)

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"m.onnx: cannot be read: Permission denied"):
        read_proto(path)


@pytest.mark.parametrize("name", [b"conv_1", b"image_q", b"Conv"])
def test_a_name_that_is_no_text(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(_MODEL.replace(name, b"\xff" * len(name)))
    assert "damaged: a name in it is not text" in _refusal(path).message


def test_external_data(tmp_path: Path) -> None:
    """Weights in a file beside the model are read with it; without that file it is named."""
    path = tmp_path / "m.onnx"
    onnx.save(segmenter(), path, save_as_external_data=True, location="weights.bin", size_threshold=16)
    assert load(path).graph.nodes
    (tmp_path / "weights.bin").unlink()
    assert "is kept in 'weights.bin', which cannot be read" in _refusal(path).message


def test_external_data_outside_of_the_folder(tmp_path: Path) -> None:
    """A model cannot make n6gen read whatever file it names."""
    path = tmp_path / "inside" / "m.onnx"
    path.parent.mkdir()
    onnx.save(segmenter(), path, save_as_external_data=True, location="weights.bin", size_threshold=16)
    (path.parent / "weights.bin").rename(tmp_path / "weights.bin")
    path.write_bytes(path.read_bytes().replace(b"weights.bin", b"../weights."))
    (tmp_path / "weights.bin").rename(tmp_path / "weights.")
    _refusal(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes change in a model file, loading it succeeds or says so: never another exception."""
    path = tmp_path_factory.getbasetemp() / "damaged.onnx"
    damaged = bytearray(_MODEL)
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged)
    assert "\n" not in _outcome(path)


@pytest.mark.slow
def test_damage_to_sts_model(shared: Path, tmp_path: Path) -> None:
    """The same for ST's file: cut anywhere, or a bit flipped anywhere in its structure."""
    good = (shared / "models" / "deeplab_v3_mobilenetv2_05_16_320_fft_qdq_int8.onnx").read_bytes()
    path, chance = tmp_path / "m.onnx", random.Random(0)
    for turn in range(150):
        damaged = bytearray(good)
        if turn % 3 == 0:
            damaged = damaged[: chance.randrange(len(damaged))]
        else:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        assert "\n" not in _outcome(path)
