"""Stands in for probe-rs 0.32: list, read, verify, download and reset, over n6gen's model of a NOR part.

It is run as a process of its own. The folder in $PROBE_RS_STAND_IN holds `probe_rs.json` (probes, faults: see below),
a flash `<serial>.nor` behind each probe, and `calls.jsonl`. Texts are those of the tool's sources at v0.32.0.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from hex_file import segments_of

from n6gen.emulator.nor import PAGE_SIZE, Nor

BASE, SIZE, SECTOR = 0x7000_0000, 0x80_0000, 0x1000
FOLDER = Path(os.environ["PROBE_RS_STAND_IN"])

_FAULTS = {
    "busy": "Error: Failed to open the debug probe.\n\nCaused by:\n    The selected USB device could not be opened.",
    "no-probe": "Error: Failed to open the debug probe.\n\nCaused by:\n    The selected debug probe was not found.",
    "no-target": "Error: Connecting to the chip was unsuccessful.",
    "erase-refused": "Error: Failed to erase flash sector at address 0x70100000.",
    "write-failed": "Error: The page write of the page at address 0x70100000 failed.",
    "verify-mismatch": "Error: Flash content verification failed.",
}


def main() -> NoReturn:
    settings: dict[str, Any] = json.loads((FOLDER / "probe_rs.json").read_text())
    with (FOLDER / "calls.jsonl").open("a") as log:
        log.write(json.dumps({"argv": sys.argv[1:]}) + "\n")
    if "--version" in sys.argv:
        print(f"probe-rs {settings.get('version', '0.32.0')} (git commit: 1234567)")
        sys.exit(0)
    options = parser().parse_args()
    probes = settings.get("probes", [])
    if options.command == "list":
        print("The following debug probes were found:" if probes else "No debug probes were found.")
        for number, probe in enumerate(probes):
            mark = " (inaccessible)" if probe.get("inaccessible") else ""
            print(f"[{number}]: STLINK-V3 -- 0483:3754:{probe['sn']} (ST-LINK){mark}")
        sys.exit(0)
    fault(settings, options)
    found = [probe for probe in probes if options.probe == f"0483:3754:{probe['sn']}"]
    if not found or options.chip != "STM32N657":
        fail("no-probe")
    work(options, found[0])
    sys.exit(0)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(allow_abbrev=False)
    commands = made.add_subparsers(dest="command", required=True)
    commands.add_parser("list", allow_abbrev=False)
    for name in ("read", "verify", "download", "reset"):
        one = commands.add_parser(name, allow_abbrev=False)
        for option in ("--chip", "--probe", "--speed"):
            one.add_argument(option)
        for flag in ("--non-interactive", "--connect-under-reset"):
            one.add_argument(flag, action="store_true")
        if name == "read":
            one.add_argument("width", choices=["b8", "b16", "b32", "b64"])
            one.add_argument("address", type=lambda text: int(text, 0))
            one.add_argument("words", type=int)
            one.add_argument("--output")
            one.add_argument("--format", choices=["ihex", "simple-hex", "hex-table", "binary"], default="hex-table")
        if name in {"verify", "download"}:
            one.add_argument("path")
            one.add_argument("--binary-format", choices=["bin", "hex", "elf"])
            one.add_argument("--base-address", type=lambda text: int(text, 0))
            one.add_argument("--disable-progressbars", action="store_true")
        if name == "download":
            one.add_argument("--verify", action="store_true")
    return made


def fault(settings: dict[str, Any], options: argparse.Namespace) -> None:
    """Fail as often as told to."""
    for one in settings.get("faults", []):
        reset = one.get("under_reset", options.connect_under_reset)
        if one["at"] == options.command and one.get("times", 1) > 0 and reset == options.connect_under_reset:
            one["times"] = one.get("times", 1) - 1
            (FOLDER / "probe_rs.json").write_text(json.dumps(settings))
            fail(one["kind"])


def fail(kind: str) -> NoReturn:
    print(_FAULTS[kind], file=sys.stderr)
    sys.exit(1)


def work(options: argparse.Namespace, probe: dict[str, Any]) -> None:
    if options.command == "reset":
        return
    if options.command == "read" and options.address == 0xE000_ED00:
        print(f"e000ed00: {probe.get('cpuid', '411fd221')}")
        return
    file = FOLDER / f"{probe['sn']}.nor"
    if not file.is_file():
        file.write_bytes(b"\xff" * SIZE)
    with Nor(file, SIZE, (SECTOR,)) as nor:
        if options.command == "read":
            if not probe.get("mapped"):
                print("Error: An AP transfer failed: bus fault", file=sys.stderr)
                sys.exit(1)
            Path(options.output).write_bytes(nor.read(options.address - BASE, options.words))
        elif options.command == "verify":
            equal = all(nor.read(at - BASE, len(data)) == data for at, data in content(options))
            print("Verification successful" if equal else "Verification failed: contents do not match")
        else:
            download(nor, content(options), verify=options.verify)


def content(options: argparse.Namespace) -> list[tuple[int, bytes]]:
    file = Path(options.path)
    if options.binary_format == "hex":
        return segments_of(file.read_text())
    return [(options.base_address, file.read_bytes())]


def download(nor: Nor, segments: list[tuple[int, bytes]], *, verify: bool) -> None:
    sectors = {at // SECTOR * SECTOR for start, data in segments for at in range(start, start + len(data), SECTOR)}
    sectors |= {(start + len(data) - 1) // SECTOR * SECTOR for start, data in segments}
    for sector in sorted(sectors):
        nor.erase(sector - BASE, SECTOR)
    for start, data in segments:
        for at in range(0, len(data), PAGE_SIZE):
            nor.program(start - BASE + at, data[at : at + PAGE_SIZE])
    if verify and any(nor.read(start - BASE, len(data)) != data for start, data in segments):
        fail("verify-mismatch")


if __name__ == "__main__":
    main()
