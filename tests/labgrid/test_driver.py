"""The resources, the driver and the strategy, as labgrid itself uses them: on a laptop, and on a farm."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.farm.loopback import ROOT, Site, farm_python, wait_for
from tests.support.journey import build, tiny_model

PYTHON = farm_python()
pytestmark = [
    pytest.mark.skipif(PYTHON is None, reason="no farm environment: `make farm`, or set N6GEN_FARM_PYTHON"),
    pytest.mark.qemu,
]

LAPTOP = """
targets:
  main:
    resources:
      N6VirtualBoard: {host: localhost, serial: virtual-7}
    drivers:
      N6Driver: {}
      N6Strategy: {}
images: {build: build}
imports: [n6gen.labgrid]
"""
FARM = """
targets:
  main:
    resources:
      RemotePlace: {name: !template "$LG_PLACE"}
    drivers:
      N6Driver: {}
      N6Strategy: {}
images: {build: build}
imports: [n6gen.labgrid]
"""
ALL_THE_WAY = """
import json, sys
from labgrid import Environment
from labgrid.logging import basicConfig
target = Environment(sys.argv[1]).get_target()
strategy = target.get_driver("N6Strategy")
driver = target.get_driver("N6Driver", activate=False)
said = {"before": strategy.status.name}
strategy.transition("running")
said["board"] = driver.link().hello().board
driver.reset()
strategy.transition("off")
target.activate(driver)
said["flash"] = driver.flash()
said["measure"] = driver.measure("--scene", "1")
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, with a space in its name, that holds a build."""
    folder = tmp_path_factory.mktemp("a project")
    made = build(tiny_model(folder), folder / "build")
    assert made.code == 0, made.err
    return folder


def through_labgrid(project: Path, code: str, environment: str, state: Path, **env: str) -> Any:
    """What `code` prints, read as JSON."""
    file = project / "env.yaml"
    file.write_text(environment)
    assert PYTHON is not None
    done = subprocess.run(
        [PYTHON, "-c", code, file],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT), "N6GEN_STATE_DIR": str(state), **env},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_a_board_goes_from_off_to_a_verdict(project: Path, tmp_path: Path) -> None:
    """On a laptop, without a coordinator: flashed, running the very build, reset, measured; every pixel is right."""
    said = through_labgrid(project, ALL_THE_WAY, LAPTOP, tmp_path / "state")
    assert said["before"] == "unknown"
    assert said["board"] == "virtual"
    assert said["flash"]["serial"] == "virtual-7"
    assert {part["action"] for part in said["flash"]["partitions"]} == {"unchanged"}
    assert said["measure"]["verdict"]["exact"] is True


REMOTE = """
import json, sys
from labgrid import Environment
driver = Environment(sys.argv[1]).get_target().get_driver("N6Driver")
said = {"flash": driver.flash(), "measure": driver.measure("--scene", "1")}
try:
    driver.link()
except Exception as error:
    said["link"] = error.message
print(json.dumps(said))
"""


@pytest.fixture
def other_machine(tmp_path: Path) -> dict[str, str]:
    """A PATH on which ssh and rsync lead to "another machine": this one, through tests/stand_ins/ssh.py."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in ("ssh", "rsync"):
        script = bin_ / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/stand_ins/ssh.py"} {name} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{bin_}:{os.environ['PATH']}", "SSH_LOG": str(tmp_path / "ssh.log")}


def test_a_board_of_another_machine_is_reached_through_the_exporter(
    project: Path, tmp_path: Path, other_machine: dict[str, str]
) -> None:
    """By labgrid's own ssh: the build goes there, n6gen runs there, nothing of it stays. ssh is a stand-in here."""
    assert PYTHON is not None
    with Site(tmp_path / "site", PYTHON, virtual=1) as site:
        file = site.folder / "exporter.yaml"
        boards = json.loads(file.read_text())
        state = tmp_path / "bench state"
        board = {"host": "bench1", "state_dir": str(state), "n6gen": f"{PYTHON} -m n6gen"}
        boards["virtual-0"]["N6VirtualBoard"] |= board
        file.write_text(json.dumps(boards))
        site.kill("exporter")
        site.tend()
        client = [PYTHON, "-m", "labgrid.remote.client", "-x", site.address]
        acquire = [*client, "-p", "virtual-0", "acquire"]

        def acquired() -> bool:
            subprocess.run(acquire, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
            show = subprocess.run([*client, "resources", "--acquired"], capture_output=True, text=True, check=False)
            return "N6VirtualBoard" in show.stdout

        wait_for(acquired, 60)
        env = {**other_machine, "LG_COORDINATOR": site.address, "LG_PLACE": "virtual-0"}
        said = through_labgrid(project, REMOTE, FARM, tmp_path / "not the bench's", **env)
    assert said["flash"]["serial"] == "virtual-0"
    assert said["measure"]["verdict"]["exact"] is True
    assert (state / "virtual/virtual-0/nor.bin").is_file()
    assert not (tmp_path / "not the bench's").exists()
    assert said["link"] == "virtual-0 is a virtual board on bench1: it has no link that reaches here"
    log = [json.loads(line) for line in Path(other_machine["SSH_LOG"]).read_text().splitlines()]
    assert {line["host"] for line in log} == {"bench1"}
    folders = {word for line in log for word in line["command"].split() if word.startswith("/tmp/n6gen-")}
    assert folders
    assert not any(Path(folder).exists() for folder in folders)
