"""A farm under trouble: every job gets one verdict, no board is held twice, none stays locked."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path

import pytest

from tests.farm.loopback import Site, farm_python, wait_for
from tests.farm.stress import Trouble, double_holds, jobs, summary, verdicts, work
from tests.support.journey import build, tiny_model

PYTHON = farm_python()
pytestmark = pytest.mark.skipif(PYTHON is None, reason="no farm environment: `make farm`, or set N6GEN_FARM_PYTHON")

#: The large form is STRESS_JOBS=200 STRESS_REAL=16 STRESS_EVERY=5 STRESS_MOST=1000.
JOBS = int(os.environ.get("STRESS_JOBS", "12"))
REAL = int(os.environ.get("STRESS_REAL", "1"))
EVERY = float(os.environ.get("STRESS_EVERY", "1"))
#: A slow machine gets no end of trouble: a job that takes longer than the pauses would never be done.
MOST = int(os.environ.get("STRESS_MOST", "8"))
CLIENTS = ["client0", "client1", "client2", "client3"]
THREADS = 3


@pytest.mark.qemu
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_job_ends_with_one_verdict(tmp_path: Path) -> None:
    """Boards, links, the exporter, clients and the coordinator are killed while four clients work on eight boards."""
    assert PYTHON is not None
    made = tmp_path / "build"
    assert build(tiny_model(tmp_path), made).code == 0
    with Site(tmp_path / "site", PYTHON, timed=6, virtual=2) as site:
        site.keep("janitor", "-m", "n6gen", "ci", "janitor", "--coordinator", site.address, "--every", "1")
        names = jobs(site, CLIENTS, JOBS, REAL, made)
        trouble = Trouble(site, CLIENTS, THREADS, EVERY, MOST)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = work(site, CLIENTS, THREADS, trouble, timeout=1500)
        found = verdicts(site)
        assert sorted(found) == sorted(names)
        assert set(found.values()) == {"pass"}
        assert double_holds(site) == []
        # The janitor needs a moment for what the last kill left.
        wait_for(lambda: site.tend() or not any(site.holders().values()), 60)
        _no_lock_is_left(site)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    report = {"jobs": len(names), "seconds": round(took, 1), "cpu_s": round(used, 1), "trouble": dict(trouble.counts)}
    print(json.dumps(report | summary(site)))


def _no_lock_is_left(site: Site) -> None:
    code = (
        "from pathlib import Path\nfrom n6gen.tools.hold import holder\n"
        "print(json.dumps([str(f) for f in Path(A[2]).glob('*/*') if (f / 'lock').exists() and holder(f)]))"
    )
    began = time.monotonic()
    assert site.ask(code, str(site.state)) == []
    assert time.monotonic() - began < 30
