"""Pages, cards, summaries and test results of sessions: complete, self-contained, and safe with any text."""

from __future__ import annotations

import copy
import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from junitparser import JUnitXml

from n6gen.errors import BoardError
from n6gen.measure.gallery import gallery, log_of
from n6gen.measure.gate import gate
from n6gen.measure.method import QUICK
from n6gen.measure.replay import replay
from n6gen.report.card import write_card
from n6gen.report.junit import write_junit, write_junit_error
from n6gen.report.markdown import markdown, write_markdown
from n6gen.report.page import page
from n6gen.report.pictures import Shown
from n6gen.report.words import method_lines
from tests.measure.clocked import ClockedBoard, run

#: What a board, a file name or a tool could say to harm a reader.
EVIL = "<script>alert(1)</script>\"'&]]>\x1b[31m\u202e|`x`::error::no\n# boo"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick session on the stand-in."""
    kept = tmp_path_factory.mktemp("report") / "s"
    run(kept, ClockedBoard(), QUICK)
    return kept


@pytest.fixture
def session(folder: Path) -> dict[str, Any]:
    """Its JSON."""
    values: dict[str, Any] = json.loads((folder / "session.json").read_text("utf-8"))
    return values


def evil(value: Any) -> Any:
    """Every text in JSON made harmful, but for those that n6gen chooses from a list."""
    if isinstance(value, dict):
        fixed = ("unit", "method", "started", "change")
        return {key: found if key in fixed else evil(found) for key, found in value.items()}
    if isinstance(value, list):
        return [evil(entry) for entry in value]
    return EVIL if isinstance(value, str) else value


class Tags(HTMLParser):
    """All tags with their attributes, and what is open at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "rect", "line", "circle"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"rect", "line", "circle"}:
            return
        assert self.open.pop() == tag


def must_stand_alone(text: str) -> None:
    """Nothing runs, nothing is fetched, every tag is closed."""
    tags = Tags(text)
    assert not tags.open
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "iframe", "object", "embed", "form", "base"}
    for _, attributes in tags.seen:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:image/png;base64,") or name not in attributes
    addresses = re.findall(r"url\(([^)]{0,24})", text)
    assert all(address.startswith("data:image/png;base64") for address in addresses)
    assert "default-src 'none'" in text


def test_a_page_has_everything(folder: Path, session: Mapping[str, Any]) -> None:
    """Stages, windows, histograms, masks, conditions and the published row, in one file without scripts."""
    text = page(session, gallery(replay(folder), folder), log_of(folder))
    must_stand_alone(text)
    for words in ("Stages", "Distribution", "Masks", "Frames", "Conditions", "Beside what is published", "fps"):
        assert words in text
    assert "not a full measurement" in text
    assert "some text of a driver" in text
    assert text.count("board&#39;s mask of") == 5
    assert "Instructions were counted" not in text
    for frame in session["frames"]:
        assert f"<h3>{frame['name']}</h3>" in text


def test_pages_of_the_same_bytes_are_the_same(folder: Path) -> None:
    """No time of day, no random id."""
    shown = gallery(replay(folder), folder)
    one, two = (page(replay(folder).as_json(), shown, log_of(folder)) for _ in range(2))
    assert one == two


def test_an_emulated_session_says_that_it_has_no_times(session: dict[str, Any]) -> None:
    """Instructions, never ms; what a deterministic clock lacks is n/a."""
    session |= {"unit": "instructions", "emulated": True, "windows": [], "cold": None, "rate": None, "published": None}
    session["stages"] = {
        name: dict.fromkeys(("p95", "p99", "mad", "p50_interval"))
        | {"n": 5, "min": 9, "p50": 9, "max": 9, "why": "deterministic"}
        for name in session["stages"]
    }
    text = page(session, [], "")
    must_stand_alone(text)
    assert "No figure of it is a time." in text
    assert "n/a (deterministic)" in text
    assert not re.search(r"\d ms\b", text)
    assert "No figure of it is a time." in markdown(session)
    assert "n/a \\(deterministic\\)" in markdown(session)


def test_wrong_pixels_are_shown(session: dict[str, Any]) -> None:
    """How many, in red, and the verdict is negative everywhere."""
    session["verdict"]["exact"] = False
    session["frames"][0]["mask_exact"] = 0.9999999
    picture = np.full((8, 8, 3), 90, np.uint8)
    device = np.zeros((8, 8), np.uint8)
    expected = device.copy()
    expected[2, 3:6] = 1
    text = page(session, [Shown("noise0", picture, device, expected)], "")
    must_stand_alone(text)
    assert "3 pixels differ" in text
    assert 'class="verdict bad"' in text
    assert "0.99999" in text
    assert "❌" in markdown(session)


@pytest.mark.parametrize("gated", [False, True])
def test_no_text_of_a_board_gets_out_of_its_place(session: dict[str, Any], tmp_path: Path, gated: bool) -> None:
    """Scripts, quotes, terminal sequences, Markdown and workflow commands in every text: shown, never obeyed."""
    if gated:
        other = copy.deepcopy(session)
        other["conditions"]["flags"] = ["-O3"]
        session["gate"] = gate(other, session, 0.0).as_json()
    bad = evil(session)
    bad["conditions"]["resolution"], bad["conditions"]["clock"]["tick_hz"] = [64, 64], 1_000_000
    if gated:
        bad["gate"]["verdict"] = "not comparable"
    text = page(bad, [Shown(EVIL, np.zeros((4, 4, 3), np.uint8), *np.zeros((2, 4, 4), np.uint8))], EVIL)
    must_stand_alone(text)
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text

    write_card(bad, tmp_path / "card.svg")
    card = ET.fromstring((tmp_path / "card.svg").read_text("utf-8"))
    assert {node.tag.rpartition("}")[2] for node in card.iter()} == {"svg", "style", "rect", "text"}

    write_junit(bad, tmp_path / "j.xml")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "j.xml"))))
    assert any("<script>" in case.name for case in suite)

    summary = markdown(bad)
    assert "<script" not in summary
    assert "::error" not in summary
    assert "\x1b" not in summary
    assert not [line for line in summary.splitlines() if line.startswith("# boo")]


