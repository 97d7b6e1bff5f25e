"""A session as test results: a test a frame, and one a stage that a gate judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from n6gen.errors import N6genError
from n6gen.report.numbers import figure, flat, share
from n6gen.report.words import gate_lines
from n6gen.tools.files import write_atomic
from n6gen.tools.text import clean


def write_junit(session: Mapping[str, Any], file: Path) -> None:
    """Write a finished session. Costs are properties: what JUnit calls time would be read as seconds."""
    suite = TestSuite("n6gen measure")
    suite.timestamp = session["started"]
    suite.add_property("unit", clean(session["unit"]))
    suite.add_property("method", clean(session["method"]["name"]))
    for name, stage in session["stages"].items():
        suite.add_property(f"p50.{name}", figure(stage["p50"], session["unit"]).replace(",", ""))
    for name, text in flat(session["conditions"]):
        suite.add_property(f"condition.{name}", clean(text))
    for frame in session["frames"]:
        suite.add_testcase(_mask_case(frame))
    judged = session.get("gate")
    if judged:
        bad = judged["verdict"] in ("regression", "not comparable")
        suite.add_testcase(_case("n6gen.gate", "baseline", "\n".join(gate_lines(session)) if bad else None))
    write(suite, file)


def write_junit_error(error: N6genError, file: Path) -> None:
    """Write a session that ended in an error."""
    suite = TestSuite("n6gen measure")
    case = TestCase("session", "n6gen.session")
    trouble = Error(clean(error.message), type(error).__name__)
    trouble.text = clean("\n".join(error.things_to_try))
    case.result = [trouble]
    suite.add_testcase(case)
    write(suite, file)


def _mask_case(frame: Mapping[str, Any]) -> TestCase:
    """A frame's mask; skipped where there was nothing to compare it with."""
    exact = frame["mask_exact"]
    wrong = f"{share(exact)} of the pixels equal the integer reference, all must"
    case = _case("n6gen.masks", frame["name"], None if exact in (None, 1) else wrong)
    if exact is None:
        case.result = [Skipped("no mask to compare with")]
    return case


def _case(group: str, name: str, wrong: str | None) -> TestCase:
    case = TestCase(clean(name), group)
    if wrong is not None:
        case.result = [Failure(clean(wrong), "verdict")]
    return case


def write(suite: TestSuite, file: Path) -> None:
    """Write one suite as a file that the common schema of JUnit results (that of Jenkins) allows."""
    xml = JUnitXml("n6gen")
    xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    # The schema knows this attribute of suites, not of their sum.
    write_atomic(file, re.sub(rb'(<testsuites[^>]*) skipped="\d+"', rb"\1", text, count=1))
