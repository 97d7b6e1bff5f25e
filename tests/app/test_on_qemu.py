"""The app and the loader on the virtual board: boot, run, refuse, fault, hang, reset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support.app import HEIGHT, NETWORK_ID, WIDTH, tiny_weights

from n6gen.app import BuiltApp, Project, Symbols
from n6gen.board.facts import Board, load_board
from n6gen.decode.reference import fine
from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError
from n6gen.image import stm32, weights
from n6gen.link.client import Client
from n6gen.link.errors import Fault, NoAnswer, Refused
from n6gen.link.port import SocketPort
from n6gen.link.protocol import Sample

pytestmark = pytest.mark.qemu

_WORK, _UNDEFINED, _BUS, _OVERFLOW, _DIVIDE, _WILD_JUMP, _HANG, _BUS_IN_LOOP = 0, 2, 3, 4, 5, 6, 7, 8
_Damage = Callable[[bytearray], None]


class _Bench:
    """Writes images into a virtual board's flash and switches it on."""

    def __init__(self, built: BuiltApp, board: Board) -> None:
        self.board = board
        self._loader = stm32.sign(built.loader_bin.read_bytes(), binary_type=stm32.FSBL)
        self._app = stm32.sign(built.bin.read_bytes(), binary_type=stm32.APP)
        self._machines: list[Machine] = []

    def start(self, *, mode: int = _WORK, damage: _Damage = lambda nor: None) -> tuple[Machine, Client]:
        instance = open_instance("virtual-0")
        nor = bytearray(b"\xff" * self.board.nor.size)
        parts = {"fsbl": self._loader, "app": self._app, "weights": weights.wrap(tiny_weights(mode), NETWORK_ID)}
        for name, data in parts.items():
            at = self.board.partition(name).offset
            nor[at : at + len(data)] = data
        damage(nor)
        instance.nor.write_bytes(nor)
        machine = Machine.start(instance)
        self._machines.append(machine)
        return machine, Client(SocketPort(machine.uart), where=machine.where)

    def close(self) -> None:
        for machine in self._machines:
            machine.close()


@pytest.fixture
def bench(tiny_build: tuple[Project, BuiltApp]) -> Iterator[_Bench]:
    made = _Bench(tiny_build[1], load_board("virtual"))
    yield made
    made.close()


@pytest.fixture
def built(tiny_build: tuple[Project, BuiltApp]) -> BuiltApp:
    return tiny_build[1]


def _frame(seed: int) -> npt.NDArray[np.uint8]:
    """Squares of 16x16 pixels, each of one colour."""
    colours = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 16, WIDTH // 16, 3), np.uint8)
    return colours.repeat(16, 0).repeat(16, 1)


