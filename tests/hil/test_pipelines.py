"""The pipelines that `n6gen ci init` writes: valid, safe for a machine with a board, and their commands run."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import n6gen
from tests.support.journey import SIDE, tiny_model

yaml = pytest.importorskip("ruamel.yaml", reason="check-jsonschema is not installed: make setup")

FILES = {"github": Path(".github/workflows/n6gen.yml"), "gitlab": Path(".gitlab-ci.yml")}
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}
PLAN = f"""
[matrix]
model = ["tiny0.onnx"]
res = [{SIDE}]
[board]
name = "virtual"
serials = ["virtual-0"]
[input]
scene = 1
[canary]
when = []
"""


@pytest.fixture(params=list(FILES))
def service(request: pytest.FixtureRequest) -> str:
    """Each of the services."""
    found: str = request.param
    return found


@pytest.fixture
def repository(tmp_path: Path, service: str) -> Path:
    """A repository after `n6gen ci init`."""
    folder = tmp_path / "my repository"
    folder.mkdir()
    made = n6gen("ci", "init", f"--{service}", "--json", cwd=folder)
    assert made.code == 0, made.err
    assert made.json["pipelines"] == [str(FILES[service])]
    return folder


def parsed(repository: Path, service: str) -> dict[str, Any]:
    """The pipeline, read by a YAML parser that complains of doubled keys."""
    found = yaml.YAML(typ="safe").load(io.StringIO((repository / FILES[service]).read_text("utf-8")))
    assert isinstance(found, dict)
    return found


def commands(pipeline: dict[str, Any], service: str, job: str) -> list[str]:
    """All that a job's shell gets, in order."""
    if service == "github":
        return [step["run"] for step in pipeline["jobs"][job]["steps"] if "run" in step]
    return [*pipeline[job].get("before_script", ()), *pipeline[job]["script"]]


def test_it_is_valid(repository: Path, service: str) -> None:
    """By the schema that the service publishes."""
    words = ["--builtin-schema", SCHEMAS[service], repository / FILES[service]]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_pull_request_reaches_the_board(repository: Path, service: str) -> None:
    """And no secret is there to be taken."""
    text = "\n".join(
        line for line in (repository / FILES[service]).read_text("utf-8").splitlines() if not line.startswith("#")
    )
    assert "secrets" not in text
    assert "pull_request_target" not in text
    pipeline = parsed(repository, service)
    if service == "github":
        # YAML 1.1 reads `on` as true; GitHub and YAML 1.2 do not.
        assert set(pipeline["on"]) == {"push", "pull_request", "workflow_dispatch"}
        assert pipeline["permissions"] == {"contents": "read"}
        hardware = {name for name, job in pipeline["jobs"].items() if "self-hosted" in job["runs-on"]}
        assert hardware == {"board"}
        assert pipeline["jobs"]["board"]["if"] == "github.event_name != 'pull_request'"
        checkouts = [
            step
            for job in pipeline["jobs"].values()
            for step in job["steps"]
            if step.get("uses", "").startswith("actions/checkout@")
        ]
        assert len(checkouts) == 2
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    else:
        never = {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"', "when": "never"}
        assert pipeline["board"]["rules"][0] == never
        assert pipeline["board"]["tags"] == ["n6gen"]
        assert "tags" not in pipeline["virtual"]


def test_every_command_is_a_shell_script(repository: Path, service: str) -> None:
    """None has a mistake of syntax, and each that n6gen is asked for exists."""
    pipeline = parsed(repository, service)
    for job in ("virtual", "board"):
        for script in commands(pipeline, service, job):
            done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, timeout=30, check=False)
            assert done.returncode == 0, done.stderr
    assert commands(pipeline, service, "virtual")[-2:] == commands(pipeline, service, "board")[-2:]


@pytest.mark.qemu
def test_its_commands_run(repository: Path, service: str, tmp_path: Path) -> None:
    """With a small network: what the plan says, then a run whose results are where the pipeline takes them from."""
    tiny_model(repository)
    (repository / "n6gen-ci.toml").write_text(PLAN)
    program = tmp_path / "bin/n6gen"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m n6gen "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    ours = [script for script in commands(parsed(repository, service), service, "board") if script.startswith("n6gen ")]
    assert [re.split(" -", script)[0] for script in ours] == ["n6gen ci plan", "n6gen ci run"]
    for script in ours if service == "github" else ours[:1]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=repository,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
            env={**os.environ, "PATH": path},
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    if service == "github":
        # The other one's second command is the same, letter by letter (above).
        assert "<testcase" in (repository / "n6gen-junit.xml").read_text()
        assert any((repository / "n6gen-runs").rglob("*.html"))
