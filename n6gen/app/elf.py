"""What an ELF file holds, where it lies, and what stands at an address."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import attrs
from elftools.common.exceptions import ELFError
from elftools.dwarf.lineprogram import LineProgram
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from n6gen.board.facts import Board, Partition, Region
from n6gen.errors import InputError

#: Where the vectors lie in an image, and the info block behind them.
VECTORS_OFFSET = 0x400
INFO_OFFSET = 0x400
_INFO_SIZE = 80


@attrs.frozen
class Section:
    """A section that takes memory. `zero`: not in the image, cleared or left alone at start."""

    name: str
    address: int
    size: int
    zero: bool

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.size


@attrs.frozen
class Elf:
    """An ELF file: entry point, the first two vectors (0 without a .vectors section), sections by address.

    `loads`: address and size in memory of every segment that a program loader would fill.
    """

    path: Path
    entry: int
    stack_pointer: int
    reset: int
    sections: tuple[Section, ...]
    loads: tuple[tuple[int, int], ...] = ()

    def section(self, name: str) -> Section:
        """The section called `name`; InputError if there is none."""
        for section in self.sections:
            if section.name == name:
                return section
        raise InputError(f"{self.path} has no section {name}")


def read_elf(path: Path) -> Elf:
    """Read an ELF file; InputError if it is none or cut off."""
    try:
        with path.open("rb") as stream:
            file = ELFFile(stream)
            sections, vectors = [], b""
            for section in file.iter_sections():
                if not section["sh_flags"] & 2 or not section["sh_size"]:  # SHF_ALLOC
                    continue
                zero = section["sh_type"] == "SHT_NOBITS"
                sections.append(Section(section.name, section["sh_addr"], section["sh_size"], zero))
                if section.name == ".vectors":
                    vectors = section.data()
            stack_pointer, reset = (int.from_bytes(vectors[at : at + 4], "little") for at in (0, 4))
            ordered = tuple(sorted(sections, key=lambda part: part.address))
            loads = tuple(sorted((s["p_paddr"], s["p_memsz"]) for s in file.iter_segments("PT_LOAD") if s["p_memsz"]))
            return Elf(path, file["e_entry"], stack_pointer, reset, ordered, loads)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}") from error
    except (ELFError, OSError) as error:
        raise InputError(f"{path} is no ELF file: {error}") from error


def check_app(elf: Elf, board: Board) -> None:
    """Check that an app lies where the loader, the CPU and the partition want it; InputError if not."""
    region = board.regions["app"]
    _check_vectors(elf, board, region.base + VECTORS_OFFSET)
    info = elf.section(".n6gen_info")
    if (info.address, info.size) != (region.base + VECTORS_OFFSET + INFO_OFFSET, _INFO_SIZE):
        raise InputError(f"{elf.path}: the info block is at {info.address:#010x}, {info.size} B")
    _check_places(elf, [region, *(r for name, r in board.regions.items() if name != "app")])
    for address, _ in elf.loads:
        # A linker may pack ELF headers in front of the vectors: what loads segments would write over the image header.
        if region.base <= address < region.base + VECTORS_OFFSET:
            raise InputError(f"{elf.path}: a segment is loaded at {address:#010x}, into the image header's room")
    end = max(section.end for section in elf.sections if not section.zero)
    if end - region.base > board.partition("app").size:
        raise InputError(f"{elf.path}: {end - region.base} B do not fit into the app partition")


def check_symbols(elf: Elf, forbidden: Sequence[str]) -> None:
    """Check that none of the `forbidden` functions or variables is in an app; InputError if one is."""
    with elf.path.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        names = {symbol.name for symbol in table.iter_symbols()} if isinstance(table, SymbolTableSection) else set()
    found = sorted(names.intersection(forbidden))
    if found:
        raise InputError(f"{elf.path} holds {found[0]}, which could change the board for good", "Take the call out.")


def check_loader(elf: Elf, board: Board) -> None:
    """Check that a loader lies in its partition and leaves the app's memory alone; InputError if not."""
    partition = board.partition("fsbl")
    _check_vectors(elf, board, partition.address + VECTORS_OFFSET)
    _check_places(elf, [partition, board.regions["stack"]])


