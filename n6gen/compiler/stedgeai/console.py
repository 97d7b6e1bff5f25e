"""The tool's text: `network_{analyze,generate,validate}_report.txt` and what it prints, whole, filtered or cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from n6gen.compiler.stedgeai.failures import NPU_ASKED, Failure, failures_in, not_npu
from n6gen.compiler.stedgeai.lines import Run, clean_lines, runs_in
from n6gen.compiler.stedgeai.report import Epoch, EpochCounts, EpochKind, NetworkReport, Path, Pool, unique
from n6gen.compiler.stedgeai.version import CoreVersion, parse, runtime_for

_UNITS = {"B": 1, "kB": 1024, "MB": 1024 * 1024}
_AMOUNT = r"([\d.]+)\s+(B|kB|MB)"
_SPAN = r"\[(0x[0-9A-Fa-f]+) - (0x[0-9A-Fa-f]+)\]:"
_POOL = re.compile(rf"(\S+)\s+{_SPAN}\s+{_AMOUNT}\s+/.*-- weights:\s+{_AMOUNT}.*activations:\s+{_AMOUNT}")
_RANGES = re.compile(rf"(\S+)\s+{_SPAN}((?:,? 0x[0-9A-Fa-f]+-0x[0-9A-Fa-f]+)+)$")
_RANGE = re.compile(r"(0x[0-9A-Fa-f]+)-(0x[0-9A-Fa-f]+)")
# Ends of the ranges are rounded up to this.
_RANGE_STEP = 16
_APPLICATION = re.compile(rf"Memory to be allocated by the user: inputs \({_AMOUNT}\), outputs \({_AMOUNT}\)")
_APPLICATION_POOL = "_user_io_"

_SERIES = re.compile(r"target/series\s*:\s*(\S+)|Requested memory size by section - \"(\S+)\" target")
_NPU_SERIES = "stm32n6npu"
_NPU_MARKS = re.compile(
    r"EXECUTING NEURAL ART COMPILER|Error calling the Neural Art compiler|^Compiler arguments:|ST Neural ART \(|"
    r"^Total number of epochs|^\| epochs?[_ ]"
)
_COMPILER_VERSION = re.compile(r"Compiler version: (\d+)\.(\d+)\.(\d+)-(\d+)\b")
_CPU_AMOUNT = re.compile(r"(weights \(ro\)|activations \(rw\))\s*:\s+([\d,]+) B")
_EXACT = re.compile(r"weights(?: \(ro\)\s*:\s+|\s+0\s+)([\d,]+)\b")

_OLD_TOTAL = re.compile(r"Total number of epochs: (\d+) of which (\d+) implemented in software")
_OLD_ROW = re.compile(r"epoch (\d+)\s+(HW|EC|-SW-|\?\?)(?:\s+\(\s*(.*?)\s*\))?$")
_NEW_COUNTS = (
    ("total", re.compile(r"Total number of epochs\s+(\d+)$")),
    ("sw", re.compile(r">> pure software \(SW\) epochs\s+(\d+)")),
    ("hybrid", re.compile(r">> hybrid epochs \(using both software and hardware\)\s+(\d+)")),
    ("hw", re.compile(r">> pure hardware \(HW or EC\) epochs\s+(\d+)")),
    ("blobs", re.compile(r"\(implemented in (\d+) epoch controller blobs")),
)
_NEW_ROW = re.compile(r"\| (epochs?[_ ].*?)\s*\|\s*(HW|EC|SW|Hybrid)\s*\|\s*(.*?)\s*\|$")
_ROW_KINDS: dict[str, EpochKind] = {
    "HW": "hw",
    "EC": "hw",
    "-SW-": "sw",
    "SW": "sw",
    "??": "hybrid",
    "Hybrid": "hybrid",
}

_FLOAT_LAYER = re.compile(r"WARNING: \S+ is not quantized")
_STUDIO_ERROR = re.compile(r"Run failed: Error: \S+ error: (.*?)\. Please check the report")


def is_console(text: str) -> bool:
    """Whether a text is the tool's, told by what nothing else prints."""
    lines = clean_lines(text)
    if any(_NPU_MARKS.search(line) or _POOL.match(line) for line in lines):
        return True
    return any(run.core or run.command for run in runs_in(lines))


