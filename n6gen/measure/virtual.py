"""A session on the virtual board: power on, prove who runs, show frames, take what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from n6gen.app.elf import Symbols
from n6gen.board import load_board
from n6gen.emulator.instance import Instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError, InputError
from n6gen.image.manifest import Manifest
from n6gen.link import Client, Fault, Hello, SocketPort
from n6gen.measure.conditions import conditions
from n6gen.measure.frames import Frame
from n6gen.measure.reference import HostReference
from n6gen.measure.session import FrameResult, Session, measure, summaries

#: A board that is not ready after this long never will be, in seconds of the host.
_BOOT_S = 30.0


def measure_virtual(
    instance: Instance,
    folder: Path,
    manifest: Manifest,
    frames: Sequence[Frame],
    *,
    timeout: float,
    on_frame: Callable[[FrameResult, Machine], None],
) -> Session:
    """Run `frames` on the virtual board that holds the build in `folder`.

    `timeout` bounds one inference, in seconds of the host. `on_frame` is called after each frame, while the LCD still
    shows it. Raises InputError if the build is for another board, BoardError if the board does not boot this very
    build, faults, hangs, or answers wrongly.
    """
    board = load_board(manifest.board)
    if instance.board.name != board.name:
        raise InputError(f"{instance.serial} is a {instance.board.name}, the build is for {board.name}")
    if board.instructions_per_tick is None:
        raise InputError(f"board {board.name} has no clock that counts instructions")
    reference = HostReference(folder, manifest)
    with running(instance, folder / "app.elf") as (machine, client):
        hello = client.hello(network=manifest.network_id, build=manifest.build_id)
        _must_fit(hello, frames)
        results = measure(
            client,
            machine.camera,
            frames,
            reference,
            mask_shape=hello.mask_shape,
            per_tick=board.instructions_per_tick,
            timeout=timeout,
            on_frame=lambda result: on_frame(result, machine),
        )
        known = conditions(board, instance.serial, manifest, hello, client.counts)
    return Session(board.unit, summaries(results), results, known)


@contextmanager
def running(instance: Instance, elf: Path) -> Iterator[tuple[Machine, Client]]:
    """Power the board on and wait until its app is ready; power it off at the end.

    A fault or a hang inside the context is raised anew with the function and the line of `elf` where it happened.
    """
    symbols = Symbols(elf)
    with Machine.start(instance) as machine:

        def where() -> str | None:
            try:
                return f"at {_place(symbols, machine.pc())}"
            except BoardError:
                return None

        client = Client(SocketPort(machine.uart, gone=machine.death), where=where)
        try:
            client.wait_ready(_BOOT_S)
            yield machine, client
        except Fault as fault:
            raise _named(fault, symbols) from fault


def _place(symbols: Symbols, address: int) -> str:
    found = symbols.locate(address)
    return f"{found}, pc={address:08x}" if found else f"pc={address:08x}"


def _named(fault: Fault, symbols: Symbols) -> BoardError:
    pc, lr = (int(fault.registers.get(name, "0"), 16) for name in ("pc", "lr"))
    # A return address points behind the call.
    at, caller = symbols.locate(pc), symbols.locate(lr - 2)
    where = f" in {at}" if at else ""
    where += f", called from {caller}" if caller else ""
    return BoardError(f"{fault.message}{where}", "Look at that line; registers are as at the fault.")


def _must_fit(hello: Hello, frames: Sequence[Frame]) -> None:
    for frame in frames:
        height, width = frame.pixels.shape[:2]
        if (height, width) != hello.input_shape:
            wanted = "×".join(map(str, hello.input_shape))
            raise BoardError(f"{frame.name} has {height}×{width} pixels, the board's network takes {wanted}")
