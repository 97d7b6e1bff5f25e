"""Warm-up, self-test, signs of life, clocks and versions: the product's client and the real app on this machine."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.core import HostApp
from support.host_link import HostPort

from n6gen.errors import BoardError
from n6gen.image import weights
from n6gen.link import Client, ClocksDisagree
from n6gen.link import client as client_module
from n6gen.link import hello as hello_module
from n6gen.link.protocol import encode, parse
from tests.app.test_host_app import _BLOB, _ID, frame

Start = Callable[..., HostPort]


@pytest.fixture
def start(host_app: Path, tmp_path: Path) -> Iterator[Start]:
    (tmp_path / "weights.bin").write_bytes(weights.wrap(_BLOB.ljust(100, b"\0"), _ID))
    (tmp_path / "frames.bin").write_bytes(b"".join(frame(number).tobytes() for number in range(1, 4)))
    files = {"HOST_WEIGHTS": str(tmp_path / "weights.bin"), "HOST_FRAMES": str(tmp_path / "frames.bin")}
    ports: list[HostPort] = []

    def make(**env: str) -> HostPort:
        ports.append(HostPort(host_app, files | env))
        return ports[-1]

    yield make
    for port in ports:
        port.close()


def connected(port: HostPort) -> Client:
    client = Client(port)
    client.hello()
    return client


def test_warm_runs_and_tells_nothing(start: Start) -> None:
    """More passes than there is room for samples; the frame is used up, and the next window is whole."""
    client = connected(start())
    client.warm(1, 300, timeout=30)
    assert [sample.frame for sample in client.run(2, timeout=5)] == [2, 3]
    with pytest.raises(BoardError, match="refused warm: camera-timeout"):
        client.warm(1, timeout=5)
    with pytest.raises(BoardError, match="refused warm: range"):
        client.warm(1, 1_000_001, timeout=5)
    assert client.counts.lost == 0


def test_hello_says_clocks_and_versions(start: Start) -> None:
    """What the hardware cannot tell is unknown, not a number."""
    hello = Client(start()).hello()
    assert (hello.tick_hz, hello.tick2_hz, hello.app, hello.runtime) == (1_000_000, 10_000, "0.1.0", "tiny-1")
    assert hello.clocks == {"cpu_hz": 1_000_000_000, "npu_hz": None, "bus_hz": None}


@pytest.mark.parametrize(
    ("on", "caches"), [("", ()), ("i", ("i",)), ("dn", ("d", "npu")), ("in", ("i", "npu")), ("idn", ("i", "d", "npu"))]
)
def test_hello_says_which_caches_are_on(
    start: Start, monkeypatch: pytest.MonkeyPatch, on: str, caches: tuple[str, ...]
) -> None:
    """As the board finds them."""
    monkeypatch.setenv("HOST_CACHES", on)
    assert Client(start()).hello().caches == caches


def test_the_longest_hello_fits_into_a_line() -> None:
    """Every number as long as it can be, and long names."""
    number = 4294967295
    fields = dict.fromkeys(("tick_hz", "tick2_hz", "cpu_hz", "npu_hz", "bus_hz"), number)
    fields |= dict.fromkeys(("in_h", "in_w", "out_h", "out_w", "classes", "mask_h", "mask_w"), 65535)
    names = {
        "board": "stm32n6570-dk",
        "app": "0.10.10.dev100",
        "runtime": "atonn-v1.1.3-262-g7cc65410",
        "input": "exact",
        "caches": "i,d,npu",
    }
    ids = {"network": "f" * 64, "build": "f" * 64, "nonce": "ffffffff", "decode": "rounded", "protocol": 1}
    assert len(encode("ffffffff", 0, "hello", fields | names | ids)) <= 512


def test_selftest(start: Start) -> None:
    """Reads all of the weights but what does not fill 16 bytes, and tries all of the spare memory."""
    found = connected(start()).selftest()
    assert (found.flash_size, found.ram_size, found.ram_wrong) == (96, 64 * 48 * 3, 0)
    assert found.crc == found.crc_wanted
    assert found.problem is None


def test_selftest_leaves_a_frame_alone(start: Start) -> None:
    """The spare memory is not tried while it holds one."""
    client = connected(start())
    client.inject(frame(7).data)
    before = client.run(1, timeout=5) and client.mask()
    assert client.selftest().ram_size == 0
    client.run(1, timeout=5)
    assert client.mask() == before


def test_selftest_finds_bad_memory(start: Start) -> None:
    """Address lines that do not move: the same words are seen at several addresses."""
    found = connected(start(HOST_ALIASED_RAM="1")).selftest()
    assert 0 < found.ram_wrong <= 2 * found.ram_size // 4
    assert f"{found.ram_wrong} words of its RAM" in str(found.problem)


def test_two_clocks_agree(start: Start) -> None:
    """Over a window that is long enough, their ratio is 1 to a part in a hundred."""
    client = connected(start())
    client.inject(frame(1).data)
    for _ in range(50):
        client.run(1, 256, timeout=30)
        if client.clocks.ratio is not None:
            break
    assert client.clocks.ratio == pytest.approx(1, abs=0.01)


def test_a_second_clock_that_runs_otherwise_ends_the_session(start: Start) -> None:
    """By name, as soon as the windows are long enough to tell."""
    client = connected(start(HOST_CLOCK="50"))
    client.inject(frame(1).data)

    def run_on() -> None:
        for _ in range(50):
            client.run(1, 256, timeout=30)

    with pytest.raises(ClocksDisagree, match="disagree by \\+"):
        run_on()


def test_a_board_with_one_clock(start: Start) -> None:
    """Says so, and is measured; the ratio is not known."""
    client = connected(start(HOST_ONE_CLOCK="1"))
    client.run(1, 2, timeout=5)
    assert (client.hello().tick2_hz, client.clocks.ratio) == (0, None)


def test_signs_of_life(host_app: Path, start: Start, tmp_path: Path) -> None:
    """At most one a second; none before a hello; counted and timed."""
    start()
    env = {"HOST_WEIGHTS": str(tmp_path / "weights.bin"), "HOST_FRAMES": str(tmp_path / "frames.bin")}
    app = HostApp(host_app, {**os.environ, **env})
    app.record()
    time.sleep(1.3)
    app.hello()
    lines = []
    began = time.monotonic()
    while time.monotonic() - began < 3.5:
        lines.append(parse(app.read_line()))
    beats = [line for line in lines if line.type == "beat"]
    assert len(lines) == len(beats) >= 3
    assert [int(beat.fields["n"]) for beat in beats] == list(range(len(beats)))
    ups = [beat.ticks("up") for beat in beats]
    assert all(after - before >= 1_000_000 for before, after in itertools.pairwise(ups))
    assert app.close() == 0


class TestVersions:
    """An app and a host of different versions refuse each other in words."""

    def test_a_newer_host_is_told_the_older_boards_version(self, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        """The host is doctored; the app is the real one."""
        monkeypatch.setattr(client_module, "VERSION", 2)
        monkeypatch.setattr(hello_module, "VERSION", 2)
        with pytest.raises(BoardError, match="the board speaks protocol 1, this n6gen speaks 2") as refused:
            Client(start()).hello()
        assert refused.value.things_to_try

    def test_a_hello_with_more_keys_is_judged_by_its_version_first(self, host_app: Path, start: Start) -> None:
        """So that a later hello may say more."""
        port = start()
        port.write(encode("00000000", 0, "hello", {"protocol": 9, "nonce": "00000001", "speed": 2, "more": "x"}))
        said = b""
        while b"protocol" not in said:
            said += port.read(5)
        record = parse(said.splitlines()[-1])
        assert record.fields == {"cmd": "hello", "ref": "0", "reason": "protocol", "protocol": "1"}
