"""ONNX files: read whole, hashed, and refused in words that say what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import external_data_helper

from n6gen.errors import InputError
from n6gen.tools.files import sha256_bytes

#: Protobuf's own limit.
_MAX_BYTES = 2**31 - 1

#: Files that are taken for ONNX now and then: where their mark is, the mark, what they are, what to do.
_MISTAKEN = (
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Run 'git lfs pull' where it came from."),
    (4, b"TFL3", "a TensorFlow Lite file", "Convert it to ONNX before it is quantised (tf2onnx)."),
    (0, b"PK\x03\x04", "a zip archive (PyTorch or Keras, perhaps)", "Export the model to ONNX."),
    (0, b"\x89HDF", "an HDF5 file (Keras)", "Export the model to ONNX."),
    (0, b"<", "a web page", "Download the file itself, not the page that shows it."),
)

_AGAIN = "Download or export it again."


def read_proto(path: Path) -> tuple[onnx.ModelProto, str]:
    """Read an ONNX file and the data files it names.

    Returns the model and the SHA-256 of `path` itself. Raises InputError if the path does not exist, is no file, or
    the file is empty, truncated or not ONNX, or a data file is missing.
    """
    data = _read(path)
    try:
        proto = onnx.ModelProto.FromString(data)
    except Exception as error:  # protobuf is no direct dependency
        raise _undecodable(path, data) from error
    if not proto.graph.node or not proto.ir_version:
        raise _undecodable(path, data)
    _load_external_data(path, proto)
    return proto, sha256_bytes(data)


def _read(path: Path) -> bytes:
    if path.is_dir():
        inside = sorted(entry.name for entry in path.glob("*.onnx"))
        hint = f"Name a file in it: {', '.join(inside[:3])}" if inside else "Name an ONNX file."
        raise InputError(f"{path}: is a folder, not a model file", hint)
    if not path.exists():
        raise InputError(f"{path}: no such file", "Check the path.", "Run 'n6gen model ls' for models known by name.")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: not an ONNX file: it is larger than 2 GiB")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if not data:
        raise InputError(f"{path}: is empty", _AGAIN)
    return data


def _undecodable(path: Path, data: bytes) -> InputError:
    for offset, mark, what, remedy in _MISTAKEN:
        if data[offset : offset + len(mark)] == mark:
            return InputError(f"{path}: not an ONNX file: it is {what}", remedy)
    missing = _missing_bytes(data)
    if missing:
        return InputError(f"{path}: truncated: {missing} bytes or more are missing at the end", _AGAIN)
    return InputError(f"{path}: not an ONNX file, or a damaged one", _AGAIN)


def _missing_bytes(data: bytes) -> int:
    """How many bytes a model's last field lacks; 0 if `data` does not look like the start of a model at all.

    A model is a protobuf message: fields, each a tag and a number or a length with that many bytes. The first of a
    model is its IR version, a small number.
    """
    at, fields = 0, 0
    while at < len(data):
        tag, at = _varint(data, at)
        field, kind = tag >> 3, tag & 7
        # The numbers of ModelProto's fields.
        if kind not in (0, 2) or field not in (*range(1, 9), 14, 20, 25, 26):
            return 0
        value, at = _varint(data, at)
        if at > len(data):
            return 1 if fields else 0
        if fields == 0 and (field != 1 or kind != 0 or value > 100):
            return 0
        at += value if kind == 2 else 0
        fields += 1
    return at - len(data)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and where it ends, behind the end of `data` if it is cut off."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return value, len(data) + 1


def _load_external_data(path: Path, proto: onnx.ModelProto) -> None:
    for tensor in _tensors(proto):
        if not external_data_helper.uses_external_data(tensor):
            continue
        name = next((entry.value for entry in tensor.external_data if entry.key == "location"), "?")
        try:
            external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
        except Exception as error:  # whatever onnx raises, the remedy is one
            raise InputError(
                f"{path}: tensor {tensor.name!r} is kept in {name!r}, which cannot be read beside it",
                f"Put {name!r} into the folder of the model.",
                "Save the model with its data inside: onnx.save(onnx.load(…), …).",
            ) from error
        tensor.data_location = onnx.TensorProto.DEFAULT
        del tensor.external_data[:]


def _tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from proto.graph.initializer
    for node in proto.graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))