def test_a_card_is_an_svg_that_fetches_nothing(session: dict[str, Any], tmp_path: Path) -> None:
    """The headline is the median total, with its unit."""
    write_card(session, tmp_path / "card.svg")
    text = (tmp_path / "card.svg").read_text("utf-8")
    ET.fromstring(text)
    assert f"{session['stages']['total']['p50']:,.3f}" in text
    assert "every pixel right" in text
    assert "href" not in text
    assert "url(" not in text


def test_a_card_names_the_model_and_what_was_measured(session: dict[str, Any], tmp_path: Path) -> None:
    """A name that has no room is cut; a quick session says so; windows have a median."""

    def words() -> list[str]:
        write_card(session, tmp_path / "card.svg")
        return [node.text or "" for node in ET.fromstring((tmp_path / "card.svg").read_text("utf-8")).iter()]

    found = words()
    assert "st_deeplabv3_mnv2_a050_s16_asppv2_320_qdq_int8 on stand-in" in found
    assert "ms, a frame of 64×64, median, quick, not a full measurement" in found
    session["method"]["name"], session["model"]["name"] = "full", f"{'mine' * 30}.onnx"
    found = words()
    (title,) = [text for text in found if text.endswith("… on stand-in")]
    assert len(title) == 60
    assert "ms, a frame of 64×64, median" in found


@pytest.mark.parametrize("name", ["quick", "full"])
def test_every_report_says_how_it_was_measured(session: dict[str, Any], tmp_path: Path, name: str) -> None:
    """Quick is marked; the cold inference, the frame rate and missed frames are there, with wait and whole pass."""
    session["method"]["name"] = name
    rate = session["rate"]
    for text in ("\n".join(method_lines(session)), markdown(session).replace("\\", "")):
        assert ("Quick, not a full measurement: 5 windows of at least 2 s and 30 samples." in text) == (name == "quick")
        assert f"kept apart: {session['cold']['total']:.3f} ms" in text
        assert f"{rate['fps']:.1f} frames a second end to end, {rate['dropped']} of {rate['frames']} missed" in text
        assert f"wait {rate['wait']:.3f} ms, loop {rate['loop']:.3f} ms" in text
    write_junit(session, tmp_path / "j.xml")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "j.xml"))))
    assert {p.name: p.value for p in suite.properties()}["method"] == name
    session |= {"method": session["method"] | {"name": "deterministic"}, "cold": None, "rate": None}
    assert method_lines(session) == []


def test_junit_has_a_test_a_frame(session: dict[str, Any], tmp_path: Path) -> None:
    """A wrong mask is a failure; costs are properties, never seconds."""
    session["frames"][1]["mask_exact"] = 0.5
    write_junit(session, tmp_path / "j.xml")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "j.xml"))))
    assert (suite.tests, suite.failures, suite.errors) == (5, 1, 0)
    properties = {p.name: p.value for p in suite.properties()}
    assert properties["condition.build_id"] == session["conditions"]["build_id"]
    assert float(properties["p50.network"]) == session["stages"]["network"]["p50"]
    assert not suite.time


def test_junit_of_a_gate(session: dict[str, Any], tmp_path: Path) -> None:
    """A regression is a failed test with the reason."""
    slow = copy.deepcopy(session)
    for window in slow["windows"]:
        window["samples"]["network"] = [2 * cost for cost in window["samples"]["network"]]
    slow["stages"]["network"]["p50"] *= 2
    slow["gate"] = gate(slow, session, 0.03).as_json()
    write_junit(slow, tmp_path / "j.xml")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "j.xml"))))
    (failed,) = (case for case in suite if case.result)
    assert failed.name == "baseline"
    assert "network" in failed.result[0].message
    assert "beyond the allowed +3.00%" in failed.result[0].message


def test_junit_of_an_error(tmp_path: Path) -> None:
    """A session that did not come to a result is an error, not a failure."""
    write_junit_error(BoardError("no boot: the board did not get ready", "Run `n6gen flash`."), tmp_path / "j.xml")
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "j.xml"))))
    assert (suite.tests, suite.failures, suite.errors) == (1, 0, 1)
    (case,) = suite
    assert "did not get ready" in case.result[0].message


def test_markdown_is_appended_to_a_step_summary_only(
    session: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other steps wrote stays; any other file is written anew."""
    summary, other = tmp_path / "summary.md", tmp_path / "other.md"
    for file in (summary, other):
        file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", os.fspath(summary))
    write_markdown(session, summary)
    write_markdown(session, other)
    assert summary.read_text("utf-8").startswith(
        "before\n\n## ✅ st\\_deeplabv3\\_mnv2\\_a050\\_s16\\_asppv2\\_320\\_qdq\\_int8, 64×64, on stand\\-in"
    )
    assert other.read_text("utf-8").startswith("## ✅")
