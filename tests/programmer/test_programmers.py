"""The virtual board's programmer works as the part does; the registry finds it, and those of other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from n6gen.board.facts import load_board
from n6gen.emulator.instance import open_instance
from n6gen.errors import BoardError, MissingToolError
from n6gen.programmer import registry
from n6gen.programmer.base import Probe, Programmer
from n6gen.programmer.virtual import VirtualProgrammer

BOARD = load_board("virtual")
BASE = BOARD.nor.base


def test_read_erase_write() -> None:
    """By the CPU's addresses; any start and length can be written, over all pages."""
    data = bytes(range(256)) * 5
    with VirtualProgrammer().open("virtual-0") as target:
        assert target.identify().board == "virtual"
        target.write(BASE + 0x1F3, data)
        assert target.read(BASE + 0x1F3, len(data)) == data
        assert target.read(BASE + 0x1F2, 1) == target.read(BASE + 0x1F3 + len(data), 1) == b"\xff"
        target.write(BASE + 0x1F3, b"\xff\0\xff")
        assert target.read(BASE + 0x1F3, 3) == b"\x00\x00\x02"
        target.erase(BASE, BOARD.erase_small)
        target.erase(BASE + BOARD.erase_large, BOARD.erase_large)
        target.reset()
    assert set(open_instance("virtual-0").nor.read_bytes()) == {0xFF}


@pytest.mark.parametrize("address", [0, BASE - 1, BASE + BOARD.nor.size, 0x7000_0000])
def test_outside_of_the_flash(address: int) -> None:
    """An address of another memory, or of another board, is refused."""
    with VirtualProgrammer().open("virtual-0") as target:
        for use in (lambda: target.read(address, 1), lambda: target.write(address, b"\0")):
            with pytest.raises(BoardError, match="flash: "):
                use()
        with pytest.raises(BoardError, match="flash: "):
            target.erase(address, BOARD.erase_small)


def test_held_while_open() -> None:
    """One at a time; free again afterwards, also after an error."""
    programmer = VirtualProgrammer()

    def interrupted() -> None:
        with programmer.open("virtual-0"):
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

    def knows(self, serial: str) -> bool:
        return serial in self._serials

    def open(self, serial: str) -> None:
        raise AssertionError


@pytest.fixture
def with_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("foreign", f"{__name__}:Foreign", registry.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: Foreign)
    monkeypatch.setattr(registry, "entry_points", lambda group, name="foreign": [point] if name == "foreign" else [])


@pytest.mark.usefixtures("with_foreign")
def test_programmer_of_another_package() -> None:
    """Is listed, found by its board's serial number, and not taken for a board that it cannot program."""
    assert registry.names() == ["foreign", "virtual"]
    assert {probe.serial for probe in registry.all_probes()} == {"0039", "virtual-0"}
    programmer, serial = registry.choose(BOARD, "0039")
    assert (programmer.name, serial) == ("foreign", "0039")
    assert registry.choose(BOARD, None)[0].name == "virtual"


def test_no_board_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A programmer without a probe is another thing than no programmer."""

    class Empty(VirtualProgrammer):
        def probes(self) -> list[Probe]:
            return []

    def load(name: str) -> Programmer:
        return Empty()

    monkeypatch.setattr(registry, "load", load)
    with pytest.raises(BoardError, match="no virtual found"):
        registry.choose(BOARD, None)
