"""Stands in for ST-LINK_gdbserver: a gdb server over a memory of its own, which gdb takes for a Cortex-M.

The folder in $GDB_STAND_IN gets `core.json`, the registers and the memory when gdb lets the core run. With a file
`fails` in it, the server prints that and ends, as the real one does at the wrong boot switches.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from pathlib import Path

FOLDER = Path(os.environ["GDB_STAND_IN"])
_NAMES = [*(f"r{n}" for n in range(13)), "sp", "lr", "pc", "xpsr"]
_KINDS = {"sp": ' type="data_ptr"', "pc": ' type="code_ptr"'}
_XML = (
    '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>arm</architecture>'
    '<feature name="org.gnu.gdb.arm.m-profile">'
    + "".join(f'<reg name="{name}" bitsize="32"{_KINDS.get(name, "")}/>' for name in _NAMES)
    + "</feature></target>"
)


class Server:
    """One session with one gdb."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = connection.makefile("rb")
        self.write = connection.sendall
        self.memory: dict[int, int] = {}
        self.registers = [0xDEAD_BEEF] * len(_NAMES)

    def serve(self) -> None:
        while (command := self.receive()) is not None:
            answer = self.answer(command)
            self.send(answer)
            if command[:1] in {b"D", b"k"}:
                written = {f"{address:#010x}": value for address, value in self.memory.items()}
                state = {"registers": dict(zip(_NAMES, self.registers, strict=True)), "memory": written}
                (FOLDER / "core.json").write_text(json.dumps(state))
                return

    def receive(self) -> bytes | None:
        while (byte := self.stream.read(1)) not in {b"", b"$"}:
            pass
        if not byte:
            return None
        body = bytearray()
        while (byte := self.stream.read(1)) != b"#":
            body += bytes([self.stream.read(1)[0] ^ 0x20]) if byte == b"}" else byte
        self.stream.read(2)
        self.write(b"+")
        return bytes(body)

    def send(self, text: str) -> None:
        body = text.encode()
        self.write(b"$" + body + f"#{sum(body) % 256:02x}".encode())

    def answer(self, command: bytes) -> str:
        head = command[:1]
        if command.startswith(b"qSupported"):
            return "PacketSize=1000;qXfer:features:read+"
        if command.startswith(b"qXfer:features:read:target.xml:"):
            at, size = (int(part, 16) for part in command.rsplit(b":", 1)[1].split(b","))
            return ("m" if at + size < len(_XML) else "l") + _XML[at : at + size]
        if head in {b"m", b"M", b"X"}:
            return self.memory_access(command)
        if head == b"?":
            return "S05"
        if head == b"g":
            return "".join(value.to_bytes(4, "little").hex() for value in self.registers)
        if head == b"G":
            raw = bytes.fromhex(command[1:].decode())
            self.registers = [int.from_bytes(raw[i : i + 4], "little") for i in range(0, len(raw), 4)]
            return "OK"
        if head == b"P":
            number, value = command[1:].split(b"=")
            self.registers[int(number, 16)] = int.from_bytes(bytes.fromhex(value.decode()), "little")
            return "OK"
        return "OK" if head in {b"H", b"D", b"k"} else ""

    def memory_access(self, command: bytes) -> str:
        where, _, data = command[1:].partition(b":")
        address, size = (int(part, 16) for part in where.split(b","))
        if command[:1] == b"m":
            return bytes(self.memory.get(address + i, 0) for i in range(size)).hex()
        content = data if command[:1] == b"X" else bytes.fromhex(data.decode())
        self.memory.update({address + i: value for i, value in enumerate(content)})
        return "OK"


def main() -> None:
    """Takes the options that ST's server takes for this board, and no others."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-p", type=int, required=True)
    parser.add_argument("-l", type=int)
    parser.add_argument("-cp", required=True)
    parser.add_argument("-m", type=int, required=True)
    parser.add_argument("-i", required=True)
    for flag in ("-d", "-s", "-g"):
        parser.add_argument(flag, action="store_true", required=True)
    options = parser.parse_args()
    (FOLDER / "gdb_server.json").write_text(json.dumps(vars(options)))
    if (FOLDER / "fails").is_file():
        print((FOLDER / "fails").read_text())
        sys.exit(1)
    with socket.create_server(("127.0.0.1", options.p)) as listener:
        print("Waiting for debugger connection...", flush=True)
        connection, _ = listener.accept()
        with connection:
            Server(connection).serve()


if __name__ == "__main__":
    main()
