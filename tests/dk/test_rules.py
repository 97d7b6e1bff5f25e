"""Rules of the STM32N6570-DK's board layer that need no board: data cache, and who may have which camera buffer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.core import ROOT, STRICT

LINE, SIZE = 32, 0x8000
CLEAN, INVALIDATE, BOTH = range(3)
NOTHING, BY_ADDRESS, WHOLE = range(3)

Ask = Callable[[Iterable[str]], list[list[int]]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """The rules, compiled for this machine."""
    program = tmp_path_factory.mktemp("rules") / "rules"
    includes = f"-I{ROOT / 'board' / 'stm32n6570-dk' / 'src'}"
    source = Path(__file__).parent / "rules.c"
    subprocess.run(["gcc", *STRICT, "-fsanitize=undefined", includes, source, "-o", program], check=True)

    def run(lines: Iterable[str]) -> list[list[int]]:
        done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
        return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]

    return run


def test_the_rule_of_the_data_cache(ask: Ask) -> None:
    """The whole rule, as a table.

    Up to the cache's own size: by address. Above it: the whole cache, cleaned and invalidated by set and way; never
    invalidated alone. In place of an invalidate only if no line that the CPU wrote can lie over the range.
    """
    rule = {(wish, 0, dirty): NOTHING for wish in (CLEAN, INVALIDATE, BOTH) for dirty in (0, 1)}
    for size in (1, LINE, SIZE):
        rule |= {(wish, size, dirty): BY_ADDRESS for wish in (CLEAN, INVALIDATE, BOTH) for dirty in (0, 1)}
    for size in (SIZE + 1, 307_200, 2**32 - 1):
        rule |= {(wish, size, dirty): WHOLE for wish in (CLEAN, BOTH) for dirty in (0, 1)}
        rule |= {(INVALIDATE, size, 0): WHOLE, (INVALIDATE, size, 1): BY_ADDRESS}
    found = ask(f"d {wish} {size} {dirty}" for wish, size, dirty in rule)
    assert [way for (way,) in found] == list(rule.values())


class _Memory:
    """A write-back cache before a memory of single-byte lines, as CPU and a device see it."""

    def __init__(self) -> None:
        self.memory: dict[int, int] = {}
        self.cache: dict[int, tuple[int, bool]] = {}

    def cpu_write(self, line: int, value: int) -> None:
        self.cache[line] = (value, True)

    def cpu_read(self, line: int) -> int:
        if line not in self.cache:
            self.cache[line] = (self.memory.get(line, 0), False)
        return self.cache[line][0]

    def device_write(self, line: int, value: int) -> None:
        self.memory[line] = value

    def maintain(self, way: int, wish: int, lines: range) -> None:
        for line in list(self.cache) if way == WHOLE else lines:
            value, dirty = self.cache.get(line, (0, False))
            if dirty and (way == WHOLE or wish != INVALIDATE):
                self.memory[line] = value
            if way == WHOLE or wish != CLEAN:
                self.cache.pop(line, None)
            elif line in self.cache:
                self.cache[line] = (value, False)


@given(data=st.data())
def test_whatever_the_rule_chooses_nobody_reads_old_bytes(ask: Ask, data: st.DataObject) -> None:
    """After a device wrote a range and it was invalidated, the CPU reads the device's bytes; its own elsewhere survive.

    `may_be_dirty` is said truthfully. Where it is, cleaning instead would bring the CPU's old bytes back.
    """
    lines = range(data.draw(st.integers(1, 6)))
    elsewhere, dirty = 100, data.draw(st.booleans())
    large = data.draw(st.booleans())
    world = _Memory()
    world.cpu_write(elsewhere, 7)
    for line in lines:
        world.cpu_read(line)
        if dirty and data.draw(st.booleans()):
            world.cpu_write(line, 1)
    for line in lines:
        world.device_write(line, 50 + line)
    ((way,),) = ask([f"d {INVALIDATE} {SIZE * 2 if large else LINE} {int(dirty)}"])
    world.maintain(way, INVALIDATE, lines)
    assert [world.cpu_read(line) for line in lines] == [50 + line for line in lines]
    assert world.cpu_read(elsewhere) == 7


@given(st.lists(st.sampled_from("ftr"), max_size=60))
def test_camera_and_reader_never_have_one_buffer(ask: Ask, steps: list[str]) -> None:
    """Whatever the order of frames and readers: what is being filled is neither ready nor taken; all frames count."""
    frames = 0
    before = [0, -1, -1, 0]
    for step, now in zip(steps, ask(["s", *steps])[1:], strict=True):
        filling, ready, taken, count = now
        frames += step == "f"
        assert count == frames
        assert 0 <= filling < 3
        assert filling not in (ready, taken)
        assert ready == -1 or ready != taken
        if step == "f":
            assert ready == before[0]
            assert taken == before[2]
        if step == "t" and before[1] != -1:
            assert (ready, taken) == (-1, before[1])
        before = now
