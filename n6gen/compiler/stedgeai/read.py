"""Read whatever `stedgeai` left: any of its files, or a folder of them. Files are told by content, not by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from n6gen.compiler.stedgeai.blobs import read_ecblobs
from n6gen.compiler.stedgeai.c_info import is_c_info, read_c_info
from n6gen.compiler.stedgeai.console import is_console, read_console
from n6gen.compiler.stedgeai.descriptions import read_json, read_mpool, read_options, read_profiles, read_traffic
from n6gen.compiler.stedgeai.network_c import is_cpu_network_c, is_network_c, read_network_c, report_of
from n6gen.compiler.stedgeai.report import NetworkReport, unique
from n6gen.errors import InputError

#: Larger files are no reports; the largest seen has 2.4 MB.
_MAX_BYTES = 64 * 1024 * 1024
#: A folder's files of these endings are looked at, besides `c_info.json`.
_ENDINGS = (".json", ".txt", ".log", ".c", ".h", ".mpool", ".ini", ".csv")
_HINTS = (
    "Give a folder that `stedgeai generate` or `n6gen build` wrote, or one of its files.",
    "Known: *_c_info.json, *_report.txt, *_report.json, network.c, logs, .mpool, profiles.",
)
#: Which file's figures count most, by the start of its kind; what is not named comes last.
_RANK = ("c_info", "report of generate", "report of analyze", "log of generate", "log of analyze", "network.c")


def read(path: Path) -> NetworkReport:
    """What is known of the compiled network in `path`, a file or a folder.

    Raises InputError if the path does not exist, or nothing in it is the tool's.
    """
    if path.is_dir():
        return _read_folder(path)
    report = read_file(path)
    if report is None:
        raise InputError(f"{path}: not a file of stedgeai's that n6gen knows", *_HINTS)
    return report


def read_file(path: Path) -> NetworkReport | None:
    """What one file says; None if it is none of the tool's. Raises InputError if it cannot be read or is damaged."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "Check the path.") from error
    if path.suffix == ".mpool":
        return read_mpool(text)
    if path.suffix in (".json", ".mdesc"):
        return _read_json(path, text)
    if is_network_c(text):
        return report_of(read_network_c(text))
    if is_cpu_network_c(text):
        return NetworkReport(kind="network.c of the CPU path", tool="stedgeai", path="cpu")
    if blobs := read_ecblobs(text):
        note = f"{len(blobs)} epoch controller blobs, {sum(blob.size for blob in blobs) / 1024:,.1f} KiB in the app"
        return NetworkReport(kind="epoch controller blobs", tool="stedgeai", path="npu", notes=(note,))
    if is_console(text):
        return read_console(text)
    return read_options(text) or read_traffic(text)


def _read_json(path: Path, text: str) -> NetworkReport | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        profiles = read_profiles(text)
        if profiles is None:
            raise InputError(f"{path}: not JSON: {error}", *_HINTS) from error
        return profiles
    try:
        if is_c_info(value):
            return read_c_info(value)
        return _own_network(value) or read_json(value) or read_profiles(text)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: not as stedgeai writes it: {type(error).__name__}: {error}", *_HINTS) from error


def _own_network(value: Any) -> NetworkReport | None:
    """`network.json` of a network that our `cpu` compiler made."""
    if not isinstance(value, dict) or not {"compiler", "arena_bytes", "weights_bytes"} <= value.keys():
        return None
    compiler = value["compiler"]
    return NetworkReport(
        kind="network.json",
        tool=compiler["name"],
        release=compiler["version"],
        path="cpu" if compiler["name"] == "cpu" else "unknown",
    )


def _read_folder(folder: Path) -> NetworkReport:
    """The best of a folder's files, with the errors and notes of all."""
    found = sorted(_reports(folder), key=lambda pair: (_rank(pair[1]), pair[0].name))
    if not found or all(report.kind == "damaged file" for _, report in found):
        raise InputError(f"{folder}: nothing of stedgeai's in this folder", *_HINTS)
    reports = [report for _, report in found]
    best = next((report for report in reports if report.pools and report.tool), reports[0])
    counted = next((report for report in reports if report.counts.total is not None), best)
    named = next((report for report in reports if report.version), best)
    paths = {report.path for report in reports} - {"unknown"}
    return attrs.evolve(
        best,
        kind="folder",
        tool=next((report.tool for report in reports if report.tool), None),
        core=named.core,
        release=named.release,
        path=best.path if best.path != "unknown" else paths.pop() if len(paths) == 1 else "unknown",
        counts=best.counts if best.counts.total is not None else counted.counts,
        epochs=best.epochs or counted.epochs,
        errors=unique([*(error for report in reports for error in report.errors), *_stale(found)]),
        notes=unique(note for report in reports for note in report.notes),
    )


def _reports(folder: Path) -> Iterator[tuple[Path, NetworkReport]]:
    # The tool's default folders lie in the one it was called in.
    for place in (folder, folder / "st_ai_output", folder / "network"):
        if not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            if path.is_file() and path.suffix in _ENDINGS:
                report = _read_or_complain(path)
                if report is not None:
                    yield path, report


def _read_or_complain(path: Path) -> NetworkReport | None:
    try:
        return read_file(path)
    except InputError as error:
        # Other people's JSON may lie here too; a damaged c_info is worth a word.
        named = path.name.endswith("c_info.json")
        return NetworkReport(kind="damaged file", errors=(f"DamagedFile: {error.message}",)) if named else None


def _rank(report: NetworkReport) -> int:
    return next((at for at, kind in enumerate(_RANK) if report.kind.startswith(kind)), len(_RANK))


def _stale(found: list[tuple[Path, NetworkReport]]) -> Iterator[str]:
    """Files of several releases in one folder: some are left over from an earlier run."""
    kinds = ("c_info", "report of generate", "network.c")
    versions = {report.version for _, report in found if report.kind.startswith(kinds) and report.version}
    if len(versions) > 1:
        yield f"StaleFiles: files of several releases lie in one folder ({', '.join(sorted(versions))})"