def memory_use(elf: Elf, board: Board) -> dict[str, dict[str, int]]:
    """Bytes used of each region that the app occupies: ``{region: {"used": …, "size": …}}``.

    `app` counts the image header's room, as it is copied along.
    """
    use: dict[str, dict[str, int]] = {}
    for region in board.regions.values():
        ends = [s.end for s in elf.sections if region.base <= s.address < region.end]
        if ends:
            use[region.name] = {"used": max(ends) - region.base, "size": region.size}
    return use


def _check_vectors(elf: Elf, board: Board, address: int) -> None:
    vectors, stack = elf.section(".vectors"), board.regions["stack"]
    if vectors.address != address:
        raise InputError(f"{elf.path}: the vectors are at {vectors.address:#010x}, not at {address:#010x}")
    if not stack.base < elf.stack_pointer <= stack.end or elf.stack_pointer % 8:
        raise InputError(f"{elf.path}: the first vector {elf.stack_pointer:#010x} is no address in the stack region")
    text = elf.section(".text")
    if not elf.reset & 1 or not text.address <= elf.reset < text.end or elf.reset != elf.entry | 1:
        raise InputError(f"{elf.path}: the reset vector {elf.reset:#010x} is not the entry point in .text")


def _check_places(elf: Elf, places: list[Region | Partition]) -> None:
    spans = [(p.base if isinstance(p, Region) else p.address, p.end) for p in places]
    for section in elf.sections:
        if not any(base <= section.address and section.end <= end for base, end in spans):
            raise InputError(
                f"{elf.path}: {section.name} ({section.address:#010x}..{section.end:#010x}) lies outside of "
                f"{', '.join(place.name for place in places)}"
            )


@attrs.frozen
class Location:
    """What stands at an address. `file` is relative to the project, "" and line 0 without debug information."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it: ``function (file:line)``."""
        return f"{self.function} ({self.file}:{self.line})" if self.file else self.function


class Symbols:
    """Functions and source lines of an ELF file, for looking up addresses.

    `functions` are (first address, first address behind, name), sorted.
    """

    def __init__(self, path: Path) -> None:
        """Read both tables; InputError if the file is no ELF file."""
        try:
            with path.open("rb") as stream:
                file = ELFFile(stream)
                self.functions = _functions(file)
                self._lines = _lines(file)
        except FileNotFoundError as error:
            raise InputError(f"there is no file {path}") from error
        except (ELFError, OSError) as error:
            raise InputError(f"{path} is no ELF file: {error}") from error

    def locate(self, address: int) -> Location | None:
        """The function and line at `address` (a Thumb bit is ignored); None outside of every function.

        A return address stands behind its call: look up `address - 2` to find the caller.
        """
        address &= ~1
        at = bisect.bisect_right(self.functions, (address, 1 << 32, "")) - 1
        if at < 0 or address >= self.functions[at][1]:
            return None
        _, end, name = self.functions[at]
        start = max(bisect.bisect_right(self._lines, (address, 1 << 32, "", 0)) - 1, 0)
        # What was inlined from the compiler's headers counts to the code that follows it.
        for row in range(start, len(self._lines)):
            first, behind, file, line = self._lines[row]
            if first >= end:
                break
            if address < behind and file:
                return Location(name, file, line)
        return Location(name, "", 0)


def _functions(file: ELFFile) -> list[tuple[int, int, str]]:
    """(first address, first behind, name), sorted."""
    table = file.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return []
    return sorted(
        (symbol["st_value"] & ~1, (symbol["st_value"] & ~1) + symbol["st_size"], symbol.name)
        for symbol in table.iter_symbols()
        if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_size"]
    )


def _lines(file: ELFFile) -> list[tuple[int, int, str, int]]:
    """(first address, first behind, file, line), sorted; no name for a file outside of the project."""
    if not file.has_dwarf_info():
        return []
    dwarf, rows = file.get_dwarf_info(), []
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        last: Any = None
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            # Code that the linker left out keeps its lines at address 0.
            if last is not None and last.address < state.address and last.address > 0:
                rows.append((last.address, state.address, _file_name(program, last.file), last.line))
            last = None if state.end_sequence else state
    return sorted(rows)


def _file_name(program: LineProgram, index: int) -> str:
    header = program.header
    first = 0 if header.version >= 5 else 1
    entry = header["file_entry"][index - first]
    folder = ""
    if header.version >= 5 or entry.dir_index:
        folder = header["include_directory"][entry.dir_index - first].decode()
    path = PurePosixPath(folder, entry.name.decode())
    outside = path.is_absolute() or PureWindowsPath(path).is_absolute() or ".." in path.parts
    return "" if outside else str(path)
