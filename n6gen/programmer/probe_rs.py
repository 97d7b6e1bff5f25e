"""The programmer probe-rs (0.32 or newer): open, and it knows the flash of the STM32N6570-DK.

It compares by itself, on the processor, and says whether all is equal or not; so what differs is found piece by piece.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import bincopy

from n6gen.board.facts import Board
from n6gen.errors import MissingToolError, N6genError
from n6gen.programmer import console
from n6gen.programmer.base import Access, Area, Identity, Probe, Rates, Runner, Traits
from n6gen.programmer.facts import ProbeFacts
from n6gen.programmer.failures import LIMITS, UNFINISHED, Failure
from n6gen.programmer.gdb import Server, find_gdb, run_program
from n6gen.programmer.ladder import Answer, Options, climb
from n6gen.programmer.messages import error_of, other_board
from n6gen.programmer.probe_lock import hold_probe, holder_of, log_of
from n6gen.programmer.probes import completed
from n6gen.tools.find import find
from n6gen.tools.hold import Hold
from n6gen.tools.known import PROBE_RS, said_version
from n6gen.tools.run import run

OLDEST = (0, 32)
_INSTALL = "Install probe-rs 0.32 or newer: https://probe.rs, or `cargo install probe-rs-tools`."
_TOOL = attrs.evolve(PROBE_RS, option="--probe-rs")
#: Seconds of one call, per KiB compared, and per KiB written and verified by the tool itself.
_RATES = Rates(start_s=1.0, read_s=0.003, write_s=0.0097)
#: What its flash algorithm erases at once, in bytes.
_SECTOR = 0x1000
_PIECE = 1 << 20
#: In what pieces differences are looked for, in bytes.
_LOOK = 1 << 18
_PROBE = re.compile(
    r"^\[\d+\]: (?P<name>.*?) -- (?P<usb>[0-9a-fA-F]{4}:[0-9a-fA-F]{4})(?:-\d+)?:(?P<serial>\S*) \((?P<kind>.*?)\)"
)
_EQUAL, _DIFFERENT = "Verification successful", "contents do not match"
#: CPUID of a Cortex-M55: implementer and part number, without variant and revision.
_CPUID, _CORTEX_M55, _CPUID_MASK = 0xE000_ED00, 0x4100_D220, 0xFF00_FFF0


class ProbeRs:
    """Reaches boards through probe-rs. `given`: where it is, if the user says so."""

    name = "probe-rs"

    def __init__(self, given: Path | None = None) -> None:
        """Look for nothing yet."""
        self._given = given
        self._program: Path | None = None

    def check(self) -> None:
        """Look for the tool, and for its version; InputError if it is not where the user says it is."""
        self._tool()

    def probes(self) -> list[Probe]:
        """See Programmer."""
        return completed([probe for _, probe in self._listed()], self.name)

    def knows(self, serial: str) -> str | None:
        """See Programmer."""
        if holder_of(serial) is not None:
            # It was there for somebody else a moment ago; asking it now would only be in the way.
            return serial
        return next((probe.serial for probe in self.probes() if probe.serial.upper() == serial.upper()), None)

    @contextmanager
    def open(self, serial: str, board: Board, access: Access) -> Iterator[ProbeRsTarget]:
        """See Programmer."""
        facts = ProbeFacts.of(board)
        if facts is None:
            raise other_board(board, serial, "board with a debug probe")
        usb = next((usb for usb, probe in self._listed() if probe.serial.upper() == serial.upper()), "0483:3754")
        with hold_probe(serial, access) as held, tempfile.TemporaryDirectory(prefix="n6gen-") as folder:
            yield ProbeRsTarget(self._tool(), f"{usb}:{serial}", serial, board, facts, Path(folder), held)

    def _listed(self) -> list[tuple[str, Probe]]:
        """Probes of ST with their USB ids; of other makers' none is on a board that n6gen knows."""
        result = run([self._tool(), "list"], timeout=LIMITS.list_s)
        lines = console.lines_of(result.output)
        failure = console.judge(result)
        if failure is not None and failure.name not in {"no-probe", "no-permission"}:
            raise error_of(failure, lines)
        hits = [match for line in lines if (match := _PROBE.match(line)) and match["usb"].startswith("0483:")]
        return [
            (match["usb"], Probe(match["serial"], "?", _state(match.string), programmer=self.name)) for match in hits
        ]

    def _tool(self) -> Path:
        if self._program is None:
            found = find(_TOOL, self._given, version=said_version)
            if found.path is None:
                raise MissingToolError(
                    "there is no probe-rs on this machine",
                    _INSTALL,
                    "If it is installed, name it: --probe-rs FILE, or N6GEN_PROBE_RS.",
                )
            version = said_version(found.path)
            if version < OLDEST:
                shown = ".".join(map(str, version)) or "of an unknown version"
                raise MissingToolError(f"probe-rs {shown} is too old: it does not know this flash", _INSTALL)
            self._program = found.path
        return self._program


