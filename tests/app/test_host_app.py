"""The whole app as a program of this machine: what it answers, and that it survives whatever comes in."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support.core import HostApp

from n6gen.decode.reference import fine
from n6gen.image import weights
from n6gen.link.protocol import Record, Sample, encode, samples_crc

_HEIGHT, _WIDTH = 64, 48
_SIDE = 480
_ID = "abcdef" + "00" * 29
_RESET, _HALTED = 42, 43
_WORK, _FAIL = 0, 1
_BLOB = bytes([10, 20, 30])


class _Start:
    """Starts the app with frames and weights of the test's choice."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder, self._apps = program, folder, list[HostApp]()
        self.lcd = folder / "lcd.bin"

    def __call__(self, *, frames: int = 3, mode: int = _WORK, data: bytes | None = None) -> HostApp:
        weights_file, camera = self._folder / "weights.bin", self._folder / "frames.bin"
        weights_file.write_bytes(data or weights.wrap((_BLOB + bytes([mode])).ljust(100, b"\0"), _ID))
        camera.write_bytes(b"".join(frame(number).tobytes() for number in range(1, frames + 1)))
        env = {
            **os.environ,
            "HOST_WEIGHTS": str(weights_file),
            "HOST_FRAMES": str(camera),
            "HOST_LCD": str(self.lcd),
        }
        self._apps.append(HostApp(self._program, env))
        return self._apps[-1]

    def close(self) -> None:
        for app in self._apps:
            app.close()


@pytest.fixture
def start(host_app: Path, tmp_path: Path) -> Iterator[_Start]:
    starter = _Start(host_app, tmp_path)
    yield starter
    starter.close()


@pytest.fixture
def app(start: _Start) -> HostApp:
    """An app that is ready, with its session open."""
    running = start()
    assert running.record().fields["status"] == "ready"
    running.hello()
    return running


def frame(number: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 256, (_HEIGHT, _WIDTH, 3), np.uint8)


