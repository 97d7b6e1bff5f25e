"""Frames that the host sends up: the product's client and the real app, over a good link and over hostile ones."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.core import HostApp
from support.host_link import Dice, HostilePort, HostPort

from n6gen.errors import BoardError
from n6gen.image import weights
from n6gen.link import Client, conversation
from n6gen.link import client as client_module
from n6gen.link.protocol import encode
from n6gen.link.upload import chunk
from tests.app.test_host_app import _BLOB, _ID, expected_mask, frame

#: Sessions over a hostile link; the large form of the proof runs more.
ROUNDS = int(os.environ.get("INJECT_ROUNDS", "6"))
_SIZE = 64 * 48 * 3


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "weights.bin").write_bytes(weights.wrap(_BLOB.ljust(100, b"\0"), _ID))
    (tmp_path / "frames.bin").write_bytes(frame(1).tobytes())
    return {"HOST_WEIGHTS": str(tmp_path / "weights.bin"), "HOST_FRAMES": str(tmp_path / "frames.bin")}


@pytest.fixture
def port(host_app: Path, env: dict[str, str]) -> Iterator[HostPort]:
    made = HostPort(host_app, env)
    yield made
    made.close()


def _mask(client: Client) -> np.ndarray:
    return np.frombuffer(client.mask(), np.uint8).reshape(64, 48)


def test_a_frame_from_the_host_takes_the_cameras_place(port: HostPort) -> None:
    """Until it is ended, or another session begins; its uses are counted."""
    client = Client(port)
    client.hello()
    client.inject(frame(7).tobytes())
    assert [s.frame for s in client.run(2, 2, timeout=5)] == [1, 1, 2, 2]
    assert (_mask(client) == expected_mask(7)).all()
    client.inject(frame(8).data)
    assert [s.frame for s in client.run(1, timeout=5)] == [1]
    assert (_mask(client) == expected_mask(8)).all()
    client.hello()
    client.run(1, timeout=5)
    assert (_mask(client) == expected_mask(1)).all()
    client.inject(frame(7).data)
    client.inject_end()
    with pytest.raises(BoardError, match="camera-timeout"):
        client.run(1, timeout=5)
    assert (client.counts.dropped, client.counts.lost, client.counts.foreign) == (0, 0, 0)


@pytest.mark.parametrize("size", [1, _SIZE - 1, _SIZE + 1, 2 * _SIZE])
def test_a_frame_of_another_size_is_refused(port: HostPort, size: int) -> None:
    """At once: nothing is sent up."""
    client = Client(port)
    client.hello()
    with pytest.raises(BoardError, match="refused inject: frame-size"):
        client.inject(bytes(size))


def test_a_host_that_goes_away_in_the_middle_does_no_harm(port: HostPort) -> None:
    """The next one's hello ends the transfer at once, and the half frame is not used."""
    client = Client(port)
    client.hello()
    port.write(encode(client._session, 0, "inject", {"size": _SIZE, "crc": "00000000"}))
    port.write(chunk(frame(7).data.cast("B"), 0, 512)[:100])
    other = Client(port)
    other.hello(attempts=2, timeout=1)
    other.run(1, timeout=5)
    assert (_mask(other) == expected_mask(1)).all()


def test_a_board_that_gets_nothing_gives_up(host_app: Path, env: dict[str, str]) -> None:
    """After eight seconds without a chunk; it can be spoken to again."""
    app = HostApp(host_app, {**os.environ, **env})
    app.record()
    app.hello()
    ref = app.send("inject", size=_SIZE, crc="00000000")
    assert app.record().type == "ok"
    asked = [app.record() for _ in range(8)]
    assert {(record.type, record.fields["at"]) for record in asked} == {("chunk", "0")}
    assert app.record().fields == {"cmd": "inject", "ref": str(ref), "reason": "timeout"}
    assert app.hello("00000007").type == "hello"
    assert app.close() == 0


def test_a_frame_that_is_not_what_was_announced_is_refused(port: HostPort, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CRC over the whole is another than the command's: no attempt succeeds, and the camera's frame is used."""
    monkeypatch.setattr(client_module, "chunk", lambda data, at, most: chunk(bytes(len(data)), at, most))
    monkeypatch.setattr(conversation, "QUIET_S", 0.05)
    client = Client(port)
    client.hello()
    with pytest.raises(BoardError, match="did not reach the board in 3 attempts, the last one: crc"):
        client.inject(frame(7).data)
    client.run(1, timeout=5)
    assert (_mask(client) == expected_mask(1)).all()


def test_an_echoing_link(port: HostPort) -> None:
    """What the board says comes back to it between the chunks, and is passed over."""
    echo: list[bytes] = []

    def down(data: bytes) -> bytes:
        echo.append(data)
        return data

    def up(data: bytes) -> bytes:
        said, echo[:] = b"".join(echo), []
        return said + data

    client = Client(HostilePort(port, up=up, down=down))
    client.hello()
    client.inject(frame(7).data)
    client.run(1, timeout=5)
    assert (_mask(client) == expected_mask(7)).all()


@pytest.mark.timeout(300 + 20 * ROUNDS)
def test_damage_never_makes_a_wrong_frame(host_app: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes flipped, dropped, doubled, swapped, inserted, whole chunks lost or sent again, in both directions.

    Whatever happens, the network runs on the frame that was sent or on the camera's, never on anything else.
    """
    monkeypatch.setattr(conversation, "ANSWER_S", 2.5)
    monkeypatch.setattr(conversation, "QUIET_S", 0.15)
    used: Counter[str] = Counter()
    arrived: Counter[bool] = Counter()
    for seed in range(ROUNDS):
        rng = random.Random(seed)
        up, down = Dice(rng), Dice(rng)
        with closing(HostPort(host_app, env)) as port:
            client = Client(HostilePort(port, up=up, down=down))
            client.hello()
            up.rate, down.rate = rng.choice(((0.3, 0.0), (0.0, 0.05), (0.15, 0.03), (0.9, 0.0)))
            sent = rng.randrange(2, 50)
            try:
                client.inject(frame(sent).data)
                there = True
            except BoardError:
                there = False
            up.rate = down.rate = 0.0
            arrived[there] += 1
            if there:
                client.run(1, timeout=5)
                assert (_mask(client) == expected_mask(sent)).all(), seed
            elif seed % 2:
                client.hello()
                client.run(1, timeout=5)
                assert (_mask(client) == expected_mask(1)).all(), seed
        used.update(up.used)
        used.update(down.used)
    print(dict(used), dict(arrived))
    assert used.total() > ROUNDS
    assert arrived[True] > 0