def read_console(text: str) -> NetworkReport:
    """Read a report or a log. Figures come from the last analyze or generate in it: a validation repeats the CPU's."""
    runs = runs_in(clean_lines(text))
    if runs[0].lines and runs[0].lines[0].startswith("usage: stedgeai"):
        core = next((run.core for run in runs if run.core), None)
        return NetworkReport(kind="help", tool="stedgeai", core=core)
    compiled = [run for run in runs if run.command != "validate"]
    run = compiled[-1] if compiled else runs[-1]
    if run.core is None:
        run.core = _core_without_title(run, runs)
    kind = "report" if any(line.startswith("Created date") for line in run.lines) else "log"
    return _figures(run, kind=kind, errors=[str(failure) for failure in _failures(runs)])


def _core_without_title(run: Run, runs: Sequence[Run]) -> CoreVersion | None:
    """The release of a run whose first lines are cut off: by its compiler, else by the only one the text names."""
    for line in run.lines:
        compiler = _COMPILER_VERSION.match(line)
        release = compiler and runtime_for(tuple(int(number) for number in compiler.groups()))
        if release:
            return parse(release.core)
    named = {other.core for other in runs if other.core}
    return named.pop() if len(named) == 1 else None


def failures(text: str) -> tuple[Failure, ...]:
    """The failures in the output of one call."""
    return failures_in(clean_lines(text))


def _failures(runs: Sequence[Run]) -> tuple[Failure, ...]:
    """What went wrong since the last compilation that ended well."""
    since = max((at for at, run in enumerate(runs) if run.command != "validate" and _ended_well(run)), default=0)
    lines = [line for run in runs[since:] for line in run.lines]
    found = failures_in(lines) or failures_in(match[1] for line in lines if (match := _STUDIO_ERROR.search(line)))
    status = runs[-1].status
    if not found and status:
        return (Failure("ExitStatus", f"the tool ended with status {status} and said no reason"),)
    return found


def _ended_well(run: Run) -> bool:
    return run.finished and not failures_in(run.lines)


def _figures(run: Run, *, kind: str, errors: list[str]) -> NetworkReport:
    path = _path(run)
    asked = path == "cpu" and NPU_ASKED in (run.arguments or "")
    pools, application = _pools(run.lines)
    return NetworkReport(
        kind=kind if run.command is None else f"{kind} of {run.command}",
        tool="stedgeai",
        path=path,
        command=run.arguments,
        pools=pools or (_cpu_pools(run.lines) if path == "cpu" else ()),
        counts=_counts(run.lines) if path == "npu" else EpochCounts(),
        epochs=_rows(run.lines) if path == "npu" else (),
        application_io=application,
        errors=unique((*errors, *([str(not_npu(run.arguments or ""))] if asked else ()))),
        notes=_notes(run.lines),
        core=run.core,
    )


def _path(run: Run) -> Path:
    series = [match[1] or match[2] for line in run.lines if (match := _SERIES.search(line))]
    if _NPU_SERIES in series or any(_NPU_MARKS.search(line) for line in run.lines):
        return "npu"
    return "cpu" if series else "unknown"


def _notes(lines: Iterable[str]) -> tuple[str, ...]:
    kept = list(lines)
    floats = sum(bool(_FLOAT_LAYER.match(line)) for line in kept)
    notes = [line for line in kept if line.startswith("WARNING: Unsupported keys")]
    if floats:
        notes.append(f"{floats} layers are not quantised: they compute in float")
    if any(line.startswith("$ ") and "arm-none-eabi-gcc" in line for line in kept):
        notes.append("the tool could not compile its own size estimate: sizes of code are missing")
    return unique(notes)


@attrs.frozen
class _Row:
    name: str
    base: int
    end: int
    used: float
    unit: str
    holds: tuple[str, ...]


