"""A session on the virtual board: power on, prove who runs, show frames, take what it did."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from n6gen.app.elf import Symbols
from n6gen.board import Board, load_board
from n6gen.emulator.instance import Instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError, InputError, N6genError
from n6gen.image.manifest import Manifest
from n6gen.link import Client, Fault, NoAnswer, Port, SocketPort
from n6gen.measure.conditions import host_conditions
from n6gen.measure.conduct import DidNotRun, conduct
from n6gen.measure.facts import Facts, Input, Unit
from n6gen.measure.frames import Frame
from n6gen.measure.host import LiveHost
from n6gen.measure.memory import memory_map
from n6gen.measure.method import Method
from n6gen.measure.recording import Recorder
from n6gen.measure.reference import HostReference
from n6gen.measure.session import FrameResult, Session
from n6gen.measure.sessions import RESULT, new_session, write_error
from n6gen.tools.files import sha256_bytes, write_json

#: A board that is not ready after this long never will be, in seconds of the host.
_BOOT_S = 30.0


def measure_virtual(
    instance: Instance,
    folder: Path,
    manifest: Manifest,
    frames: Sequence[Frame],
    *,
    method: Method,
    timeout: float,
    on_frame: Callable[[FrameResult, Machine], None],
    retries: int = 0,
    on_retry: Callable[[N6genError], None] = lambda error: None,  # noqa: ARG005
) -> tuple[Session, Path]:
    """Run `frames` on the virtual board that holds the build in `folder`; the session and the folder it is kept in.

    `timeout` bounds one inference, in seconds of the host. `on_frame` is called after each frame, while the LCD still
    shows it. A board that was never reached is switched on again up to `retries` times; whatever else happens stands.
    Raises InputError if the build is for another board, BoardError if the board does not boot this very build, faults,
    hangs, or answers wrongly.
    """
    board = load_board(manifest.board)
    if instance.board.name != board.name:
        raise InputError(f"{instance.serial} is a {instance.board.name}, the build is for {board.name}")
    if board.instructions_per_tick is None:
        raise InputError(f"board {board.name} has no clock that counts instructions")
    reference = HostReference(folder, manifest)
    for _ in range(retries):
        try:
            return _session(instance, board, folder, manifest, frames, reference, method, timeout, on_frame)
        except DidNotRun as error:
            on_retry(error)
    return _session(instance, board, folder, manifest, frames, reference, method, timeout, on_frame)


def _session(
    instance: Instance,
    board: Board,
    folder: Path,
    manifest: Manifest,
    frames: Sequence[Frame],
    reference: HostReference,
    method: Method,
    timeout: float,
    on_frame: Callable[[FrameResult, Machine], None],
) -> tuple[Session, Path]:
    now = datetime.now().astimezone()
    kept = new_session(instance.serial, now)
    facts = _facts(kept.name, now, instance, board, manifest, frames, method, timeout)
    facts.write(kept)
    try:
        with Recorder(kept) as recorder, running(instance, folder / "app.elf", recorder.through) as (machine, client):
            host = LiveHost(frames, reference, machine.camera.post)
            session = conduct(client, facts, host, lambda result: on_frame(result, machine))
            host.save(kept)
    except N6genError as error:
        error.things_to_try += (f"The raw bytes and the log of this session are in {kept}.",)
        write_error(kept, facts, error)
        raise
    write_json(kept / RESULT, session.as_json())
    return session, kept


def _facts(
    name: str,
    now: datetime,
    instance: Instance,
    board: Board,
    manifest: Manifest,
    frames: Sequence[Frame],
    method: Method,
    timeout: float,
) -> Facts:
    inputs = [Input(frame.name, sha256_bytes(frame.pixels.tobytes())) for frame in frames]
    assert board.instructions_per_tick is not None  # noqa: S101 - measure_virtual checked it
    return Facts(
        id=name,
        started=now.isoformat(timespec="seconds"),
        emulated=True,
        unit=Unit(board.unit, board.instructions_per_tick),
        method=method,
        inputs=inputs,
        network_id=manifest.network_id,
        build_id=manifest.build_id,
        timeout=timeout,
        conditions=host_conditions(board, instance.serial, manifest, inputs),
        network=dict(manifest.network),
        memory=memory_map(board, manifest.memory),
        model={"name": Path(manifest.model["source"]).name, "rewrites": list(manifest.model["rewrites"])},
    )


@contextmanager
def running(
    instance: Instance, elf: Path, through: Callable[[Port], Port] = lambda port: port
) -> Iterator[tuple[Machine, Client]]:
    """Power the board on and wait until its app is ready; power it off at the end.

    `through` may put something between the board and the client. A fault or a hang inside the context is raised anew
    with the function and the line of `elf` where it happened. Raises DidNotRun if the board does not get ready.
    """
    symbols = Symbols(elf)
    with Machine.start(instance) as machine:

        def where() -> str | None:
            with contextlib.suppress(BoardError):
                return f"at {_place(symbols, machine.pc())}"
            return None

        client = Client(through(SocketPort(machine.uart, gone=machine.death)), where=where)
        try:
            _wait_ready(client)
            yield machine, client
        except Fault as fault:
            raise _named(fault, symbols) from fault


def _wait_ready(client: Client) -> None:
    try:
        client.wait_ready(_BOOT_S)
    except NoAnswer as error:
        raise DidNotRun(error.message, *error.things_to_try) from error


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
