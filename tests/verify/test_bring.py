"""Which way builds go onto a board, and the boards whose switches somebody must move. No real board was reached."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from n6gen.board import load_board
from n6gen.errors import BoardError
from n6gen.flash.session import Selection
from n6gen.verify import bring
from n6gen.verify.bring import Bringer, usual_strategy


def test_nobody_moves_switches_by_default() -> None:
    """From RAM where a start from the flash takes a hand, else into the flash."""
    assert usual_strategy(load_board("stm32n6570-dk")) == "ram"
    assert usual_strategy(load_board("virtual")) == "flash"


@attrs.define
class _Done:
    """What was called instead of the real thing, which other tests have (tests/flash)."""

    calls: list[tuple[str, Path, str]] = attrs.field(factory=list)
    said: list[str] = attrs.field(factory=list)
    answers: bool = True

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def record(name: str, folder: Path, serial: str, **_: object) -> None:
            self.calls.append((name, folder, serial))

        monkeypatch.setattr(bring, "flash", lambda *words, **more: record("flash", *words, **more))
        monkeypatch.setattr(bring, "run_from_ram", lambda *words, **more: record("ram", *words, **more))
        monkeypatch.setattr(bring, "read_manifest", lambda _: None)
        monkeypatch.setattr(bring, "wait_for_app", lambda *_, **__: object() if self.answers else None)


@pytest.mark.parametrize("strategy", ["flash", "ram"])
def test_each_way_is_that_of_n6gen_flash(strategy: bring.Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same functions, the same board; where switches must be moved, that is said."""
    done = _Done()
    done.install(monkeypatch)
    Bringer(load_board("stm32n6570-dk"), "0042", strategy, Selection(), done.said.append)(Path("b"))
    assert done.calls == [(strategy, Path("b"), "0042")]
    assert len(done.said) == (1 if strategy == "flash" else 0)


def test_a_board_that_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody moved the switches: an error with what to do, and the way that needs no hand."""
    done = _Done(answers=False)
    done.install(monkeypatch)
    with pytest.raises(BoardError, match="no hello") as caught:
        Bringer(load_board("stm32n6570-dk"), "0042", "flash", Selection(), done.said.append)(Path("b"))
    assert "--strategy ram" in caught.value.things_to_try[-1]
