"""`n6gen boards` as a user runs it."""

from __future__ import annotations

import os
from pathlib import Path

from n6gen.emulator.instance import open_instance
from tests.support.cli import n6gen


def test_the_default_board() -> None:
    """virtual-0 is there on a fresh machine, switched off, with its flash."""
    done = n6gen("boards", "--json")
    assert done.code == 0
    (board,) = done.json
    nor = Path(os.environ["N6GEN_STATE_DIR"]) / "virtual" / "virtual-0" / "nor.bin"
    assert board == {
        "serial": "virtual-0",
        "board": "virtual",
        "state": "off",
        "nor": str(nor),
        "vcp": None,
        "programmer": "virtual",
        "note": None,
    }
    assert nor.stat().st_size == 8 << 20


def test_states() -> None:
    """off, running and busy are told apart."""
    first, second = open_instance("virtual-0"), open_instance("virtual-1")
    open_instance("virtual-2")
    with first.hold("measure", running=True), second.hold("flash"):
        states = {board["serial"]: board["state"] for board in n6gen("boards", "--json").json}
    assert states == {"virtual-0": "running", "virtual-1": "busy", "virtual-2": "off"}


def test_for_people() -> None:
    """A table with the words of the JSON."""
    done = n6gen("boards")
    assert done.code == 0
    assert {"serial", "virtual-0", "off"} <= set(done.out.split())
