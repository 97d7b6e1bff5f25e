"""`n6gen ci run` on the boards of a farm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.farm.loopback import Site, farm_python, wait_for
from tests.support.journey import SIDE, tiny_model

PYTHON = farm_python()
pytestmark = [
    pytest.mark.skipif(PYTHON is None, reason="no farm environment: `make farm`, or set N6GEN_FARM_PYTHON"),
    pytest.mark.qemu,
]


def test_a_plan_runs_on_a_farm(tmp_path: Path) -> None:
    """Its job gets a board from the coordinator, passes, and gives it back."""
    assert PYTHON is not None
    tiny_model(tmp_path)
    with Site(tmp_path / "site", PYTHON, virtual=1) as site:
        plan = tmp_path / "n6gen-ci.toml"
        plan.write_text(
            f'bench = "labgrid"\ncoordinator = "{site.address}"\n[matrix]\nmodel = ["tiny0.onnx"]\nres = [{SIDE}]\n'
            '[board]\nname = "virtual"\n[input]\nscene = 1\n[canary]\nwhen = []\n'
        )
        wait_for(lambda: "Exporter ready" in (site.folder / "exporter.log").read_text())
        ran = site.n6gen("ci", "run", "--plan", str(plan), "--out", str(tmp_path / "runs"), "--json", timeout=280)
        assert ran.returncode == 0, ran.stderr
        (job,) = json.loads(ran.stdout)["jobs"]
        assert job["verdict"] == "passed"
        assert "virtual-0" in json.dumps(job)
        assert (site.state / "farm/virtual-0/lock").is_file()
        assert set(site.holders().values()) == {""}
