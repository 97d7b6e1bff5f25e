"""A board in a thread that speaks the protocol, and misbehaves where a test wants it to."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable
from typing import Self

from n6gen.link.port import SocketPort
from n6gen.link.protocol import NO_SESSION, Record, Sample, encode, samples_crc
from n6gen.link.stream import Decoder
from tests.link.wire import chunked

NETWORK, BUILD = "a" * 64, "b" * 64
MASK = bytes(range(256)) * 16
HELLO = {
    "protocol": 1,
    "board": "virtual",
    "network": NETWORK,
    "build": BUILD,
    "app": "0",
    "runtime": "none",
    "tick_hz": 32_000_000,
    "tick2_hz": 20_000_000,
    "cpu_hz": 800_000_000,
    "npu_hz": "unknown",
    "bus_hz": "unknown",
    "in_h": 64,
    "in_w": 64,
    "out_h": 4,
    "out_w": 4,
    "classes": 2,
    "mask_h": 64,
    "mask_w": 64,
    "decode": "fine",
    "input": "exact",
}

#: What its self-test finds: 1 MiB read in 10 ms.
TESTED = {
    "flash_size": 1 << 20,
    "flash_ticks": f"{320_000:016x}",
    "flash_ticks2": f"{200_000:016x}",
    "crc": "12345678",
    "crc_wanted": "12345678",
    "ram_size": 1 << 20,
    "ram_wrong": 0,
}

#: What happens to the bytes of one record on their way: (record's type, bytes) → bytes.
Damage = Callable[[str, bytes], bytes]


class FakeBoard:
    """Answers on one end of a socket pair; `port` is the host's end. `silent`: commands that get no answer."""

    def __init__(
        self,
        *,
        damage: Damage = lambda type_, line: line,
        silent: tuple[str, ...] = (),
        echo: bool = False,
        **hello: object,
    ) -> None:
        ours, theirs = socket.socketpair()
        self.port = SocketPort(theirs)
        self.commands: list[Record] = []
        self.hello = HELLO | hello
        self.silent = silent
        self.tested = dict(TESTED)
        self._sock = ours
        self._damage = damage
        self._echo = echo
        self._session = NO_SESSION
        self._seq = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.port.close()
        self._thread.join(10)
        self._sock.close()

    def say(self, type_: str, **fields: object) -> None:
        """One record, damaged if the test wants that."""
        line = encode(self._session, self._seq, type_, fields)
        self._seq += 1
        self.raw(self._damage(type_, line))

    def raw(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError:
            return

    def die(self) -> None:
        """Cut the link."""
        self._sock.shutdown(socket.SHUT_RDWR)

    def boot(self) -> None:
        self._session, self._seq = NO_SESSION, 0
        self.say("boot", stage="loader", status="ok")
        self.raw(b"some text of a driver\r\n")
        self.say("boot", stage="app", status="ready")

    def _serve(self) -> None:
        decoder = Decoder()
        while True:
            try:
                data = self._sock.recv(4096)
            except OSError:
                return
            if not data:
                return
            if self._echo:
                self.raw(data)
            for event in decoder.feed(data):
                if isinstance(event, Record):
                    self.commands.append(event)
                    if event.type not in self.silent:
                        self.answer(event)

    def answer(self, command: Record) -> None:
        """What a board that is well does."""
        if command.type == "hello":
            self._session, self._seq = command.fields["nonce"], 0
            self.say("hello", **(self.hello | {"nonce": command.fields["nonce"]}))
        elif command.session != self._session:
            return
        elif command.type == "run":
            self.say("ok", cmd="run", ref=command.seq)
            self.samples(command.integer("frames"), command.integer("repeat"))
        elif command.type == "warm":
            self.say("ok", cmd="warm", ref=command.seq)
            self.say("done", cmd="warm", ref=command.seq)
        elif command.type == "selftest":
            self.say("ok", cmd="selftest", ref=command.seq)
            self.say("tested", ref=command.seq, **self.tested)
        elif command.type == "mask":
            self.mask()
        elif command.type == "reset":
            self.say("ok", cmd="reset", ref=command.seq)
            self.boot()
        else:
            self.say("error", cmd=command.type, ref=command.seq, reason="unknown command")

    def samples(self, frames: int, repeat: int) -> None:
        made = [Sample(i, 1 + i // repeat, 5, 10, 20 + i, 30, 40, 105 + i) for i in range(frames * repeat)]
        for sample in made:
            self.say("sample", **{name: getattr(sample, name) for name in Sample.__slots__ if name != "__weakref__"})
        self.end(made)

    def end(self, made: list[Sample], *, faster: float = 0.0) -> None:
        """The end of a window; `faster`: how much faster than it should the second clock runs."""
        ticks = sum(sample.loop for sample in made)
        rate = int(self.hello["tick2_hz"]) / int(self.hello["tick_hz"])  # type: ignore[call-overload]
        second = round(ticks * rate * (1 + faster))
        self.say("window", n=len(made), crc=samples_crc(made), ticks=f"{ticks:016x}", ticks2=f"{second:016x}")

    def mask(self) -> None:
        self.say("bulk", name="mask", size=len(MASK), chunk=1000, crc=f"{zlib.crc32(MASK):08x}")
        self.raw(self._damage("chunks", chunked(MASK, 1000)))
