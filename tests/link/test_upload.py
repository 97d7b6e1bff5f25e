"""Upward transfers from the host's side, by the vectors that both implementations share (tests/vectors/upward.json)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from n6gen.errors import BoardError
from n6gen.link import Client
from n6gen.link.protocol import ProtocolError, encode, parse
from n6gen.link.upload import PASSING, asked_for, chunk
from tests.link.fake_board import HELLO
from tests.link.wire import UPWARD, upward_frame, upward_sent

NONCE = "1badb002"


@pytest.mark.parametrize(
    "vector", [v for v in UPWARD["chunks"] if "fault" not in v], ids=lambda vector: str(vector["note"])
)
def test_chunks_lie_on_the_wire_as_the_vectors_say(vector: dict[str, Any]) -> None:
    """Offset, length, payload and CRC, byte for byte."""
    made = chunk(upward_frame(), vector["at"], vector["most"])
    assert made.hex() == vector["chunk"]
    assert len(made) == 12 + vector["length"]


@pytest.mark.parametrize("vector", UPWARD["asks"], ids=lambda vector: str(vector["note"]))
def test_what_a_board_asks_for(vector: dict[str, Any]) -> None:
    """A chunk of the frame, or an error: nothing is sent for a request that cannot be."""
    record = parse(vector["line"].encode())
    if "error" in vector:
        with pytest.raises(ProtocolError) as caught:
            asked_for(record, vector["size"])
        assert caught.value.reason == vector["error"]
        return
    at, most = asked_for(record, vector["size"])
    assert (at, len(chunk(bytes(vector["size"]), at, most)) - 12) == (vector["at"], vector["length"])


class Played:
    """A port on which a board of a vector speaks: its next line comes once the host said what the vector says."""

    def __init__(self, vector: dict[str, Any]) -> None:
        self._turns = self._play(vector)
        self._ready = b""

    def _play(self, vector: dict[str, Any]) -> Iterator[tuple[bytes, list[str]]]:
        """What the host must say, and the lines that answer it."""
        said = f"{vector['command']}\n".encode()
        lines = [vector["ok"]] if "ok" in vector else []
        for step in vector["steps"]:
            yield said, [*lines, step["asks"]]
            said, lines = upward_sent(step), []
        yield said, [*lines, vector["ends"]]

    def write(self, data: bytes) -> None:
        if b" hello " in data:
            self._ready += encode(NONCE, 0, "hello", HELLO | {"nonce": NONCE})
            return
        wanted, lines = next(self._turns)
        assert data == wanted
        self._ready += "".join(f"{line}\n" for line in lines).encode()

    def read(self, timeout: float) -> bytes:
        if not self._ready:
            raise BoardError("the vector ends")
        data, self._ready = self._ready, b""
        return data

    def close(self) -> None:
        """Nothing is open."""

    @property
    def is_over(self) -> bool:
        return next(self._turns, None) is None


def announces_what_it_sends(vector: dict[str, Any]) -> bool:
    """Only a broken host does not: that vector is for boards."""
    command = parse(vector["command"].encode())
    return f"{zlib.crc32(upward_frame()[: command.integer('size')]):08x}" == command.fields["crc"]


_HOSTS = [vector for vector in UPWARD["transfers"] if announces_what_it_sends(vector)]


@pytest.mark.parametrize("vector", _HOSTS, ids=lambda vector: str(vector["note"]))
def test_transfers_go_as_the_vectors_say(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, each chunk that is asked for, again if it must, and what comes of it."""
    port = Played(vector)
    client = Client(port, nonces=lambda: NONCE)
    client.hello()
    size = parse(vector["command"].encode()).integer("size")
    frame, end = upward_frame()[:size], parse(vector["ends"].encode())
    if end.type == "done":
        client.inject(frame, attempts=1)
    else:
        reason = end.fields["reason"]
        match = f"the last one: {reason}" if reason in PASSING else f"refused inject: {reason}"
        # Its bytes end with its last line, and so do the link's.
        monkeypatch.setattr(client._inbox, "settle", lambda quiet: None)
        with pytest.raises(BoardError, match=match):
            client.inject(frame, attempts=1)
    assert port.is_over
    assert (client.counts.dropped, client.counts.lost, client.counts.foreign) == (0, 0, 0)


def test_the_next_command_stands_on_a_line_of_its_own() -> None:
    """Chunks may come late, or twice: a newline before the command ends what is left of them; without chunks, none."""
    (vector,) = [vector for vector in UPWARD["transfers"] if vector["note"] == "a whole frame"]
    port = Played(vector)
    client = Client(port, nonces=lambda: NONCE)
    client.hello()
    client.inject(upward_frame())
    said: list[bytes] = []
    port.write = said.append  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(BoardError, match="the vector ends"):
            client.mask(attempts=1)
    assert [data[:4] for data in said] == [b"\n", b"@N6 ", b"@N6 "]
