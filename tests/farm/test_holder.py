"""A holder's name says whether he lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.farm.holder import Holder

_HOSTS = st.text(st.characters(codec="ascii", exclude_characters="/", min_codepoint=33, max_codepoint=126), min_size=1)
_NUMBERS = st.integers(0, 2**40)
_HEX = st.text("0123456789abcdef", min_size=1, max_size=8)


@given(_HOSTS, _NUMBERS, _NUMBERS, _HEX, _HEX)
def test_a_name_says_all(host: str, pid: int, start: int, boot: str, hold: str) -> None:
    """Whatever is written into it is read back."""
    holder = Holder(host, pid, start, boot, hold)
    assert Holder.read(str(holder)) == holder


@pytest.mark.parametrize(
    "name", ["", "bench1/ann", "bench1/n6gen", "n6gen-1-2-3-4", "a/n6gen-x-2-3-4", "a/n6gen-1-2-3"]
)
def test_who_is_not_of_n6gen_is_nobody(name: str) -> None:
    """People, and other tools, are never judged."""
    assert Holder.read(name) is None


def test_two_holds_of_one_process_differ() -> None:
    """So that one does not release the place of the other."""
    assert Holder.new() != Holder.new()


def test_a_living_process_is_not_dead_and_a_gone_one_is() -> None:
    """The test's own process lives; one that ended, and one that is not yet waited for, do not."""
    mine = Holder.new()
    assert not mine.dead()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    theirs = attrs.evolve(mine, pid=child.pid, start=int(fields[19]))
    assert not theirs.dead()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert theirs.dead()
    child.communicate()
    assert theirs.dead()


def test_a_number_that_was_given_again_is_another_process() -> None:
    """The same process number with another start, or of another boot, is somebody else: the holder is gone."""
    mine = Holder.new()
    assert attrs.evolve(mine, start=mine.start + 1).dead()
    assert attrs.evolve(mine, boot="0" * 8 if mine.boot != "0" * 8 else "1" * 8).dead()


def test_a_process_of_another_machine_is_not_judged() -> None:
    """Nobody can tell from here."""
    assert not attrs.evolve(Holder.new(), host="elsewhere", pid=1).dead()
