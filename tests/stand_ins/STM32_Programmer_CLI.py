"""Stands in for ST's STM32_Programmer_CLI: speaks the recorded grammar, fails in the recorded ways.

It is run as a process of its own, never imported by n6gen. The folder in $CUBE_STAND_IN holds::

    cube.json      what it is and how it fails (see Settings)
    <sn>.nor       the flash behind each probe; made blank when first used
    <sn>.lock      held while a probe is open, as USB allows one user
    writing        made when something is programmed
    calls.jsonl    one line a call: arguments, and what was erased and programmed

It takes the options that the real one's help names and refuses others. Behind a probe lies n6gen's model of a NOR part:
programs by AND, erases sectors of 64 KiB, tears when it is killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cube_grammar import CONNECT, FAULTS, MODES, OPTIONS
from hex_file import BadLineError, segments_of

from n6gen.emulator.nor import PAGE_SIZE, Nor

SECTOR = 0x1_0000
_RULE = "      -------------------------------------------------------------------"
_SUPPORTED = (".bin", ".hex", ".srec", ".s19", ".elf")


class StandIn:
    """One call."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self.folder = folder
        self.arguments = arguments
        self.settings: dict[str, Any] = json.loads((folder / "cube.json").read_text())
        self.quiet = "-q" in arguments or "--quietMode" in arguments
        self.record: dict[str, Any] = {
            "argv": arguments,
            "pid": os.getpid(),
            "parent": os.getppid(),
            "erased": [],
            "programmed": 0,
        }
        self.record["libraries"] = os.environ.get("LD_LIBRARY_PATH", "")
        self.connected: dict[str, Any] | None = None
        self.mode = ""
        self.connecting = False
        self.loader: Path | None = None
        self.skip_erase = False
        self.written: list[tuple[int, bytes]] = []

    def main(self) -> NoReturn:
        print(_RULE)
        print(
            f"                        STM32CubeProgrammer v{self.settings.get('version', '2.22.0')}                  "
        )
        print(_RULE + "\n")
        commands = list(self.commands())
        self.skip_erase = any(option == "--skipErase" for option, _ in commands)
        for option, values in commands:
            self.do(option, values)
        self.end(0)

    def commands(self) -> Any:
        """Options with their values; whatever the real one does not know is an error before anything is done."""
        at = 0
        while at < len(self.arguments):
            option = self.arguments[at]
            if option not in OPTIONS:
                self.fail_with(f"Error: Wrong option {option}")
            at += 1
            values = []
            while at < len(self.arguments) and not self.arguments[at].startswith("-"):
                values.append(self.arguments[at])
                at += 1
            least, most = OPTIONS[option]
            if not least <= len(values) <= most:
                self.fail_with(f"Error: Wrong number of values for {option}: {values}")
            yield option, values

    def do(self, option: str, values: list[str]) -> None:
        if option in {"--version", "-version"}:
            print(f"STM32CubeProgrammer version: {self.settings.get('version', '2.22.0')} \n")
        elif option in {"-l", "--list"}:
            self.list()
        elif option in {"-c", "--connect"}:
            self.connect(values)
        elif option in {"-el", "--extload"}:
            self.load(Path(values[0]))
        elif option in {"-hardRst", "-rst"}:
            self.probe()
            self.maybe_fail("reset")
            print("Hard reset is performed\n" if option == "-hardRst" else "MCU Reset\n\nSoftware reset is performed\n")
        elif option in {"-r", "--read", "-u"}:
            self.read(int(values[0], 0), int(values[1], 0), Path(values[2]))
        elif option in {"-w", "-d", "--write", "--download"}:
            self.write(Path(values[0]), values[1:])
        elif option in {"-v", "--verify"}:
            self.verify()
        elif option in {"-e", "--erase", "-ob", "-otp"}:
            # The real one would: nothing of ours may ever get here.
            self.record["forbidden"] = [option, *values]
            self.fail_with("Error: this stand-in does not do that")

    def list(self) -> None:
        self.maybe_fail("list")
        print("===== STLink Interface =====")
        probes = self.settings.get("probes", [])
        if not probes:
            print("No ST-Link detected!\n")
            return
        busy = [probe for probe in probes if not self.free(probe)]
        if busy:
            print("ST-LINK error (DEV_CONNECT_ERR)")
        print("\n-------- Connected ST-LINK Probes List --------\n")
        for number, probe in enumerate(probes):
            firmware = "" if probe in busy else probe.get("fw", "V3J17M10")
            board = "" if probe in busy else probe.get("board", "STM32N6570-DK")
            print(f"ST-Link Probe {number} :\n   ST-LINK SN  : {probe['sn']}\n   ST-LINK FW  : {firmware}")
            print(f"   Access Port Number  : 1\n   Board Name  : {board}\n")
        print("-----------------------------------------------\n")

    def connect(self, values: list[str]) -> None:
        options = dict(value.partition("=")[::2] for value in values)
        if set(options) - CONNECT or options.get("port", "").upper() != "SWD":
            self.fail_with(f"Error: Wrong connection parameters {values}")
        self.mode = options.get("mode", "NORMAL").upper()
        if self.mode not in MODES:
            self.fail_with(f"Error: Wrong mode {self.mode}")
        self.connecting = True
        probes = self.settings.get("probes", [])
        chosen = [one for one in probes if one["sn"] == options.get("sn", one["sn"])]
        if not chosen:
            self.fail("no-probe")
        probe = chosen[0]
        if not self.free(probe):
            self.fail("busy")
        self.connected = probe
        self.maybe_fail("connect")
        print(f"ST-LINK SN  : {probe['sn']}\nST-LINK FW  : {probe.get('fw', 'V3J17M10')}")
        print(f"Board       : {probe.get('board', 'STM32N6570-DK')}\nVoltage     : {probe.get('voltage', '3.28V')}")
        if probe.get("switches", "development") == "flash" and self.mode != "UR":
            self.fail("no-target")
        if options.get("ap", "0") != "1":
            self.fail_with("Error: Cannot connect to access port 0!")
        print(f"SWD freq    : {options.get('freq', '8000')} KHz\nConnect mode: {MODES[self.mode]}")
        print(f"Reset mode  : {'Hardware' if self.mode == 'UR' else 'Software'} reset")
        print(f"Device ID   : {probe.get('device', '0x486')}\nRevision ID : {probe.get('revision', 'Rev B')}")
        print("Device name : ST32N657\nDevice type : MCU\nDevice CPU  : Cortex-M55\nBL Version  : --\n\n")

    def free(self, probe: dict[str, Any]) -> bool:
        """Take the probe, as USB lets one program have it. Held until this process ends."""
        self.lock = (self.folder / f"{probe['sn']}.lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.lock.seek(0)
            self.record["in_the_way"] = self.lock.read()
            return False
        self.lock.truncate(0)
        self.lock.write("connect" if self.connecting else "list")
        self.lock.flush()
        return True

    def load(self, loader: Path) -> None:
        if not loader.is_file() or loader.suffix != ".stldr":
            self.fail_with(f"Error: cannot open the external loader {loader}")
        self.loader = loader

    def read(self, address: int, size: int, file: Path) -> None:
        self.probe()
        self.maybe_fail("read")
        if file.suffix not in (".bin", ".hex", ".srec", ".s19"):
            self.fail_with("Error: the file to upload to has a wrong extension")
        print(f"UPLOADING ...\n  File          : {file.name}\n  Size          : {size} Bytes")
        print(f"  Address:      : {address:#x}")
        with self.nor(address) as nor:
            file.write_bytes(nor.read(address - self.base, size))
        print("Read progress:\n\nData read successfully\nTime elapsed during read operation is: 00:00:00.033\n")

    def write(self, file: Path, rest: list[str]) -> None:
        self.probe()
        if file.suffix not in _SUPPORTED or not file.is_file():
            self.fail_with(
                "Error: The download command you trying to perform (-w) is missing the filePath to be loaded or it has "
                "a wrong extension, please note that the supported extension are .bin, .hex, .srec, .s19, .elf, ..."
            )
        print(f"Opening and parsing file: {file.name}\n\n")
        segments = [(int(rest[0], 0), file.read_bytes())] if file.suffix == ".bin" else self.hex(file)
        size = sum(len(data) for _, data in segments)
        print(f"Memory Programming ...\n  File          : {file.name}\n  Size          : {size / 1024:.2f} KB ")
        print(f"  Address       : {segments[0][0]:#010x}\n\n")
        self.written = segments
        for number, (address, data) in enumerate(segments):
            print(f"Erasing memory corresponding to segment {number}:")
            first, last = (address - self.base) // SECTOR, (address + len(data) - 1 - self.base) // SECTOR
            with self.nor(address) as nor:
                print(f"Erasing external memory sector{f's [{first} {last}]' if last > first else f' {first}'}")
                self.maybe_fail("erase")
                if self.connected and self.connected.get("switches") == "flash":
                    self.fail("erase-refused")
                for sector in range(first, last + 1) if not self.skip_erase else ():
                    self.record["erased"].append(self.base + sector * SECTOR)
                    if not self.lying("erase"):
                        nor.erase(sector * SECTOR, SECTOR)
        print("Download in Progress:" + ("" if self.quiet else f"\n[{'=' * 50}] 100% "))
        self.maybe_fail("write")
        for address, data in segments:
            with self.nor(address) as nor:
                self.program(nor, address - self.base, data)
        seconds = time.strftime("%H:%M:%S", time.gmtime(self.settings.get("delay_s", 0)))
        print(f"\n\nFile download complete\nTime elapsed during download operation: {seconds}.448\n\n\n")

    def program(self, nor: Nor, offset: int, data: bytes) -> None:
        """Page by page; dies, or lies, where it is told to. The file `writing` says that it began."""
        (self.folder / "writing").touch()
        time.sleep(self.settings.get("delay_s", 0))
        lie = self.lying("write")
        left = self.settings.get("die_after")
        at = 0
        while at < len(data):
            page = data[at : at + PAGE_SIZE - (offset + at) % PAGE_SIZE]
            if left is not None and self.record["programmed"] + len(page) > left:
                nor.program(offset + at, page[: left - self.record["programmed"]] or page[:1])
                self.write_record()
                os.kill(os.getpid(), signal.SIGKILL)
            if lie == "corrupt" and at == 0:
                page = page.replace(bytes([max(page)]), b"\0")
            if lie != "silent":
                nor.program(offset + at, page)
            self.record["programmed"] += len(page)
            at += len(page)

    def verify(self) -> None:
        print("Verifying...\n\n\n\n")
        self.maybe_fail("verify")
        if not self.written:
            self.fail_with("Error: nothing to verify")
        for address, data in self.written if not self.lying("verify") else ():
            with self.nor(address) as nor:
                found = nor.read(address - self.base, len(data))
            for at, (is_, should) in enumerate(zip(found, data, strict=True)):
                if is_ != should:
                    print(f"Error: Data mismatch found at address {address + at:#010x} "
                          f"(byte = {is_:#04x} instead of {should:#04x})")  # fmt: skip
                    self.fail_with("Error: Download verification failed")
        print("Time elapsed during verifying operation: 00:00:00.116\n\n\nDownload verified successfully\n\n")

    def hex(self, file: Path) -> list[tuple[int, bytes]]:
        try:
            return segments_of(file.read_text())
        except BadLineError as error:
            self.fail_with(f"Error: Parsing fail\nError: In line {error} :\nError: parsing count, expecting hex digit")

    @property
    def base(self) -> int:
        return int(self.settings.get("nor_base", 0x7000_0000))

    def nor(self, address: int) -> Nor:
        """The flash behind the connected probe; only a loader reaches it."""
        probe = self.probe()
        size = self.settings.get("nor_size", 0x80_0000)
        if self.loader is None or not self.base <= address < self.base + size:
            self.fail("no-loader")
        file = self.folder / f"{probe['sn']}.nor"
        if not file.is_file():
            file.write_bytes(b"\xff" * size)
        return Nor(file, size, (SECTOR,))

    def probe(self) -> dict[str, Any]:
        if self.connected is None:
            self.fail_with("Error: no connection: -c is missing")
        return self.connected

    def lying(self, at: str) -> str | None:
        """How it lies about a step, if it is told to."""
        lies = [
            one for one in self.settings.get("faults", []) if one["at"] == at and one["kind"] in {"silent", "corrupt"}
        ]
        return lies[0]["kind"] if lies else None

    def maybe_fail(self, at: str) -> None:
        """Fail at a step as often as it is told to."""
        for fault in self.settings.get("faults", []):
            wanted = (
                fault["at"] == at and fault.get("mode", self.mode) == self.mode and fault["kind"] in {*FAULTS, "hang"}
            )
            if wanted and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                (self.folder / "cube.json").write_text(json.dumps(self.settings))
                if fault["kind"] == "hang":
                    sys.stdout.flush()
                    time.sleep(300)
                self.fail(fault["kind"])

    def fail(self, kind: str) -> NoReturn:
        text, code = FAULTS[kind]
        self.fail_with(text, code)

    def fail_with(self, text: str, code: int = 1) -> NoReturn:
        print(text + "\n")
        self.end(code)

    def end(self, code: int) -> NoReturn:
        self.write_record()
        sys.stdout.flush()
        sys.exit(code)

    def write_record(self) -> None:
        with (self.folder / "calls.jsonl").open("a") as log:
            log.write(json.dumps(self.record) + "\n")


if __name__ == "__main__":
    StandIn(Path(os.environ["CUBE_STAND_IN"]), sys.argv[1:]).main()
