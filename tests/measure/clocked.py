"""A stand-in for a board with a real clock: a thread that speaks the protocol and makes its ticks up.

It shows that the method, the statistics and the reports of such a board work. It says nothing about any real board.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import attrs
import numpy as np

from n6gen.link import Client
from n6gen.link.protocol import Sample
from n6gen.measure.conduct import begin, conduct
from n6gen.measure.facts import Facts, Input, Start, Unit
from n6gen.measure.frames import Frame
from n6gen.measure.host import LiveHost
from n6gen.measure.method import QUICK, Method
from n6gen.measure.recording import Recorder
from n6gen.measure.reference import References
from n6gen.measure.session import Session
from n6gen.measure.sessions import RESULT
from n6gen.tools.files import sha256_bytes, write_json
from tests.link.fake_board import BUILD, NETWORK, FakeBoard
from tests.link.wire import chunked

SIDE = 64
TICK_HZ = 1_000_000
#: What its stages cost, in ticks, give or take.
COSTS = {"wait": 50, "input": 900, "network": 21_000, "decode": 1_300, "present": 2_400}
#: The first inference after start takes so many times as long.
COLD = 1.7


class ClockedBoard(FakeBoard):
    """Costs spread as on a board with caches and interrupts: a floor, and a tail. `slower`: times the network's."""

    def __init__(self, *, seed: int = 0, slower: float = 1.0, **options: object) -> None:
        super().__init__(**({"tick_hz": TICK_HZ, "board": "stand-in"} | options))  # type: ignore[arg-type]
        self._rng = np.random.default_rng(seed)
        self._slower = slower
        self._passes = 0
        self._frame = 0
        self.shown = np.zeros((SIDE, SIDE, 3), np.uint8)
        # 1 MiB in 10 ms, on both clocks.
        self.tested["flash_ticks"] = f"{TICK_HZ // 100:016x}"

    def samples(self, frames: int, repeat: int) -> None:
        made = []
        for i in range(frames * repeat):
            self._frame += i % repeat == 0
            # A running camera is too fast for it now and then.
            self._frame += frames > 1 and i % 10 == 9
            made.append(self._sample(i))
        for sample in made:
            self.say("sample", **{name: getattr(sample, name) for name in Sample.__slots__ if name != "__weakref__"})
        self.end(made)

    def _sample(self, i: int) -> Sample:
        factor = 1 + 0.01 * self._rng.gamma(1.5)
        cold = COLD if self._passes == 0 else 1.0
        self._passes += 1
        ticks = {name: round(cost * factor * cold) for name, cost in COSTS.items()}
        ticks["network"] = round(ticks["network"] * self._slower)
        return Sample(i, self._frame, **ticks, loop=sum(ticks.values()) + 30)

    def mask(self) -> None:
        data = mask_of(self.shown).tobytes()
        self.say("bulk", name="mask", size=len(data), chunk=1000, crc=f"{zlib.crc32(data):08x}")
        self.raw(self._damage("chunks", chunked(data, 1000)))


def mask_of(pixels: np.ndarray) -> np.ndarray:
    """What this board makes of a picture."""
    return (pixels[..., 0] > 127).astype(np.uint8)


class MaskReference:
    """A host that agrees with it."""

    def references(self, pixels: np.ndarray) -> References:
        mask = mask_of(pixels)
        return References(mask, mask, mask)


def frames(count: int) -> list[Frame]:
    """Smooth noise pictures."""
    rng = np.random.default_rng(3)
    small = rng.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return [Frame(f"noise{i}", np.kron(one, np.ones((8, 8, 1), np.uint8))) for i, one in enumerate(small)]


def facts(inputs: list[Frame], method: Method = QUICK, name: str = "20260101-000000-stand-in-0000") -> Facts:
    """Facts of a session on it."""
    conditions = {
        "board": "stand-in",
        "serial": "0001",
        "probe": None,
        "model_sha256": "c" * 64,
        "images": {"app": "d" * 64, "weights": "e" * 64},
        "resolution": [SIDE, SIDE],
        "inputs": {"count": len(inputs), "sha256": "f" * 64},
        "options": {"compiler": "stand-in"},
        "compiler": {"name": "stedgeai", "version": "4.0.0", "kernels": ""},
        "tools": {"n6gen": "0"},
        "flags": ["-O2"],
        "clock": {"instructions_per_tick": None},
    }
    return Facts(
        id=name,
        started="2026-01-01T00:00:00+00:00",
        emulated=False,
        unit=Unit("ms", 1000 / TICK_HZ, 6),
        method=method,
        inputs=[Input(frame.name, sha256_bytes(frame.pixels.tobytes())) for frame in inputs],
        network_id=NETWORK,
        build_id=BUILD,
        timeout=5.0,
        conditions=conditions,
        network={"macs": 1_000_000},
        memory={},
        model={"name": "st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8.onnx", "rewrites": ["cut-head"]},
    )


def run(folder: Path, board: ClockedBoard, method: Method = QUICK, count: int = 5, start: Start = "boot") -> Session:
    """A session on `board`, kept in `folder` as a real one is."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = frames(count)
    known = attrs.evolve(facts(inputs, method, folder.name), start=start)
    known.write(folder)

    def show(pixels: np.ndarray) -> None:
        board.shown = pixels

    with board, Recorder(folder) as recorder:
        board.boot()
        client = Client(recorder.through(board.port))
        begin(client, start, 5)
        host = LiveHost(inputs, MaskReference(), show)  # type: ignore[arg-type]
        session = conduct(client, known, host)
        host.save(folder)
    write_json(folder / RESULT, session.as_json())
    return session
