"""The programmer STM32CubeProgrammer (2.18 or newer): ST's command-line tool and its external loader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import bincopy

from n6gen.board.facts import Board
from n6gen.errors import MissingToolError
from n6gen.programmer import console
from n6gen.programmer.base import Access, Area, Identity, Probe, Rates, Runner, Traits, differing_in
from n6gen.programmer.cube_cli import Cli, Connection
from n6gen.programmer.facts import ProbeFacts, board_called
from n6gen.programmer.failures import BY_NAME, KNOWN_BAD, LIMITS, UNFINISHED, Failure
from n6gen.programmer.gdb import find_gdb, run_program, stlink_server
from n6gen.programmer.messages import error_of, other_board
from n6gen.programmer.probe_lock import hold_probe, holder_of, log_of
from n6gen.programmer.probes import completed
from n6gen.tools.find import find
from n6gen.tools.hold import Hold
from n6gen.tools.known import CUBE_PROGRAMMER, said_version

OLDEST = (2, 18, 0)
_INSTALL = "Install STM32CubeProgrammer 2.21 or newer from st.com (free, needs an account)."
#: Seconds of one call, per KiB read, and per KiB written and verified by the tool itself.
_RATES = Rates(start_s=1.5, read_s=0.003, write_s=0.0097)
_PIECE = 1 << 20
#: What is written to erase a sector, in bytes: `-w` erases the sectors that it touches.
_BLANK = b"\xff" * 256
_TOOL = attrs.evolve(CUBE_PROGRAMMER, option="--cubeprogrammer")


class CubeProgrammer:
    """Reaches boards through their ST-LINK. `given`: where the tool is, if the user says so."""

    name = "stm32cubeprogrammer"

    def __init__(self, given: Path | None = None) -> None:
        """Look for nothing yet."""
        self._given = given
        self._program: Path | None = None

    def check(self) -> None:
        """Look for the tool; InputError if it is not where the user says it is."""
        self._cli()

    def probes(self) -> list[Probe]:
        """See Programmer. Asks the probes, not the processors behind them."""
        lines, failure = self._cli().call(["-l", "st-link-only"], timeout=LIMITS.list_s)
        found = completed([self._probe(one, failure) for one in console.probes_in(lines)], self.name)
        if failure is not None and failure.name != "no-probe" and not found:
            raise error_of(failure, lines)
        return found

    def knows(self, serial: str) -> str | None:
        """See Programmer."""
        if holder_of(serial) is not None:
            # It was there for somebody else a moment ago; asking it now would only be in the way.
            return serial
        return next((probe.serial for probe in self.probes() if probe.serial.upper() == serial.upper()), None)

    @contextmanager
    def open(self, serial: str, board: Board, access: Access) -> Iterator[CubeTarget]:
        """See Programmer."""
        facts = ProbeFacts.of(board)
        if facts is None:
            found = next((probe.board for probe in self.probes() if probe.serial == serial), "?")
            raise other_board(board, serial, found)
        loader = self._loader(facts.loader)
        with hold_probe(serial, access) as held, tempfile.TemporaryDirectory(prefix="n6gen-") as folder:
            cli = attrs.evolve(self._cli(), log=log_of(serial), keep=held.keep)
            yield CubeTarget(
                Connection(cli, serial, board, facts.access_port), loader, facts, Path(folder), access, held
            )

    def _cli(self) -> Cli:
        if self._program is None:
            found = find(_TOOL, self._given, version=said_version)
            if found.path is None:
                raise MissingToolError(
                    "there is no STM32CubeProgrammer on this machine",
                    _INSTALL,
                    "If it is installed, name it: --cubeprogrammer DIR, or N6GEN_CUBEPROGRAMMER.",
                )
            self._program = found.path
        return Cli(self._program)

    def _loader(self, name: str) -> Path:
        """The external loader: it lies beside the program, wherever a link to that may lie."""
        program = self._cli().program
        for folder in (program.parent, program.resolve().parent):
            if (folder / "ExternalLoader" / name).is_file():
                return folder / "ExternalLoader" / name
        failure = BY_NAME["no-loader"]
        raise failure.error(
            f"there is no external loader {name} beside {program}",
            failure.remedy,
            "Or use another: --programmer probe-rs",
        )

    def _probe(self, listed: console.Listed, failure: Failure | None) -> Probe:
        state, note = "ready", None
        if not listed.firmware:
            why = failure if failure is not None and failure.name in {"wedged", "no-permission"} else BY_NAME["busy"]
            state, note = why.name.replace("-", " "), f"{why.cause}. {why.remedy}"
        board = board_called(listed.board) or listed.board or "?"
        return Probe(listed.serial, board, state, programmer=self.name, note=note)


class CubeTarget:
    """A board that is held, through calls of the tool. Each call connects anew."""

    def __init__(
        self, connection: Connection, loader: Path, facts: ProbeFacts, folder: Path, access: Access, held: Hold
    ) -> None:
        """`folder` is for files that the tool reads and writes."""
        self._connection = connection
        # The loader lies in a folder beside the tool.
        self._cube = loader.parent.parent
        self._loader = ["-el", str(loader)]
        self._facts = facts
        self._folder = folder
        self._say = access.say
        self._held = held
        self.traits = Traits(facts.sector, _PIECE, _RATES, verifies=True)

    def identify(self) -> Identity:
        """See Target. Raises MissingToolError for a version of the tool that is too old."""
        lines = self._connection.ask([], timeout=LIMITS.connect_s)
        version = console.version_in(lines)
        if version is not None and version < OLDEST:
            shown = ".".join(map(str, version))
            raise MissingToolError(f"STM32CubeProgrammer {shown} is too old: it knows no STM32N6", _INSTALL)
        if version in KNOWN_BAD:
            self._say(f"beware: {KNOWN_BAD[version].cause}. {KNOWN_BAD[version].remedy}")
        said = console.banner(lines)
        return Identity(
            serial=self._connection.serial,
            board=self._board(said.get("Board", "--"), said.get("Device ID", ""), said.get("Device name", "")),
            header=self._facts.headers.get(said.get("Revision ID", "")),
            details={**said, "tool": ".".join(map(str, version or ()))},
        )

    def read(self, address: int, size: int) -> bytes:
        """See Target."""
        file = self._folder / "read.bin"
        file.unlink(missing_ok=True)
        words = [*self._loader, "-r", f"{address:#010x}", str(size), str(file)]
        lines = self._connection.ask(words, timeout=LIMITS.work(size))
        found = file.read_bytes() if file.is_file() else b""
        if len(found) != size:
            raise self._connection.error(UNFINISHED, lines)
        return found

    def differing(self, address: int, data: bytes) -> list[int]:
        """See Target."""
        return differing_in(self.read(address, len(data)), data, self.traits.sector)

    def erase(self, address: int) -> None:
        """See Target."""
        self.write([Area(address, b"")])

    def write(self, areas: Sequence[Area]) -> None:
        """See Target."""
        size = sum(len(area.data) for area in areas)
        words = [*self._loader, "-w", *self._file(areas), "-v"]
        self._connection.ask(words, timeout=LIMITS.work(size), wants=console.WRITTEN)

    def reset(self) -> None:
        """See Target."""
        self._connection.ask(["-hardRst"], timeout=LIMITS.connect_s)

    def runner(self) -> Runner:
        """See Target. Through ST's gdb server: no log shows that STM32CubeProgrammer alone can do it."""
        gdb, log = find_gdb(), log_of(self._connection.serial)
        server = stlink_server(self._cube, self._connection.serial, self._facts.access_port, self._held.keep)
        return lambda program: run_program(gdb, server, program, self._folder, log, self._connection.error)

    def _file(self, areas: Sequence[Area]) -> list[str]:
        """What to write, as the tool takes it: a binary and its address, or Intel HEX with several segments."""
        if len(areas) == 1:
            file = self._folder / "write.bin"
            file.write_bytes(areas[0].data or _BLANK)
            return [str(file), f"{areas[0].address:#010x}"]
        image = bincopy.BinFile()
        for area in areas:
            image.add_binary(area.data or _BLANK, area.address)
        file = self._folder / "write.hex"
        file.write_text(image.as_ihex(number_of_data_bytes=16), encoding="ascii")
        return [str(file)]

    def _board(self, name: str, device: str, device_name: str) -> str | None:
        """n6gen's name of the board, or what it calls itself; None for a probe that is built into no board."""
        if name.strip("-"):
            return board_called(name) or name
        return None if device in {"", self._facts.device_id} else device_name or device
