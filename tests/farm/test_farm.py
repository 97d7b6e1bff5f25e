"""One farm on loopback: who gets a board, who keeps it, and who takes it back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.farm.loopback import TIMED, Site, farm_python, wait_for

PYTHON = farm_python()
needs_farm = pytest.mark.skipif(PYTHON is None, reason="no farm environment: `make farm`, or set N6GEN_FARM_PYTHON")

#: A process that has a board until its stdin closes; it says which, and what `check` says for each line it gets.
HOLDER = """
import sys
from n6gen.errors import BoardError
from n6gen.hil.bench import Need
from n6gen.hil.labgrid_bench import LabgridBench

with LabgridBench(sys.argv[1]).hold(Need(sys.argv[2]), job="test", timeout=float(sys.argv[3])) as held:
    print(held.name, flush=True)
    for line in sys.stdin:
        try:
            held.check()
            print("ours", flush=True)
        except BoardError as error:
            print(error.message, flush=True)
"""
TRY = """
from n6gen.errors import N6genError
from n6gen.hil.bench import Need
from n6gen.hil.labgrid_bench import LabgridBench
try:
    bench = LabgridBench(A[1])
    with bench.hold(Need(A[2]), job="try", timeout=float(A[3])) as held:
        print(json.dumps(held.name))
except N6genError as error:
    print(json.dumps([type(error).__name__, error.message]))
"""


class Holding:
    """A HOLDER that runs."""

    def __init__(self, site: Site, timeout: float = 20) -> None:
        self.process = subprocess.Popen(
            [site.python, "-c", HOLDER, site.address, TIMED, str(timeout)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.place = self.process.stdout.readline().strip()

    def check(self) -> str:
        """What the lease check says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """Let it release the board and end."""
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """End it without giving it a chance."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two timed boards."""
    assert PYTHON is not None
    with Site(tmp_path / "farm site", PYTHON, timed=2) as made:
        wait_for(lambda: made.ask(TRY, TIMED, "1") in made.timed)
        yield made


def janitor(site: Site, *words: str) -> list[dict[str, Any]]:
    """What `n6gen ci janitor` found."""
    done = site.n6gen("ci", "janitor", "--json", *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


@pytest.fixture
def hold(site: Site) -> Iterator[Callable[[], Holding]]:
    """Makes holders; none outlives the test."""
    made: list[Holding] = []

    def start() -> Holding:
        made.append(Holding(site))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.kill()


@needs_farm
def test_a_board_has_one_holder_and_comes_back(site: Site, hold: Callable[[], Holding]) -> None:
    """Three want two boards: the third is told that all are in use, and gets one when it is released."""
    first, second = hold(), hold()
    assert {first.place, second.place} == set(site.timed)
    assert first.check() == second.check() == "ours"
    assert site.ask(TRY, TIMED, "1") == ["NoBoard", f"no board with board={TIMED} became free in time: all are in use"]
    first.end()
    assert site.ask(TRY, TIMED, "10") == first.place
    second.end()
    assert set(site.holders().values()) == {""}


@needs_farm
def test_the_janitor_releases_what_the_dead_left_and_nothing_else(site: Site, hold: Callable[[], Holding]) -> None:
    """A killed job's board comes back; that of a living job, and one that a person has, stay."""
    dead, living = hold(), hold()
    assert janitor(site) == []
    dead.kill()
    assert site.holders()[dead.place]
    (found,) = janitor(site, "--dry-run")
    assert (found["place"], found["released"]) == (dead.place, False)
    assert found["reason"] == f"process {dead.process.pid} is gone"
    (found,) = janitor(site)
    assert (found["place"], found["released"]) == (dead.place, True)
    assert site.holders() == {dead.place: "", living.place: site.holders()[living.place]}
    assert living.check() == "ours"
    # What labgrid's own client acquires is no business of ours, however old it is.
    person = [site.python, "-m", "labgrid.remote.client", "-x", site.address, "-p", dead.place, "acquire"]
    subprocess.run(person, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert janitor(site) == []
    # A holder that cannot be asked counts as dead after a time, if that is wanted.
    time.sleep(0.3)
    (found,) = janitor(site, "--dry-run", "--stale", "0.2")
    assert found["place"] == living.place
    living.end()


@needs_farm
def test_a_restarted_coordinator_gives_no_board_to_two(site: Site, hold: Callable[[], Holding]) -> None:
    """It has forgotten everybody: who had a board hears so when he asks, and nobody else gets that board before."""
    first, second = hold(), hold()
    ready = (site.folder / "exporter.log").read_text().count("Exporter ready")
    site.kill("coordinator")
    # The exporter ends with its coordinator, and is started again.
    wait_for(lambda: site.tend() or (site.folder / "exporter.log").read_text().count("Exporter ready") > ready)
    assert set(site.holders().values()) == {""}
    # Both places are free for the coordinator; the guards of both boards are not.
    kind, message = site.ask(TRY, TIMED, "4")
    assert kind == "NoBoard", message
    assert first.check() == f"{first.place} is no longer ours: nobody has it: was the coordinator restarted?"
    first.end()
    assert site.ask(TRY, TIMED, "20") == first.place
    second.end()
    assert set(site.holders().values()) == {""}


@needs_farm
def test_a_board_without_an_exporter_is_not_given(site: Site) -> None:
    """labgrid lets anybody acquire an empty place; we do not, and say why."""
    site.kill("exporter", signal.SIGKILL)
    kind, message = site.ask(TRY, TIMED, "2")
    assert kind == "NoBoard"
    assert "no exporter offers the board of timed-" in message
    assert set(site.holders().values()) == {""}
    site.tend()
    assert site.ask(TRY, TIMED, "20") in site.timed


@needs_farm
def test_a_quarantined_board_is_given_to_nobody(site: Site) -> None:
    """Its reason is there for a person to read, and cannot do anything to his terminal."""
    code = "from n6gen.hil.labgrid_bench import LabgridBench\nLabgridBench(A[1]).quarantine(A[2], A[3])\nprint('{}')"
    site.ask(code, "timed-0", "canary: wrong\x1b[2J\nmask")
    assert [site.ask(TRY, TIMED, "1") for _ in range(3)] == ["timed-1"] * 3
    site.ask(code, "timed-1", "hangs")
    assert site.ask(TRY, TIMED, "1") == ["NoBoard", f"the farm has no healthy board with board={TIMED}"]
    shown = [site.python, "-m", "labgrid.remote.client", "-x", site.address, "-p", "timed-0", "show"]
    said = subprocess.run(
        shown, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    ).stdout
    assert "comment: canary: wrong mask" in said
    assert "n6gen=sick" in said


@needs_farm
def test_a_coordinator_that_is_not_there_ends_in_an_error(tmp_path: Path) -> None:
    """Soon, and with what to try."""
    assert PYTHON is not None
    site = Site(tmp_path / "site", PYTHON, timed=1)
    began = time.monotonic()
    kind, message = site.ask(TRY, TIMED, "2")
    assert kind == "FarmError"
    assert site.address in message
    assert time.monotonic() - began < 30


def test_without_labgrid_it_says_what_to_install() -> None:
    """A machine without a farm's environment hears what it lacks; nothing of it is imported before."""
    code = (
        "import sys\nfrom n6gen.hil.labgrid_bench import LabgridBench\nfrom n6gen.errors import MissingToolError\n"
        "assert 'grpc' not in sys.modules\n"
        "sys.modules['grpc'] = None\n"
        "try:\n    LabgridBench()\nexcept MissingToolError as error:\n    print(error.things_to_try[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "n6gen[labgrid]" in done.stdout
    assert json.dumps(done.stderr) == '""'