class ProbeRsTarget:
    """A board that is held, through calls of the tool. Each call connects anew."""

    def __init__(
        self, tool: Path, selector: str, serial: str, board: Board, facts: ProbeFacts, folder: Path, held: Hold
    ) -> None:
        """`selector` names the probe as the tool wants it; `folder` is for files that it reads and writes."""
        self._tool = tool
        self._common = ["--chip", facts.chip, "--probe", selector, "--non-interactive"]
        self._serial = serial
        self._board = board
        self._folder = folder
        self._held = held
        self._log = log_of(serial)
        self._options: Options = {"mode": "HOTPLUG"}
        self.traits = Traits(_SECTOR, _PIECE, _RATES, verifies=True)

    def identify(self) -> Identity:
        """See Target. probe-rs knows no boards: the processor must be of the right kind at least."""
        lines = self._ask("read", ["b32", f"{_CPUID:#x}", "1"], timeout=LIMITS.connect_s)
        words = re.findall(r"\b[0-9a-f]{8}\b", " ".join(lines))
        if not words:
            raise self._error(UNFINISHED, lines)
        if int(words[-1], 16) & _CPUID_MASK != _CORTEX_M55:
            raise other_board(self._board, self._serial, f"board with another processor (CPUID {words[-1]})")
        return Identity(self._serial, None, details={"CPUID": words[-1]})

    def read(self, address: int, size: int) -> bytes:
        """See Target. Works where the flash is mapped into memory."""
        file = self._folder / "read.bin"
        file.unlink(missing_ok=True)
        words = ["b8", f"{address:#x}", str(size), "--output", str(file), "--format", "binary"]
        lines = self._ask("read", words, timeout=LIMITS.work(size))
        found = file.read_bytes() if file.is_file() else b""
        if len(found) != size:
            raise self._error(UNFINISHED, lines)
        return found

    def differing(self, address: int, data: bytes) -> list[int]:
        """See Target. All sectors of a piece in which anything differs count as differing."""
        if self._equal(address, data):
            return []
        pieces = range(0, len(data), _LOOK)
        wrong = [at for at in pieces if len(pieces) == 1 or not self._equal(address + at, data[at : at + _LOOK])]
        return [at for piece in wrong for at in range(piece, min(piece + _LOOK, len(data)), _SECTOR)]

    def erase(self, address: int) -> None:
        """See Target."""
        self.write([Area(address, b"")])

    def write(self, areas: Sequence[Area]) -> None:
        """See Target."""
        image = bincopy.BinFile()
        for area in areas:
            # Whole sectors: what the tool would do with the rest of one does not matter then.
            image.add_binary(
                area.data + b"\xff" * (-len(area.data) % _SECTOR or (not area.data) * _SECTOR), area.address
            )
        file = self._folder / "write.hex"
        file.write_text(image.as_ihex(number_of_data_bytes=16), encoding="ascii")
        words = ["--binary-format", "hex", "--verify", "--disable-progressbars", str(file)]
        self._ask("download", words, timeout=LIMITS.work(sum(len(area.data) for area in areas)))

    def reset(self) -> None:
        """See Target."""
        self._ask("reset", [], timeout=LIMITS.connect_s)

    def runner(self) -> Runner:
        """See Target."""
        gdb = find_gdb()
        words = ["gdb", "--gdb-connection-string", "127.0.0.1:{port}", *self._common]
        server = Server((str(self._tool), *words), self._held.keep)
        return lambda program: run_program(gdb, server, program, self._folder, self._log, self._error)

    def _equal(self, address: int, data: bytes) -> bool:
        file = self._folder / "verify.bin"
        file.write_bytes(data)
        words = ["--binary-format", "bin", "--base-address", f"{address:#x}", "--disable-progressbars", str(file)]
        lines = self._ask("verify", words, timeout=LIMITS.work(len(data)))
        if any(_EQUAL in line for line in lines):
            return True
        if any(_DIFFERENT in line for line in lines):
            return False
        raise self._error(UNFINISHED, lines)

    def _ask(self, command: str, words: Sequence[str], *, timeout: float) -> list[str]:
        def call(options: Options) -> Answer:
            how = ["--connect-under-reset"] if options["mode"] == "UR" else []
            how += ["--speed", options["freq"]] if "freq" in options else []
            argv = [str(self._tool), command, *self._common, *how, *words]
            result = run(argv, timeout=timeout, keep=self._held.keep)
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"$ {' '.join(result.argv)}\n{result.output}\n# exit status {result.returncode}\n\n")
            return console.lines_of(result.output), console.judge(result)

        lines, self._options = climb(call, self._options, self._error)
        return lines

    def _error(self, failure: Failure, lines: Sequence[str]) -> N6genError:
        return error_of(failure, lines, serial=self._serial, board=self._board, log=self._log)


def _state(line: str) -> str:
    return "no permission" if line.rstrip().endswith("(inaccessible)") else "ready"
