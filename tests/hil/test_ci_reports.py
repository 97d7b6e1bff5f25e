"""What a run says: JUnit, summary, annotations, page and history, whatever text a board sends."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from n6gen.hil.history import Culprit, culprit, history, remember
from n6gen.hil.junit import write_junit
from n6gen.hil.page import write_page
from n6gen.hil.summary import summary, write_summary
from n6gen.hil.words import harmless, workflow_commands

#: The common schema of JUnit results: which attributes (those with ! must be there) and which elements each has.
_SCHEMA = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "time", "skipped", "timestamp", "hostname"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name!", "value!"}, set()),
    "testcase": ({"name!", "time", "classname"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    **{name: ({"type", "message"}, set()) for name in ("skipped", "error", "failure")},
    **{name: (set(), set()) for name in ("system-out", "system-err")},
}
_EVIL = "::error::gotcha\n::set-output name=x::y\r\x1b[31m##[error]z <script>alert(1)</script> ]]> |%0A::debug::"


def _job(name: str = "demo-320", verdict: str = "passed", **more: Any) -> dict[str, Any]:
    attempt = {"board": "virtual-0", "waited": 0.0, "steps": [], "sick": None, "reason": "r", "verdict": verdict}
    model, _, res = name.rpartition("-")
    job = {"name": name, "model": model, "res": int(res), "options": {}, "verdict": verdict, "reason": "because"}
    job |= {"seconds": 1.5, "attempts": [attempt], "costs": {"total": 1000.0}, "unit": "instructions", "emulated": True}
    job |= {"build_id": "b1", "network_id": "n1", "images": {"app": "a" * 64}, "tools": {"gcc": "12"}, "build": None}
    return job | more


def _results(*jobs: dict[str, Any], **more: Any) -> dict[str, Any]:
    counts = {job["verdict"]: sum(other["verdict"] == job["verdict"] for other in jobs) for job in jobs}
    said = {"id": "r1", "plan": "p", "started": "2026-11-24T18:00:00-05:00", "seconds": 2.0, "exit_code": 0}
    said |= {"counts": counts, "shard": "1/1", "bench": "local", "board": "virtual", "boards": ["virtual-0"]}
    said |= {"notes": [], "sick": {}, "canary_seconds": {}, "commit": {"id": "c" * 40, "changed": False}}
    said |= {"n6gen": "0.1", "machine": {"system": "Linux", "cores": 2}, "excluded": [], "jobs": list(jobs)}
    return said | more


def _check(element: ET.Element) -> None:
    attributes, children = _SCHEMA[element.tag]
    must = {name.removesuffix("!") for name in attributes if name.endswith("!")}
    assert must <= element.attrib.keys() <= {name.removesuffix("!") for name in attributes}
    for child in element:
        assert child.tag in children
        _check(child)


def test_junit_is_valid_and_names_model_and_resolution(tmp_path: Path) -> None:
    """Each verdict has its element; a job of any name still says model and resolution."""
    verdicts = ("passed", "failed", "error", "timeout", "skipped", "cancelled")
    jobs = [_job(f"demo-{index}", verdict, reason=_EVIL) for index, verdict in enumerate(verdicts)]
    jobs[0]["name"] = "mine"
    write_junit(_results(*jobs), tmp_path / "j.xml")
    root = ET.fromstring((tmp_path / "j.xml").read_bytes())
    _check(root)
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["mine (demo 0)", *(f"demo-{i}" for i in range(1, 6))]
    found = [[child.tag for child in case if child.tag != "system-out"] for case in cases]
    assert found == [[], ["failure"], ["error"], ["error"], ["skipped"], ["skipped"]]
    assert root[0].get("timestamp") == "2026-11-24T18:00:00"
    (suite,) = JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 1, 2, 2)


@given(text=st.text(max_size=200))
def test_no_text_of_a_board_is_a_workflow_command(text: str) -> None:
    """One line a job, which begins with our command and holds no other; the summary has none at all."""
    said = harmless(text)
    assert "\n" not in said
    assert "\r" not in said
    assert "::" not in said
    results = _results(_job("demo-1", "failed", reason=text))
    (line,) = workflow_commands(results)
    assert line.startswith("::error title=demo-1%3A failed::")
    assert line.count("::") == 2
    assert not any(line.lstrip().startswith("::") for line in summary(results, {}).splitlines())


def test_the_step_summary_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other steps of the job write to it too."""
    step = tmp_path / "step.md"
    step.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    broke = {"demo-320": Culprit("r1", "r0", (("commit", "a" * 40, "b" * 40),))}
    write_summary(_results(_job(verdict="failed", reason=_EVIL), exit_code=1), broke, tmp_path / "s.md")
    text = step.read_text()
    assert text.startswith("before\n\n## ❌ n6gen ci: 1 failed on virtual")
    assert "commit aaaaaaaaaaaa → bbbbbbbbbbbb" in text
    assert "<script>" not in text
    assert text.endswith((tmp_path / "s.md").read_text())


def test_the_page_needs_nothing_and_runs_nothing(tmp_path: Path) -> None:
    """No script, no address but those of files beside it; text is escaped."""
    jobs = [_job("demo-1", reason=_EVIL), _job("demo-2", "timeout", costs={}, unit=None, emulated=None)]
    results = _results(*jobs, sick={"virtual-1": _EVIL}, notes=[_EVIL])
    known = [remember(tmp_path, results | {"id": f"r{n}"}) for n in range(3)][-1]
    write_page(results, {"demo-2": Culprit("r1", None, ())}, known, tmp_path, tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text()
    seen = _Seen()
    seen.feed(text)
    assert "script" not in seen.tags
    assert all(not address.startswith(("http", "//", "javascript")) for address in seen.addresses)
    assert "3 runs" in text
    assert "not good in any run" in text


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("href", "src") and value]


def test_the_history_names_the_run_that_broke_a_job_and_what_changed(tmp_path: Path) -> None:
    """Between the last good run and the first that is not; silent runs count for nothing; a torn line is left out."""
    old, new = {"id": "c1", "changed": False}, {"id": "c2", "changed": True}
    course = [
        ("r1", "passed", old, "b1"),
        ("r2", "passed", old, "b1"),
        ("r3", "cancelled", old, "b1"),
        ("r4", "failed", new, "b2"),
        ("r5", "failed", {"id": "c3", "changed": False}, "b3"),
    ]
    for name, verdict, commit, build in course:
        known = remember(tmp_path, _results(_job(verdict=verdict, build_id=build), id=name, commit=commit))
    found = culprit(known, "demo-320", "virtual")
    assert found == Culprit("r4", "r2", (("commit", "c1", "c2 and changes"), ("build_id", "b1", "b2")))
    assert culprit(known, "demo-320", "stm32n6570-dk") is None
    assert culprit(known[:2], "demo-320", "virtual") is None
    assert culprit(known[:3], "demo-320", "virtual") is None
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"id": "torn')
    assert [entry["id"] for entry in history(tmp_path)] == ["r1", "r2", "r3", "r4", "r5"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(runs=st.integers(1, 6))
def test_a_run_that_is_remembered_twice_is_there_once(tmp_path: Path, runs: int) -> None:
    for _ in range(runs):
        known = remember(tmp_path, _results(_job()))
    assert [entry["id"] for entry in known] == ["r1"]
