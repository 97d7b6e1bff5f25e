"""What an exporter says of a board is taken as it is, and trusted no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.errors import BoardError, InputError
from n6gen.farm.board import FarmBoard
from n6gen.farm.coordinator import Place, Resource
from n6gen.farm.holder import this_host
from n6gen.farm.lease import fitting


def place(cls: str = "N6Board", **params: str) -> Place:
    """A place with one resource."""
    resource = Resource(f"bench1/desk/{cls}/{cls}", cls, params)
    return Place("desk", {"board": "b", "n6gen": "ready"}, "", "", reserved=False, changed=0.0, resources=(resource,))


def test_a_board_is_what_the_exporter_offers() -> None:
    """Under the names of the exporter's file; other resources are no boards."""
    found = FarmBoard.of(place(host="bench1", serial="S1", state_dir="/var/n6gen", link="rfc2217://bench1:4000"))
    assert found == FarmBoard("desk", "bench1", "S1", "/var/n6gen", "rfc2217://bench1:4000")
    assert found.options == ("--sn", "S1")
    assert found.env == {"N6GEN_STATE_DIR": "/var/n6gen"}
    assert FarmBoard.of(place("NetworkSerialPort", host="bench1", serial="S1")) is None


@pytest.mark.parametrize("said", [{"serial": "S1"}, {"host": "bench1"}, {"host": "", "serial": "S1"}])
def test_a_board_that_lacks_something_is_an_error_that_names_it(said: dict[str, str]) -> None:
    """labgrid does not look into it, so we do."""
    missing = "serial" if said.get("host") else "host"
    with pytest.raises(InputError, match=f"bench1/desk/N6Board/N6Board has no {missing}"):
        FarmBoard.of(place(**said))


def test_only_this_machine_is_here() -> None:
    """By any of its names."""
    assert all(FarmBoard("p", host, "S1").here for host in ("localhost", "127.0.0.1", this_host()))
    assert not FarmBoard("p", "bench7.invalid", "S1").here


def test_the_guard_lets_one_in(tmp_path: Path) -> None:
    """Also if the serial number, which another machine wrote, has something else in mind."""
    board = FarmBoard("desk", "localhost", "../../S1", str(tmp_path / "a state"))
    with board.guard("one", 1.0) as keep:
        assert keep
        with pytest.raises(BoardError, match="is in use by n6gen ci, job one"), board.guard("two", 0.3):
            pytest.fail("two at once")
    with board.guard("two", 1.0):
        pass
    assert [path.name for path in (tmp_path / "a state/farm").iterdir()] == ["______S1"]


def test_sick_places_and_those_of_others_do_not_fit() -> None:
    """All tags must be there, and that of n6gen."""
    good = place(host="h", serial="s")
    assert fitting([good], {"board": "b"}) == [good]
    assert fitting([good], {"board": "b", "camera": "imx335"}) == []
    sick = Place("x", {"board": "b", "n6gen": "sick"}, "", "", reserved=False, changed=0.0)
    strange = Place("y", {"board": "b"}, "", "", reserved=False, changed=0.0)
    assert fitting([sick, strange], {"board": "b"}) == []