def _input(number: int) -> npt.NDArray[np.int8]:
    """What app_config.c makes of a frame, in numpy."""
    b, r, g = frame(number)[:, :, 2], frame(number)[:, :, 0], frame(number)[:, :, 1]
    return np.stack([b ^ 128, r ^ 127, g // 2], axis=2).view(np.int8)


def _logits(number: int) -> npt.NDArray[np.int8]:
    """What tiny_network.c makes of that."""
    blocks = _input(number).astype(np.int32).reshape(_HEIGHT // 16, 16, _WIDTH // 16, 16, 3).sum(axis=(1, 3))
    # C divides towards zero.
    means = np.trunc(np.trunc(blocks / 256) / 2).astype(np.int32)
    return (means + np.array(list(_BLOB), np.int32) // 2).astype(np.int8)


def expected_mask(number: int) -> npt.NDArray[np.uint8]:
    """What the decode makes of that."""
    return fine(_logits(number), 0, 16)


def _read_mask(app: HostApp) -> npt.NDArray[np.uint8]:
    return np.frombuffer(_read_bulk(app, "mask"), np.uint8).reshape(_HEIGHT, _WIDTH)


def _read_bulk(app: HostApp, name: str) -> bytes:
    record = app.record()
    assert (record.type, record.fields["name"]) == ("bulk", name)
    size, data = record.integer("size"), b""
    while len(data) < size:
        length = int.from_bytes(app.read(4), "little")
        assert 0 < length <= record.integer("chunk")
        data += app.read(length)
        assert int.from_bytes(app.read(4), "little") == zlib.crc32(data[-length:])
    assert f"{zlib.crc32(data):08x}" == record.fields["crc"]
    return data


def _run(app: HostApp, frames: int, repeat: int) -> list[Sample]:
    ref = app.send("run", frames=frames, repeat=repeat)
    assert app.record().fields == {"cmd": "run", "ref": str(ref)}
    samples = [Sample.of(app.record()) for _ in range(frames * repeat)]
    window = app.record()
    assert (window.type, window.integer("n"), window.fields["crc"]) == ("window", len(samples), samples_crc(samples))
    return samples


def _error(app: HostApp) -> tuple[str, str, str]:
    record = app.record()
    assert record.type == "error"
    return record.fields["cmd"], record.fields["ref"], record.fields["reason"]


def test_hello_says_who_it_is(start: _Start) -> None:
    """Ids, sizes and mapping are those that the app was built with; the session is the nonce."""
    app = start()
    boot = app.record()
    assert boot == Record("00000000", 0, "boot", {"stage": "app", "status": "ready"})
    hello = app.hello("0badcafe")
    assert (hello.session, hello.seq, hello.type) == ("0badcafe", 0, "hello")
    assert hello.fields == {
        "protocol": "1", "nonce": "0badcafe", "board": "host", "network": _ID, "build": "010203" + "00" * 29,
        "app": "0.1.0", "runtime": "tiny-1", "tick_hz": "1000000", "tick2_hz": "10000",
        "cpu_hz": "1000000000", "npu_hz": "unknown", "bus_hz": "unknown", "caches": "none",
        "in_h": "64", "in_w": "48", "out_h": "4", "out_w": "3", "classes": "3",
        "mask_h": "64", "mask_w": "48", "decode": "fine", "input": "exact",
    }  # fmt: skip


def test_run_gives_samples_and_the_mask(app: HostApp) -> None:
    """Each frame once, in order; the mask is the last frame's."""
    samples = _run(app, 3, 1)
    assert [(sample.i, sample.frame) for sample in samples] == [(0, 1), (1, 2), (2, 3)]
    for sample in samples:
        assert sample.loop >= sample.network + sample.decode + sample.present
    app.send("mask")
    assert (_read_mask(app) == expected_mask(3)).all()


def test_repeats_use_the_same_frame(app: HostApp) -> None:
    """The frame is held, and not read after it was given back, until its last repeat is done."""
    samples = _run(app, 2, 3)
    assert [sample.frame for sample in samples] == [1, 1, 1, 2, 2, 2]
    app.send("mask")
    assert (_read_mask(app) == expected_mask(2)).all()


def test_the_display_shows_the_mask(app: HostApp, start: _Start) -> None:
    """Every pass presents its mask, scaled to the window, with its frame's number."""
    _run(app, 2, 1)
    shown = start.lcd.read_bytes()
    layer_size = 4 + _SIDE * _SIDE
    assert len(shown) == 2 * layer_size
    for at, number in enumerate((1, 2)):
        layer = np.frombuffer(shown, np.uint8, _SIDE * _SIDE, at * layer_size + 4).reshape(_SIDE, _SIDE)
        assert int.from_bytes(shown[at * layer_size :][:4], "little") == number
        rows, columns = ((2 * np.arange(_SIDE) + 1) * size // (2 * _SIDE) for size in (_HEIGHT, _WIDTH))
        assert (layer == expected_mask(number)[np.ix_(rows, columns)]).all()


def test_reset(app: HostApp) -> None:
    """It says ok, then starts anew."""
    ref = app.send("reset")
    assert app.record().fields == {"cmd": "reset", "ref": str(ref)}
    assert app.wait() == _RESET


def test_records_are_counted(app: HostApp) -> None:
    """The sequence number goes up by one a record, over bulk transfers too, and begins again with a hello."""
    for _ in range(3):
        app.send("run", frames=0, repeat=1)
    assert [app.record().seq for _ in range(3)] == [1, 2, 3]
    assert app.hello("00000007").seq == 0


@pytest.mark.parametrize(
    ("command", "fields", "reason"),
    [
        ("run", {"frames": 0, "repeat": 1}, "range"),
        ("run", {"frames": 1, "repeat": 0}, "range"),
        ("run", {"frames": 257, "repeat": 1}, "range"),
        ("run", {"frames": 16, "repeat": 17}, "range"),
        ("run", {"frames": 4294967295, "repeat": 4294967295}, "range"),
        ("run", {"frames": 65536, "repeat": 65536}, "range"),
        ("run", {"frames": 1}, "key"),
        ("run", {"frames": 1, "repeat": 1, "more": 1}, "key"),
        ("run", {"frames": "one", "repeat": 1}, "key"),
        ("mask", {"name": "x"}, "key"),
        ("mask", {}, "no-mask"),
        ("reset", {"hard": 1}, "key"),
        ("dance", {}, "unknown"),
        ("hello", {"nonce": "00000000", "protocol": 1}, "key"),
        ("hello", {"nonce": "1", "protocol": 1}, "key"),
        ("hello", {"nonce": "12345678"}, "key"),
        ("hello", {"nonce": "12345678", "protocol": 2}, "protocol"),
    ],
)
def test_what_it_does_not_do(app: HostApp, command: str, fields: dict[str, object], reason: str) -> None:
    """It says why, with the command's number, and goes on."""
    ref = app.send(command, **fields)
    assert _error(app) == (command, str(ref), reason)
    assert len(_run(app, 1, 1)) == 1


def test_a_long_unknown_command_is_answered(app: HostApp) -> None:
    """With as much of its name as fits."""
    app.send("x" * 400)
    assert _error(app) == ("x" * 31, "0", "unknown")


def test_nothing_runs_before_a_hello(start: _Start) -> None:
    """Commands of session 0 are refused, except hello."""
    app = start()
    app.record()
    app.send("run", frames=1, repeat=1)
    assert _error(app) == ("run", "0", "no-hello")


def test_foreign_sessions_and_echoes_are_ignored(app: HostApp) -> None:
    """Commands of another session, damaged lines, log text and its own records bring no answer."""
    for session in ("00000000", "1badb003"):
        app.write(encode(session, 0, "run", {"frames": 1, "repeat": 1}))
    app.write(encode("1badb002", 0, "reset")[:-2] + b"x\n")
    app.write(b"\n\r\nlogin: root\n" + b"@N6 " + b"z" * 600 + b"\n" + bytes(range(128, 256)) + b"\n")
    for own in ("boot", "ok", "done", "error", "beat", "sample", "window", "tested", "bulk", "chunk", "fault"):
        app.write(encode("1badb002", 0, own, {"stage": "app"}))
    app.write(encode("1badb002", 0, "hello", {"nonce": "1badb002", "protocol": 1, "board": "host"}))
    ref = app.send("dance")
    assert _error(app) == ("dance", str(ref), "unknown")


def test_a_line_may_come_in_pieces(app: HostApp) -> None:
    """However the link cuts it."""
    for byte in encode("1badb002", 5, "dance"):
        app.write(bytes([byte]))
    assert _error(app) == ("dance", "5", "unknown")


def test_a_camera_that_stops_is_told(start: _Start) -> None:
    """The window is given up; the next one starts the camera again."""
    app = start(frames=1)
    app.record()
    app.hello()
    ref = app.send("run", frames=2, repeat=1)
    assert app.record().type == "ok"
    assert _error(app) == ("run", str(ref), "camera-timeout")
    app.send("mask")
    assert (_read_mask(app) == expected_mask(1)).all()


def test_a_network_that_fails_is_told(start: _Start) -> None:
    """Nothing of the window is sent, there is no mask, and the frame is given back: the next window can begin."""
    app = start(mode=_FAIL)
    app.record()
    app.hello()
    for _ in range(2):
        ref = app.send("run", frames=1, repeat=2)
        assert app.record().type == "ok"
        assert _error(app) == ("run", str(ref), "network")
    app.send("mask")
    assert _error(app)[2] == "no-mask"


@pytest.mark.parametrize(
    ("at", "check"),
    [(0, "weights-crc"), (128, "weights-trailer"), (128 + 16, "weights-trailer"), (128 + 60, "weights-trailer")],
)
def test_damaged_weights_are_refused(start: _Start, at: int, check: str) -> None:
    """The app says what is wrong and halts: it never computes with them."""
    data = bytearray(weights.wrap(_BLOB.ljust(100, b"\0"), _ID))
    data[at] ^= 1
    app = start(data=bytes(data))
    record = app.record()
    assert (record.type, record.fields["status"], record.fields["check"]) == ("boot", "refused", check)
    assert app.wait() == _HALTED


def test_weights_of_another_network_are_refused(start: _Start) -> None:
    """Undamaged, but with another id."""
    app = start(data=weights.wrap(_BLOB.ljust(100, b"\0"), "ff" * 32))
    record = app.record()
    assert (record.fields["check"], record.fields["expected"], record.fields["found"]) == ("network-id", _ID, "ff" * 32)
    assert app.wait() == _HALTED


def test_samples_are_packed_as_the_spec_says(app: HostApp) -> None:
    """The window's CRC is over eight little-endian words a sample."""
    sample = _run(app, 1, 1)[0]
    packed = struct.pack("<8I", sample.i, sample.frame, sample.wait, sample.input, sample.network, sample.decode,
                         sample.present, sample.loop)  # fmt: skip
    assert samples_crc([sample]) == f"{zlib.crc32(packed):08x}"


def test_tensors_are_sent_as_they_are_when_they_are_there(app: HostApp) -> None:
    """Each command takes the next frame; the input, the only layer's output and the network's output are right."""
    app.send("tensor", layer="input")
    assert _read_bulk(app, "input") == _input(1).tobytes()
    app.send("tensor", layer="output")
    assert _read_bulk(app, "output") == _logits(2).tobytes()
    app.send("tensor", layer=0)
    assert _read_bulk(app, "0") == _logits(3).tobytes()
    app.send("tensor", layer=0)
    assert _error(app)[2] == "camera-timeout"


def test_digests_are_size_and_crc_of_every_layer(app: HostApp) -> None:
    """Eight bytes a layer, of the frame that was taken."""
    app.send("digests")
    logits = _logits(1).tobytes()
    assert _read_bulk(app, "digests") == struct.pack("<II", len(logits), zlib.crc32(logits))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "key"),
        ({"layer": "none"}, "key"),
        ({"layer": "inputs"}, "key"),
        ({"layer": "outputoutput"}, "key"),
        ({"layer": 0, "more": 1}, "key"),
        ({"layer": 1}, "range"),
        ({"layer": 4294967295}, "range"),
    ],
)
def test_tensors_that_are_not_there_are_refused(app: HostApp, fields: dict[str, object], reason: str) -> None:
    """By name, and without taking a frame."""
    ref = app.send("tensor", **fields)
    assert _error(app) == ("tensor", str(ref), reason)
    app.send("tensor", layer="input")
    assert _read_bulk(app, "input") == _input(1).tobytes()


def test_a_failing_network_sends_no_tensor(start: _Start) -> None:
    """Neither its output, nor a layer's, nor digests."""
    app = start(mode=_FAIL)
    app.record()
    app.hello()
    for command, fields in (("tensor", {"layer": "output"}), ("tensor", {"layer": 0}), ("digests", {})):
        ref = app.send(command, **fields)
        assert _error(app) == (command, str(ref), "network")
