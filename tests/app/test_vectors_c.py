"""What the C side sends and takes besides lines, by the vectors that both implementations share."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.core import CoreServer, HostApp

from n6gen.link.protocol import SAMPLE_FIELDS, parse
from n6gen.link.upload import chunk
from tests.app.test_inject import env as env
from tests.link.wire import UPWARD, VECTORS, bulk_line, upward_arrives, upward_frame

SESSION = 0x1BADB002
#: What this implementation puts into a chunk.
_CHUNK = 1024

_Start = Callable[[], HostApp]


@pytest.mark.parametrize("vector", VECTORS["samples"], ids=lambda vector: f"n={vector['n']}")
def test_samples_are_sent_as_the_vectors_say(core: CoreServer, vector: dict[str, Any]) -> None:
    """Each in its record, then their number and the CRC over them."""
    ticks = struct.pack("<2Q", 1 << 40, 7)
    packed = b"".join(struct.pack("<8I", *sample) for sample in vector["samples"])
    *samples, window = [parse(line) for line in core.call("S", ticks + packed).splitlines()]
    assert [[record.integer(name) for name in SAMPLE_FIELDS] for record in samples] == vector["samples"]
    assert (window.type, window.integer("n"), window.text("crc")) == ("window", vector["n"], vector["crc"])
    assert (window.ticks("ticks"), window.ticks("ticks2")) == (1 << 40, 7)


_SENT = [vector for vector in VECTORS["bulk"] if vector["chunk"] == _CHUNK]


@pytest.mark.parametrize("vector", _SENT, ids=lambda vector: str(vector["note"]))
def test_bulk_is_sent_as_the_vectors_say(core: CoreServer, vector: dict[str, Any]) -> None:
    """The line and the chunks, byte for byte."""
    line = bulk_line(vector["size"], _CHUNK, vector["crc"], session=f"{SESSION:08x}", seq=0)
    said = core.call("B", f"{vector['name']}\0".encode() + bytes.fromhex(vector["data"]))
    assert said == line + b"".join(map(bytes.fromhex, vector["chunks"]))


@pytest.fixture
def start(host_app: Path, env: dict[str, str]) -> Iterator[_Start]:
    """Starts the app and opens the vectors' session."""
    apps: list[HostApp] = []

    def started() -> HostApp:
        apps.append(HostApp(host_app, env))
        assert apps[-1].record().type == "boot"
        assert apps[-1].hello(f"{SESSION:08x}").type == "hello"
        return apps[-1]

    yield started
    for app in apps:
        assert app.close() == 0


def told(app: HostApp, line: str) -> None:
    """The next record is that of a vector; its number is another if the board gave a sign of life."""
    found, wanted = app.record(), parse(line.encode())
    assert (found.session, found.type, dict(found.fields)) == (wanted.session, wanted.type, dict(wanted.fields))
    assert found.seq >= wanted.seq


@pytest.mark.parametrize("vector", UPWARD["transfers"], ids=lambda vector: str(vector["note"]))
def test_transfers_go_as_the_vectors_say(start: _Start, vector: dict[str, Any]) -> None:
    """What is asked for after whatever arrived, and the last word."""
    app = start()
    app.write(f"{vector['command']}\n".encode())
    if "ok" in vector:
        told(app, vector["ok"])
    for step in vector["steps"]:
        told(app, step["asks"])
        app.write(upward_arrives(step))
    told(app, vector["ends"])
    if "given-up" in vector["ends"]:
        assert app.record().text("nonce") == "0badcafe"


@pytest.mark.parametrize("vector", UPWARD["chunks"], ids=lambda vector: str(vector["note"]))
def test_chunks_are_judged_as_the_vectors_say(start: _Start, vector: dict[str, Any]) -> None:
    """Taken into their place, asked for again or passed over; in the end the whole frame is there."""
    app, frame = start(), upward_frame()
    ref = app.send("inject", size=len(frame), crc=f"{zlib.crc32(frame):08x}")
    assert app.record().type == "ok"
    at = 0

    def asked() -> int:
        record = app.record()
        assert (record.type, record.fields["ref"]) == ("chunk", str(ref))
        return record.integer("at")

    def give(to: int) -> None:
        """Sound chunks up to there, each as it is asked for but the first."""
        nonlocal at
        while at < to:
            app.write(chunk(frame[:to], at, 512))
            at = min(at + 512, to)
            assert at == len(frame) or asked() == at

    assert asked() == 0
    give(vector["at"])
    app.write(bytes.fromhex(vector["chunk"]))
    if vector.get("fault") == "damaged":
        assert asked() == at
    elif "fault" not in vector:
        at += vector["length"]
        assert at == len(frame) or asked() == at
    give(len(frame))
    assert app.record().type == "done"
