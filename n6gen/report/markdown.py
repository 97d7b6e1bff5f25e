"""A session as Markdown, for the step summary of a GitHub job."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from n6gen.report import profile
from n6gen.report.epochs import epoch_lines
from n6gen.report.numbers import flat, interval, or_na, share, unit_label
from n6gen.report.words import gate_lines, method_lines, passed, published_lines, verdict_line, warnings
from n6gen.tools.files import write_atomic
from n6gen.tools.text import clean

_SUMMARY = "GITHUB_STEP_SUMMARY"
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~@-])")


def write_markdown(session: Mapping[str, Any], file: Path) -> None:
    """Write a session; append it if `file` is the job's step summary, which other steps write too."""
    text = markdown(session)
    summary = os.environ.get(_SUMMARY)
    if summary and file.resolve() == Path(summary).resolve():
        with file.open("a", encoding="utf-8") as end:
            end.write("\n" + text)
    else:
        write_atomic(file, text)


def markdown(session: Mapping[str, Any]) -> str:
    """The text."""
    conditions = session["conditions"]
    parts = [
        f"## {'✅' if passed(session) else '❌'} {_what(session)}",
        " ".join(safe(line) for line in [verdict_line(session), *warnings(session)]),
    ]
    if session.get("gate"):
        parts.append("\n".join(f"- {safe(line.strip())}" for line in gate_lines(session)))
    parts.append(f"**Stages**, in {safe(unit_label(session))}")
    parts.append(_stages(session))
    parts += [safe(line) for line in method_lines(session)]
    if session.get("profile"):
        parts.append(_profile(session))
    parts += [safe(line) for line in epoch_lines(session)]
    if session.get("published"):
        parts.append("\n".join(f"- {safe(line.strip())}" for line in published_lines(session)))
    parts.append("**Masks**, shares of equal pixels")
    parts.append(_masks(session["frames"]))
    listed = _table(("condition", "value"), ((name, text) for name, text in flat(conditions)), "ll")
    parts.append(f"<details><summary>Conditions</summary>\n\n{listed}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _what(session: Mapping[str, Any]) -> str:
    height, width = session["conditions"]["resolution"]
    model = session["model"]["name"].removesuffix(".onnx")
    return f"{safe(model)}, {width}×{height}, on {safe(session['conditions']['board'])}"


def _stages(session: Mapping[str, Any]) -> str:
    unit = session["unit"]
    names = ("min", "p50", "p95", "p99", "max", "mad")
    rows = [
        (
            name,
            f"{s['n']:,}",
            *(or_na(s[column], unit, s["why"]) for column in names),
            interval(s["p50_interval"], unit, s["why"]),
        )
        for name, s in session["stages"].items()
    ]
    return _table(("stage", "n", *names[:-1], "MAD", "95% for p50"), rows, "l" + "r" * 8)


def _profile(session: Mapping[str, Any]) -> str:
    said = " ".join(safe(line) for line in profile.lines(session))
    rows = [*(row.cells for row in profile.rows(session)), profile.total(session)]
    listed = _table(profile.head(session), rows, "rlrrrrrl")
    summary = f"{profile.title(session)}, in {html.escape(unit_label(session))}"
    return f"<details><summary>{summary}</summary>\n\n{said}\n\n{listed}\n\n</details>"


def _masks(frames: Sequence[Mapping[str, Any]]) -> str:
    names = ("mask_exact", "mask_agreement", "ort_self_agreement")
    rows = [(frame["name"], *(share(frame[name]) for name in names)) for frame in frames]
    return _table(("frame", "exact", "like onnxruntime", "onnxruntime like itself"), rows, "lrrr")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in align]
    lines = [head, rule, *([safe(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def safe(text: str) -> str:
    """Text that Markdown, HTML and the workflow's command parser leave alone, on one line."""
    line = clean(text).replace("\n", " ").replace("::", ": :")
    return html.escape(_MARKS.sub(r"\\\1", line), quote=False)