def _pools(lines: Sequence[str]) -> tuple[tuple[Pool, ...], tuple[int, int] | None]:
    """The last memory table in `lines`, and the bytes of inputs and outputs that the application provides."""
    rows: dict[str, _Row] = {}
    extents: dict[str, int] = {}
    application: tuple[int, int] | None = None
    for line in lines:
        if line.startswith("Memory usage information"):
            rows, extents, application = {}, {}, None
        elif match := _POOL.match(line):
            rows[match[1]] = _row(match)
        elif match := _RANGES.match(line):
            extents[match[1]] = sum(int(b, 16) - int(a, 16) for a, b in _RANGE.findall(match[4]))
        elif match := _APPLICATION.match(line):
            application = _bytes(match[1], match[2]), _bytes(match[3], match[4])
    exact = {int(match[1].replace(",", "")) for line in lines if (match := _EXACT.match(line))}
    own = {name: row for name, row in rows.items() if name.startswith(_APPLICATION_POOL)}
    if own:
        sizes = [(round(row.used), "input" in name) for name, row in own.items()]
        application = sum(n for n, is_in in sizes if is_in), sum(n for n, is_in in sizes if not is_in)
    return tuple(_pool(row, extents.get(name), exact) for name, row in rows.items() if name not in own), application


def _row(match: re.Match[str]) -> _Row:
    name, base, end, used, unit, weights, weights_unit, activations, activations_unit = match.groups()
    amounts = {"weights": _bytes(weights, weights_unit), "activations": _bytes(activations, activations_unit)}
    holds = tuple(what for what, amount in amounts.items() if amount)
    return _Row(name, int(base, 16), int(end, 16), float(used) * _UNITS[unit], unit, holds)


def _pool(row: _Row, extent: int | None, exact: set[int]) -> Pool:
    used = round(row.used)
    # Three decimals of a MB are half a KiB: the used range is known to 16 bytes, and agrees wherever both are known.
    if row.unit == "MB" and extent is not None and abs(extent - row.used) <= _UNITS["MB"] * 0.0005 + _RANGE_STEP:
        used = next((total for total in exact if extent - _RANGE_STEP < total <= extent), extent)
    return Pool(row.name, row.base, row.end - row.base, used, row.holds)


def _bytes(amount: str, unit: str) -> int:
    return round(float(amount) * _UNITS[unit])


def _cpu_pools(lines: Iterable[str]) -> tuple[Pool, ...]:
    """On the CPU path the tool says how much, never where."""
    amounts = {match[1]: int(match[2].replace(",", "")) for line in lines if (match := _CPU_AMOUNT.match(line))}
    return tuple(Pool(name.split()[0], None, None, amount, (name.split()[0],)) for name, amount in amounts.items())


def _counts(lines: Sequence[str]) -> EpochCounts:
    old = [match for line in lines if (match := _OLD_TOTAL.match(line))]
    if old:
        return _old_counts(int(old[-1][1]), int(old[-1][2]), lines)
    found: dict[str, int | None] = {}
    for name, pattern in _NEW_COUNTS:
        hits = [match for line in lines if (match := pattern.search(line))]
        found[name] = int(hits[-1][1]) if hits else None
    return EpochCounts(**found)


def _old_counts(total: int, software: int, lines: Iterable[str]) -> EpochCounts:
    marks = [match[2] for line in lines if (match := _OLD_ROW.match(line))]
    # A list that shows every software epoch was cut of plain hardware at most: then its hybrids are all there too.
    whole = len(marks) == total or (software > 0 and marks.count("-SW-") == software)
    if not whole:
        return EpochCounts(total, None, None, software)
    hybrid = marks.count("??")
    return EpochCounts(total, total - software - hybrid, hybrid, software)


def _rows(lines: Iterable[str]) -> tuple[Epoch, ...]:
    found = []
    for line in lines:
        old, new = _OLD_ROW.match(line), _NEW_ROW.match(line)
        if old:
            found.append(_epoch(f"epoch_{old[1]}", old[2], old[3]))
        elif new:
            found.append(_epoch(re.sub(r"\s+", " ", new[1]), new[2], new[3]))
    return tuple(found)


def _epoch(name: str, mark: str, operators: str | None) -> Epoch:
    return Epoch(name, _ROW_KINDS[mark], tuple(word.strip() for word in (operators or "").split(",") if word.strip()))
