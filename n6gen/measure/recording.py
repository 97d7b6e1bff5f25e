"""Every byte of a link, kept as it came; and a port that plays it back."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from n6gen.errors import BoardError, InputError
from n6gen.link import Port
from n6gen.link.protocol import MARK, ProtocolError, parse
from n6gen.link.stream import Decoder, Dropped, LogText
from n6gen.tools.text import clean

UART = "uart.bin"
LINK = "link.jsonl"
LOG = "log.txt"


class Recorder:
    """A port that writes down what passes through it, into the session's folder. Use it as a context."""

    def __init__(self, folder: Path) -> None:
        """Begin the files."""
        self._folder = folder
        self._port: Port | None = None
        # Unbuffered: what a killed session got is there.
        self._uart = (folder / UART).open("wb", buffering=0)
        self._link = (folder / LINK).open("w", encoding="ascii", buffering=1)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Finish the files; the log is made from them."""
        self._uart.close()
        self._link.close()
        (self._folder / LOG).write_text("".join(_log(self._folder)), encoding="utf-8")

    def through(self, port: Port) -> Port:
        """Record `port` from here on."""
        self._port = port
        return self

    def read(self, timeout: float) -> bytes:
        """See Port.read."""
        data = self._open.read(timeout)
        if data:
            self._uart.write(data)
            self._note({"in": len(data)})
        return data

    def write(self, data: bytes) -> None:
        """See Port.write."""
        self._note({"out": _said(data)})
        self._open.write(data)

    def close(self) -> None:
        """See Port.close."""
        self._open.close()

    @property
    def _open(self) -> Port:
        if self._port is None:
            raise BoardError("the link is not open")
        return self._port

    def _note(self, what: dict[str, Any]) -> None:
        self._link.write(json.dumps({"t": round(time.monotonic() - self._began, 6), **what}) + "\n")


class EndOfRecording(BoardError):  # noqa: N818 - the name says what happened
    """A recording ends where the host still waited for the board."""


class Playback:
    """A port that gives what a Recorder wrote, in the same pieces, to a client that sends the same commands."""

    def __init__(self, folder: Path) -> None:
        """Read a session's files; InputError if they are missing or do not fit together."""
        self._pieces = _read(folder)
        self._next = 0

    def nonces(self) -> Iterator[str]:
        """The nonces of the recorded hellos, in order."""
        for piece in self._pieces:
            if isinstance(piece, str) and piece.encode("ascii").startswith(MARK):
                record = parse(piece.rstrip("\n").encode("ascii"))
                if record.type == "hello":
                    yield record.fields["nonce"]

    def read(self, timeout: float) -> bytes:
        """The next piece; b"" where the recording client had waited in vain before it sent the next command."""
        if self._next == len(self._pieces):
            raise EndOfRecording("the recording ends here")
        piece = self._pieces[self._next]
        if isinstance(piece, str):
            # The client's own time-out must pass, as it did then.
            time.sleep(timeout)
            return b""
        self._next += 1
        return piece

    def write(self, data: bytes) -> None:
        """Take a command; InputError if the recording has another one here."""
        piece = self._pieces[self._next] if self._next < len(self._pieces) else None
        if piece != _said(data):
            raise InputError(
                "uart.bin and link.jsonl do not fit together: changed since, or of another version of n6gen"
            )
        self._next += 1

    def close(self) -> None:
        """Nothing is open."""


def _read(folder: Path) -> list[bytes | str]:
    """What passed over the link, in order: bytes that came, and commands that were sent."""
    pieces: list[bytes | str] = []
    try:
        data = (folder / UART).read_bytes()
        notes = [json.loads(line) for line in (folder / LINK).read_text(encoding="ascii").splitlines()]
        at = 0
        for note in notes:
            if "out" in note:
                if note["out"].encode("ascii").startswith(MARK):
                    parse(note["out"].rstrip("\n").encode("ascii"))
                pieces.append(note["out"])
            else:
                pieces.append(data[at : at + note["in"]])
                at += note["in"]
    except (OSError, ValueError, KeyError, TypeError, ProtocolError) as error:
        raise InputError(f"{folder} holds no recording that can be read: {error}") from error
    if at != len(data):
        raise InputError(f"{folder}: {UART} has {len(data)} bytes, {LINK} speaks of {at}")
    return pieces


def _said(data: bytes) -> str:
    """What the host sent, as it is noted: a command as it is, of a chunk of a frame only size and CRC-32."""
    return data.decode("ascii") if data.startswith(MARK) else f"{len(data)} bytes, CRC-32 {zlib.crc32(data):08x}"


def _log(folder: Path) -> Iterator[str]:
    """Lines of text and dropped records, each with the second in which its last byte came."""
    decoder, data, at = Decoder(), (folder / UART).read_bytes(), 0
    for line in (folder / LINK).read_text(encoding="ascii").splitlines():
        note = json.loads(line)
        if "in" not in note:
            continue
        for event in decoder.feed(data[at : at + note["in"]]):
            if isinstance(event, LogText) and event.text:
                yield f"{note['t']:10.3f} {clean(event.text)}\n"
            elif isinstance(event, Dropped):
                text = event.raw.decode("ascii", "replace") if event.raw.startswith(MARK) else ""
                yield f"{note['t']:10.3f} dropped ({event.reason}) {clean(text)}\n"
        at += note["in"]
