"""The virtual board's programmer works as the part does; the registry finds it, and those of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.board.facts import Board, Partition, load_board
from n6gen.emulator.instance import open_instance
from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.programmer import registry
from n6gen.programmer.base import Access, Area, Probe, Programmer, Rates, Target, Traits
from n6gen.programmer.guard import Guarded
from n6gen.programmer.virtual import VirtualProgrammer, VirtualTarget

BOARD = load_board("virtual")
BASE = BOARD.nor.base


def test_read_write_erase() -> None:
    """By the CPU's addresses; a write erases the sectors that it touches, and leaves the rest of them blank."""
    data = bytes(range(256)) * 300
    blank = b"\xff" * BOARD.erase_small
    with VirtualProgrammer().open("virtual-0", BOARD, Access()) as target:
        assert target.identify().board == "virtual"
        start = BASE + BOARD.erase_small
        target.write([Area(start, data)])
        assert target.read(start, len(data)) == data
        assert target.read(BASE, BOARD.erase_small) == blank
        assert target.differing(start, data) == []
        wrong = bytearray(data)
        wrong[BOARD.erase_small] ^= 1
        assert target.differing(start, bytes(wrong)) == [BOARD.erase_small]
        target.write([Area(start, b"\0" * 10), Area(start + 2 * BOARD.erase_small, b"\0")])
        assert target.read(start, BOARD.erase_small) == b"\0" * 10 + blank[10:]
        assert target.read(start + BOARD.erase_small, 4) == data[BOARD.erase_small :][:4]
        assert target.read(start + 2 * BOARD.erase_small, BOARD.erase_small) == b"\0" + blank[1:]
        for at in range(0, len(data), BOARD.erase_small):
            target.erase(start + at)
        target.reset()
    assert set(open_instance("virtual-0").nor.read_bytes()) == {0xFF}


@pytest.mark.parametrize("address", [0, BASE - 1, BASE + BOARD.nor.size, 0x7000_0000])
def test_outside_of_the_flash(address: int) -> None:
    """An address of another memory, or of another board, is refused."""
    with VirtualProgrammer().open("virtual-0", BOARD, Access()) as target:
        for use in (lambda: target.read(address, 1), lambda: target.write([Area(address, b"\0")])):
            with pytest.raises(BoardError, match="flash: "):
                use()
        with pytest.raises(BoardError, match="flash: "):
            target.erase(address)


def test_no_program_in_ram() -> None:
    """A virtual board refuses it by name."""
    refused = pytest.raises(InputError, match="virtual-0 cannot run a program from RAM")
    with VirtualProgrammer().open("virtual-0", BOARD, Access()) as target, refused:
        target.runner()


SMALL = 0x1000
LAYOUT = st.sampled_from(BOARD.partitions)


class Recorder(VirtualTarget):
    """A target that remembers what it was told."""

    def __init__(self) -> None:
        self.traits = Traits(SMALL, SMALL, Rates(0, 0, 0))
        self.calls: list[object] = []

    def erase(self, address: int) -> None:
        self.calls.append(address)

    def write(self, areas: Sequence[Area]) -> None:
        self.calls += areas


@given(st.integers(0, 0x3000_0000), st.integers(1, 3 * SMALL))
def test_anywhere_else_is_guarded(address: int, size: int) -> None:
    """Whatever is asked for: only whole sectors of one partition get through."""
    recorder = Recorder()
    guarded = Guarded(recorder, BOARD)
    for use, span in (
        (lambda: guarded.erase(address), SMALL),
        (lambda: guarded.write([Area(address, b"1" * size)]), size),
    ):
        with suppress(InputError):
            use()
        if recorder.calls:
            assert address % SMALL == 0
            assert any(p.address <= address and address + span <= p.end for p in BOARD.partitions)
        recorder.calls.clear()


@given(LAYOUT, st.integers(-2, 2), st.sampled_from(["address", "end"]))
def test_the_edges_of_partitions(partition: Partition, sectors: int, edge: str) -> None:
    """A sector inside gets through, one that crosses an edge or lies outside of all partitions does not."""
    recorder = Recorder()
    address = getattr(partition, edge) + sectors * SMALL
    inside = any(p.address <= address and address + SMALL <= p.end for p in BOARD.partitions)
    with suppress(InputError):
        Guarded(recorder, BOARD).erase(address)
    assert recorder.calls == ([address] if inside else [])


def test_one_bad_area_stops_all() -> None:
    """Nothing is written when one of several areas is outside."""
    recorder = Recorder()
    good = BOARD.partitions[0].address
    with pytest.raises(InputError, match="refused to write"):
        Guarded(recorder, BOARD).write([Area(good, b"1"), Area(good + 1, b"1")])
    assert recorder.calls == []


def test_held_while_open() -> None:
    """One at a time; free again afterwards, also after an error."""
    programmer = VirtualProgrammer()

    def interrupted() -> None:
        with programmer.open("virtual-0", BOARD, Access()):
            assert [probe.state for probe in programmer.probes()] == ["busy"]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert [probe.state for probe in programmer.probes()] == ["off"]


def test_registry() -> None:
    """n6gen's own is there and is chosen for its board."""
    assert "virtual" in registry.names()
    programmer, serial = registry.choose(BOARD, None)
    assert (programmer.name, serial) == ("virtual", "virtual-0")
    with pytest.raises(MissingToolError, match="there is no programmer nosuch"):
        registry.load("nosuch")


class Foreign:
    """What another package may bring."""

    name = "foreign"

    def __init__(self, *serials: str) -> None:
        self._serials = serials or ("0039",)

    def probes(self) -> list[Probe]:
        return [Probe(serial, "stm32n6570-dk", "off") for serial in self._serials]

    def check(self) -> None:
        pass

    def knows(self, serial: str) -> str | None:
        return serial if serial in self._serials else None

    def open(self, serial: str, board: Board, access: Access) -> AbstractContextManager[Target]:
        raise AssertionError


@pytest.fixture
def with_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("foreign", f"{__name__}:Foreign", registry.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: Foreign)
    monkeypatch.setattr(registry, "entry_points", lambda group, name="foreign": [point] if name == "foreign" else [])


@pytest.mark.usefixtures("with_foreign")
def test_programmer_of_another_package() -> None:
    """Is listed, found by its board's serial number, and not taken for a board that it cannot program."""
    assert "foreign" in registry.names()
    probes, problems = registry.survey()
    assert {probe.serial for probe in probes} == {"0039", "virtual-0"}
    assert problems == []
    programmer, serial = registry.choose(BOARD, "0039")
    assert (programmer.name, serial) == ("foreign", "0039")
    assert registry.choose(BOARD, None)[0].name == "virtual"


def test_no_board_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A programmer without a probe is another thing than no programmer."""

    class Empty(VirtualProgrammer):
        def probes(self) -> list[Probe]:
            return []

    def load(name: str, paths: object) -> Programmer:
        return Empty()

    monkeypatch.setattr(registry, "load", load)
    with pytest.raises(BoardError, match="no virtual found: virtual sees no probe"):
        registry.choose(BOARD, None)