def _mask(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What the tiny network and the decode make of a frame."""
    tensor = (frame ^ 128).view(np.int8).astype(np.int32)
    means = np.trunc(np.trunc(tensor.reshape(HEIGHT // 16, 16, WIDTH // 16, 16, 3).sum(axis=(1, 3)) / 256) / 2)
    logits = means.astype(np.int32) + np.array([10, 20, 30], np.int32) // 2
    return fine(logits.astype(np.int8), 0, 16)


def _stages(sample: Sample) -> tuple[int, int, int, int]:
    return sample.input, sample.network, sample.decode, sample.present


def test_it_boots_runs_and_shows(bench: _Bench, built: BuiltApp, tiny_build: tuple[Project, BuiltApp]) -> None:
    """From power-on to a mask that is right to the pixel and a picture that shows it."""
    machine, client = bench.start()
    client.wait_ready()
    hello = client.hello(network=NETWORK_ID, build=tiny_build[0].build_id)
    assert (hello.board, hello.input_shape, hello.mask_shape) == ("virtual", (HEIGHT, WIDTH), (HEIGHT, WIDTH))
    for seed in (1, 2):
        frame = _frame(seed)
        number = machine.camera.post(frame)
        samples = client.run(1, 2, timeout=30)
        assert [sample.frame for sample in samples] == [number, number]
        mask = np.frombuffer(client.mask(), np.uint8).reshape(HEIGHT, WIDTH)
        assert (mask == _mask(frame)).all()
        assert machine.camera.taken == number

        # In the middle of a square: the camera's colour where the mask is class 0, tinted elsewhere.
        window = np.asarray(machine.lcd.picture().convert("RGB"))[:, 160:640]
        for y in range(8, HEIGHT, 16):
            for x in range(8, WIDTH, 16):
                shown = window[y * 480 // HEIGHT, x * 480 // WIDTH]
                assert (shown == frame[y, x]).all() == (mask[y, x] == 0)
    assert client.counts.dropped == client.counts.lost == 0


def test_instructions_are_counted_the_same_every_time(bench: _Bench) -> None:
    """In repeats, in later windows, after a reset and on a machine that was switched on anew: to the tick."""
    seen = set()
    for _ in range(2):
        machine, client = bench.start()
        client.wait_ready()
        for _ in range(2):
            client.hello()
            for _ in range(2):
                machine.camera.post(_frame(7))
                seen |= {_stages(sample) for sample in client.run(1, 3, timeout=30)}
            client.reset()
        machine.close()
    assert len(seen) == 1


def test_a_board_that_waits_leaves_the_host_alone(bench: _Bench) -> None:
    """Waiting for a command takes next to no processor time."""
    machine, client = bench.start()
    client.wait_ready()

    def used() -> int:
        fields = Path(f"/proc/{machine.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = used()
    with pytest.raises(NoAnswer):
        client.wait_ready(timeout=1.5)
    assert used() - before < 30  # of 150 hundredths of a second


@pytest.mark.slow
def test_a_camera_that_gives_nothing(bench: _Bench) -> None:
    """The window is given up with a reason, and the next one works."""
    machine, client = bench.start()
    client.wait_ready()
    client.hello()
    with pytest.raises(BoardError, match="camera-timeout"):
        client.run(1, 1, timeout=40)
    machine.camera.post(_frame(1))
    assert len(client.run(1, 1, timeout=30)) == 1


def test_a_frame_of_another_size(bench: _Bench) -> None:
    """Is refused and given back."""
    machine, client = bench.start()
    client.wait_ready()
    client.hello()
    machine.camera.post(np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(BoardError, match="frame-size"):
        client.run(1, 1, timeout=30)
    machine.camera.post(_frame(1))
    assert len(client.run(1, 1, timeout=30)) == 1


def _flip(offset: int) -> _Damage:
    def damage(nor: bytearray) -> None:
        nor[offset] ^= 0x10

    return damage


def _other_network(nor: bytearray) -> None:
    data = weights.wrap(tiny_weights(), "ee" * 32)
    nor[0x38_0000 : 0x38_0000 + len(data)] = data


def _erased_weights(nor: bytearray) -> None:
    nor[0x38_0000:] = b"\xff" * (len(nor) - 0x38_0000)


def _erased_app(nor: bytearray) -> None:
    nor[0x10_0000:0x38_0000] = b"\xff" * 0x28_0000


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (_flip(0x10_0000), "app-header"),
        (_flip(0x10_0070), "app-header"),
        (_flip(0x10_1000), "app-checksum"),
        (_flip(0x38_0010), "weights-crc"),
        (_flip(0x38_0080), "weights-trailer"),
        (_other_network, "network-id"),
        (_erased_weights, "weights-trailer"),
        (_erased_app, "app-header"),
    ],
)
def test_the_loader_refuses_what_is_damaged(bench: _Bench, damage: _Damage, check: str) -> None:
    """It names the check and does not start the app."""
    _, client = bench.start(damage=damage)
    with pytest.raises(Refused) as caught:
        client.wait_ready()
    assert (caught.value.stage, caught.value.check) == ("loader", check)


@pytest.mark.parametrize(
    ("mode", "kind", "function"),
    [
        (_UNDEFINED, "usage", "misbehave"),
        (_BUS, "bus", "misbehave"),
        (_BUS_IN_LOOP, "bus", "misbehave"),
        (_DIVIDE, "usage", "misbehave"),
    ],
)
def test_a_fault_is_reported_where_it_happened(
    bench: _Bench, built: BuiltApp, mode: int, kind: str, function: str
) -> None:
    """With registers that lead to the line."""
    machine, client = bench.start(mode=mode)
    client.wait_ready()
    client.hello()
    machine.camera.post(_frame(1))
    with pytest.raises(Fault) as caught:
        client.run(1, 1, timeout=30)
    assert caught.value.kind == kind
    place = Symbols(built.elf).locate(int(caught.value.registers["pc"], 16))
    assert place is not None
    assert (place.function, place.file) == (function, "network/network.c")
    if mode in {_BUS, _BUS_IN_LOOP}:
        assert caught.value.registers["bfar"] == "f0000000"


def test_a_wild_jump_is_reported(bench: _Bench, built: BuiltApp) -> None:
    """The program counter leads nowhere, the link register to the caller."""
    machine, client = bench.start(mode=_WILD_JUMP)
    client.wait_ready()
    client.hello()
    machine.camera.post(_frame(1))
    with pytest.raises(Fault) as caught:
        client.run(1, 1, timeout=30)
    registers = caught.value.registers
    assert (caught.value.kind, registers["pc"]) == ("memory", "e0000000")
    caller = Symbols(built.elf).locate(int(registers["lr"], 16))
    assert caller is not None
    assert caller.function == "misbehave"


def test_a_stack_overflow_is_reported(bench: _Bench, built: BuiltApp) -> None:
    """Although the stack has no room left for the registers: the innermost return address names the function."""
    machine, client = bench.start(mode=_OVERFLOW)
    client.wait_ready()
    client.hello()
    machine.camera.post(_frame(1))
    with pytest.raises(Fault) as caught:
        client.run(1, 1, timeout=30)
    assert caught.value.kind == "stack"
    stack = bench.board.regions["stack"]
    assert stack.base <= int(caught.value.registers["sp"], 16) < stack.base + 512
    places = [Symbols(built.elf).locate(int(caught.value.registers[name], 16)) for name in ("pc", "lr")]
    assert "overflow" in {place.function for place in places if place is not None}


def test_a_hang_can_be_located(bench: _Bench, built: BuiltApp) -> None:
    """Nothing comes over the link; the machine tells where the CPU is."""
    machine, client = bench.start(mode=_HANG)
    client.wait_ready()
    client.hello()
    machine.camera.post(_frame(1))
    with pytest.raises(NoAnswer, match="hang"):
        client.run(1, 1, timeout=2)
    place = Symbols(built.elf).locate(machine.pc())
    assert place is not None
    assert place.function == "misbehave"
