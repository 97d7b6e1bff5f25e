"""Reads what programmers print: harmless lines, the banner of STM32CubeProgrammer, its list of probes, a verdict.

An exit status of 0 is not success, and neither is a line that says so: both are needed, and no line that complains.
What was written is proven by reading it back, which is not done here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs

from n6gen.programmer.failures import FAILURES, HUNG, KNOWN_BAD, NOT_UNDERSTOOD, UNFINISHED, Failure
from n6gen.tools.run import Result
from n6gen.tools.text import clean

#: What a write must have said.
WRITTEN = ("File download complete", "Download verified successfully")

_VERSION = re.compile(r"STM32CubeProgrammer v(\d+)\.(\d+)\.(\d+)")
_FIELD = re.compile(r"^\s*([A-Za-z][\w .-]*?)\s*:+\s*(.*?)\s*$")
_COMPLAINT = re.compile(r"^\s*(?:\d\d:\d\d:\d\d : )?(Error:|ST-LINK error\b)", re.IGNORECASE)
_PROBE = re.compile(r"^\s*ST-Link Probe \d+\s*:", re.IGNORECASE)
_BANNER_KEYS = frozenset(
    {
        "ST-LINK SN",
        "ST-LINK FW",
        "Board",
        "Voltage",
        "SWD freq",
        "Connect mode",
        "Device ID",
        "Revision ID",
        "Device name",
        "Device CPU",
    }
)


@attrs.frozen
class Listed:
    """One probe of a list. `firmware` is empty for a probe that could not be asked: another program uses it."""

    serial: str
    firmware: str
    board: str


def lines_of(output: str) -> list[str]:
    """The lines of an output, without colours and control characters, and without what a progress bar overwrote."""
    return clean(output.replace("\r\n", "\n").replace("\r", "\n"), limit=len(output) + 1).split("\n")


def version_in(lines: Iterable[str]) -> tuple[int, int, int] | None:
    """The version of STM32CubeProgrammer that its banner shows."""
    hit = next((match for line in lines if (match := _VERSION.search(line))), None)
    return (int(hit[1]), int(hit[2]), int(hit[3])) if hit else None


def banner(lines: Iterable[str]) -> Mapping[str, str]:
    """What the banner says of probe and processor, by its own names; the first of equal ones, unknown ones left out."""
    found: dict[str, str] = {}
    for line in lines:
        match = _FIELD.match(line)
        if match and match[1] in _BANNER_KEYS:
            found.setdefault(match[1], match[2])
    return found


def probes_in(lines: Sequence[str]) -> list[Listed]:
    """The probes of a `-l`."""
    found: list[dict[str, str]] = []
    for line in lines:
        if _PROBE.match(line):
            found.append({})
        elif line.lstrip().startswith(("=====", "-----")):
            # The next section, whose ports have a board name too.
            if found and found[-1]:
                break
        elif found and (match := _FIELD.match(line)):
            found[-1].setdefault(match[1], match[2])
    return [
        Listed(one["ST-LINK SN"], one.get("ST-LINK FW", ""), one.get("Board Name", ""))
        for one in found
        if one.get("ST-LINK SN")
    ]


def judge(result: Result, *, wants: Sequence[str] = ()) -> Failure | None:
    """What went wrong in a call, or None: exit status 0, every text of `wants`, and no complaint."""
    return verdict(lines_of(result.output), result.returncode, wants=wants, timed_out=result.timed_out)


def verdict(
    lines: Sequence[str], returncode: int | None, *, wants: Sequence[str] = (), timed_out: bool = False
) -> Failure | None:
    """See `judge`; a `returncode` of None is not known."""
    known = recognise(lines)
    if known is not None:
        return known
    if timed_out:
        return HUNG
    complained = any(_COMPLAINT.match(line) for line in lines)
    silent = any(not any(text in line for line in lines) for text in wants)
    if not (complained or silent or returncode):
        return None
    explained = KNOWN_BAD.get(version_in(lines) or (0, 0, 0))
    return explained or (NOT_UNDERSTOOD if complained else UNFINISHED)


def recognise(lines: Sequence[str]) -> Failure | None:
    """The failure that an output shows, if n6gen knows it."""
    text = "\n".join(lines)
    for failure in FAILURES:
        if all(re.search(pattern, text, re.MULTILINE) for pattern in failure.patterns):
            return failure
    return None


def complaint(lines: Sequence[str]) -> str:
    """The programmer's own words for what went wrong: its first complaint, else its last line, else nothing."""
    said = [" ".join(line.split()) for line in lines if line.strip()]
    complaints = [line for line in said if _COMPLAINT.match(line)]
    return clean((complaints or said[-1:] or [""])[0], 200)
