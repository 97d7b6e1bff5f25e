"""Judges counts by those that are kept: what costs more than 1 % more is red."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from bench.counts import BYTES, OF_THE_WEIGHTS, STAGES, Counts, Row

#: How much more a count may be than the one that is kept.
LIMIT = 0.01
ACCEPT = "python -m bench --write"


@attrs.frozen
class Judgement:
    """`rises` fail; `falls` and `notes` are told."""

    rises: tuple[str, ...]
    falls: tuple[str, ...]
    notes: tuple[str, ...]


def unlike(kept: Counts, tools: Mapping[str, str]) -> str | None:
    """Why counts made with `tools` cannot be judged by the kept ones; None if they can."""
    if not kept.rows:
        return None
    if kept.tools["gcc"] != tools["gcc"]:
        return f"not comparable: gcc is {tools['gcc']!r} here, the counts were taken with {kept.tools['gcc']!r}"
    return None


def judge(kept: Counts, rows: list[Row]) -> Judgement:
    """Compare every figure of `rows` with the kept one."""
    rises: list[str] = []
    falls: list[str] = []
    notes: list[str] = []
    for row in rows:
        name = f"{row.model} {row.resolution} {row.kernels}"
        old = kept.row(row.key)
        if old is None:
            rises.append(f"{name}: no count is kept; keep one: {ACCEPT}")
            continue
        if old.model_sha256 != row.model_sha256:
            notes.append(f"{name}: another model file than the counts were taken with: decode is not judged; {ACCEPT}")
        for figure, before, now in _figures(old, row):
            change = f"{name}: {figure} {before:,} → {now:,} ({(now - before) / before:+.2%})"
            if now - before > LIMIT * before:
                rises.append(change)
            elif before - now > LIMIT * before:
                falls.append(change)
    return Judgement(tuple(rises), tuple(falls), tuple(notes))


def _figures(old: Row, new: Row) -> Iterator[tuple[str, int, int]]:
    for figure in (*STAGES, *BYTES):
        if figure not in OF_THE_WEIGHTS or old.model_sha256 == new.model_sha256:
            yield figure, old.figures[figure], new.figures[figure]


def words(judgement: Judgement) -> str:
    """What to print."""
    lines = list(judgement.notes)
    if judgement.falls:
        lines += ["Less than is kept, by more than 1 %:", *_indented(judgement.falls)]
        lines += [f"  Keep the new counts, so that they cannot rise again unseen: {ACCEPT}"]
    if judgement.rises:
        lines += ["FAILED: more than is kept, by more than 1 %:", *_indented(judgement.rises)]
        lines += [f"  If that is meant, keep the new counts and say why in the commit: {ACCEPT}"]
    else:
        lines += ["No count has risen by more than 1 %."]
    return "\n".join(lines)


def _indented(lines: tuple[str, ...]) -> list[str]:
    return [f"  {line}" for line in lines]
