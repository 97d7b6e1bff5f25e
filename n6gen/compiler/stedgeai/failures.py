"""Every way `stedgeai` was seen to fail: how its output shows it, what it means, what to try.

All of it is on stdout; the exit status is 255, 4294967295 or 1, or 0 where the tool goes wrong without noticing. So
both are looked at: `failures_in` reads the output, the runner looks at the status and the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

#: The option that asks for NPU code; without it, or with a value it does not know, the tool makes code for the CPU.
NPU_ASKED = "--st-neural-art"

_LINE = re.compile(r"(?:(E\d{3})(?:\((\w+)\))?|(INTERNAL ERROR|TOOL ERROR|NOT IMPLEMENTED|LOAD ERROR)): ?(.*)")
# 2.2 repeats the compiler's whole output behind the text, as a Python list.
_REPEATED = re.compile(r" - \[''.*$")

_SHORTER = "Make the pool larger in the board's board.toml, choose a lower --res, or allow the PSRAM."
_REPORT = "Read the log; if the model is right, it is a limit of this release: try a newer stedgeai."


@attrs.frozen
class Failure:
    """One failure. `name` is the tool's own, or ours for what it does not name; `cause` tells more than `text`."""

    name: str
    text: str
    cause: str | None = None
    remedies: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line: `E103(CliRuntimeError): Error calling the Neural Art compiler (…)`."""
        return f"{self.name}: {self.text}" + (f" ({self.cause})" if self.cause else "")


@attrs.frozen
class _Cause:
    """A line inside the output of a failed run that tells more than the error's own line."""

    pattern: re.Pattern[str]
    meaning: str
    remedies: tuple[str, ...]


_CAUSES = (
    _Cause(
        re.compile(r"total bytes left unallocated=(\d+)"),
        "the memory pools are too small by {0} bytes",
        (_SHORTER,),
    ),
    _Cause(
        re.compile(r"memory pool JSON ERROR"),
        "the .mpool file is not strict JSON",
        ("A .mpool must be strict JSON: no comments, no trailing commas, ASCII only.",),
    ),
    _Cause(
        re.compile(r"Node (\S+) not mapped|not implemented shape len for Conversion|conf_CONV_IN_ACTIVATION"),
        "an operator that the NPU compiler cannot map: {0}",
        ("Replace the operator in the model; docs/stedgeai.md lists what is known to map.",),
    ),
    _Cause(
        re.compile(r"missing shape or size for value=(\S+)"),
        "the shape of {0} cannot be inferred",
        ("Give the model fixed shapes and a Pad with a constant value.",),
    ),
    _Cause(
        re.compile(r"Internal compiler error \(signo=(\d+)\)"),
        "the NPU compiler crashed with signal {0}",
        ("Try --keep-head or another resolution, or a newer stedgeai.",),
    ),
    _Cause(
        re.compile(r"wstring_convert"),
        "a path with characters other than ASCII",
        ("Use folders with ASCII names: N6GEN_CACHE_DIR sets where n6gen compiles.",),
    ),
    _Cause(
        re.compile(r"Minimal sizes needed are: \{'unlimited memory': (\d+)\}"),
        "{0} bytes are needed",
        (_SHORTER,),
    ),
)

#: Remedies by name; a text of its own where one name has several meanings.
_REMEDIES: Sequence[tuple[str, re.Pattern[str], tuple[str, ...]]] = (
    ("E010", re.compile(""), ("The model is damaged or uses a form the tool does not read: export it again.",)),
    ("E102", re.compile(""), ("n6gen passed an option this release does not know: report it with the log.",)),
    ("E103", re.compile("Neural Art"), ("The cause is in the log, above the error.",)),
    ("E700", re.compile(""), ("The run took the CPU path; the NPU path needs a profile with memory pools.",)),
    ("E801", re.compile("Invalid firmware"), ("Load the validation firmware of the same release onto the board.",)),
    (
        "INTERNAL ERROR",
        re.compile("ir_version"),
        (
            "Save the model with ONNX IR version 9 or older (n6gen keeps the model's own).",
            "Or use stedgeai 4.0 or newer.",
        ),
    ),
    ("NOT IMPLEMENTED", re.compile(""), ("An operator or a tensor's layout is not supported: change the model.",)),
    ("LOAD ERROR", re.compile("read timeout"), ("The board did not answer: check cable, boot switches, baud rate.",)),
)

_NOT_NPU = f"{NPU_ASKED} takes a profile as NAME@FILE; with a value it does not know it is ignored without a word."
_LOST = re.compile(r"Ignore Quantization JSON file")


def not_npu(command: str) -> Failure:
    """The failure that leaves no trace: `command` asked for NPU code, CPU code was made."""
    asked = next((word for word in command.split() if word.startswith(NPU_ASKED)), "without " + NPU_ASKED)
    return Failure("NotNpu", f"the NPU was asked for ({asked}) and code for the CPU was made", None, (_NOT_NPU,))


def quantisation_lost(how: str) -> Failure:
    """The tool went on in float, which it does with a warning at most."""
    remedies = ("Is every layer of the model quantised (QDQ, int8, per-channel symmetric weights)?",)
    return Failure("QuantisationLost", how, None, remedies)


def failures_in(lines: Iterable[str]) -> tuple[Failure, ...]:
    """All failures that cleaned lines of output show, in order, each once."""
    kept = list(lines)
    causes = list(_causes(kept))
    found = [_failure(match, causes) for line in kept if (match := _LINE.match(line))]
    if any(_LOST.search(line) for line in kept):
        found.append(quantisation_lost("the quantisation was ignored, the network computes in float"))
    return tuple({(failure.name, failure.text): failure for failure in found}.values())


def _failure(match: re.Match[str], causes: list[tuple[str, tuple[str, ...]]]) -> Failure:
    code, kind, plain, text = match.groups()
    name = plain or (f"{code}({kind})" if kind else code)
    text = _REPEATED.sub("", text).strip()
    if causes and name.startswith(("E103", "E700")):
        cause, better = causes[0]
        return Failure(name, text, cause, better)
    fitting = [said for start, pattern, said in _REMEDIES if name.startswith(start) and pattern.search(text)]
    return Failure(name, text, None, fitting[0] if fitting else (_REPORT,))


def _causes(lines: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for cause in _CAUSES:
        hits = [match for line in lines if (match := cause.pattern.search(line))]
        if hits:
            # Several configurations were tried: the least that is missing is what counts.
            best = min(hits, key=lambda match: int(match[1]) if (match.lastindex and match[1].isdecimal()) else 0)
            yield cause.meaning.format(best[1] if best.lastindex and best[1] else best[0]), cause.remedies
