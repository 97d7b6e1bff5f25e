"""Files around a compilation that hold no figures of a network, or few: pools, profiles, options, traffic tables.

A `.mpool` must be strict JSON for the NPU compiler; ST's own profiles may have `//` comments. What breaks that is
reported, never repaired.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from n6gen.compiler.stedgeai import version
from n6gen.compiler.stedgeai.report import NetworkReport, Pool

_MAGNITUDES = {"BYTES": 1, "KBYTES": 1024, "MBYTES": 1024 * 1024}
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*')
_COMPILER = re.compile(r"^# (?:Based on )?Version atonn\.(\d+)\.(\d+)\.(\d+)-(\d+)", re.MULTILINE)
_TRAFFIC_POOL = re.compile(r"^(\w+) , (?:([\d.]+) (B|KB|MB)|\?)", re.MULTILINE)
_TRAFFIC_UNITS = {"B": 1, "KB": 1024, "MB": 1024 * 1024}
_CYCLES = re.compile(r"^Total cycles,(\d+)", re.MULTILINE)

Json = Mapping[str, Any]


def read_mpool(text: str) -> NetworkReport:
    """A memory-pool description, ours or ST's, or the one that the compiler saved. Not strict JSON: an error in it."""
    try:
        pools = tuple(_pools(json.loads(text)))
        text.encode("ascii")
    except json.JSONDecodeError as error:
        return NetworkReport(
            kind="memory pools",
            errors=(f"MpoolNotStrictJson: line {error.lineno}, column {error.colno}: {error.msg}",),
        )
    except UnicodeEncodeError as error:
        return NetworkReport(kind="memory pools", errors=(f"MpoolNotAscii: {error.object[error.start]!r}",))
    except (KeyError, TypeError, ValueError) as error:
        return NetworkReport(kind="memory pools", errors=(f"MpoolIncomplete: {type(error).__name__}: {error}",))
    return NetworkReport(kind="memory pools", pools=pools)


def read_profiles(text: str) -> NetworkReport | None:
    """A file of Neural-ART profiles; None if `text` is something else."""
    try:
        profiles = json.loads(_COMMENT.sub(lambda match: match[1] or "", text))["Profiles"]
        names = ", ".join(profiles)
    except (KeyError, TypeError, ValueError):
        return None
    return NetworkReport(kind="profiles", notes=(f"profiles: {names}",))


def read_json(value: Any) -> NetworkReport | None:
    """The tool's other JSON files, told by their keys; None for any other JSON."""
    if not isinstance(value, dict):
        return None
    if "cli_version_str" in value:
        return _tool_report(value)
    if "machine" in value and "externals" in value:
        return NetworkReport(kind="machine description")
    if {"version", "environment", "tensors"} <= value.keys():
        tool = value["environment"]["tools"][0]
        core = version.parse(tool["version"])
        return NetworkReport(kind="quantisation", tool="stedgeai", command=tool.get("arguments"), core=core)
    return None


def read_options(text: str) -> NetworkReport | None:
    """`atonn_options.ini`: what the NPU compiler was called with; None for any other text."""
    match = _COMPILER.search(text)
    if match is None:
        return None
    release = version.runtime_for(tuple(int(number) for number in match.groups()))
    core = version.parse(release.core) if release else None
    return NetworkReport(kind="options of the NPU compiler", tool="stedgeai", path="npu", core=core)


def read_traffic(text: str) -> NetworkReport | None:
    """`--csv-file`: traffic and cycles of each epoch, or the end of such a table; None for any other text."""
    cycles = _CYCLES.search(text)
    if cycles is None:
        return None
    pools = tuple(
        Pool(name, None, None, round(float(amount) * _TRAFFIC_UNITS[unit]) if amount else 0)
        for name, amount, unit in _TRAFFIC_POOL.findall(text)
    )
    note = f"the compiler's estimate: {int(cycles[1]):,} cycles an inference; a board takes longer"
    return NetworkReport(kind="traffic table", tool="stedgeai", path="npu", pools=pools, notes=(note,))


def _tool_report(value: Json) -> NetworkReport:
    """`<name>_report.json`: it says how much memory, never where."""
    pools = tuple(
        Pool(name, None, None, value[key], (name,))
        for name, key in (("weights", "rom_size"), ("activations", "ram_size"))
    )
    said = [f"{value['exec_cmd']}: {text}" for text in value.get("error_str", ())]
    if value.get("error") and not said:
        said = [f"{value['exec_cmd']}: error {value['error']}"]
    return NetworkReport(
        kind=f"report of {value['exec_cmd']}",
        tool="stedgeai",
        command=value.get("cli_parameters"),
        pools=pools,
        errors=tuple(said),
        core=version.parse(value["cli_version_str"]),
    )


def _pools(value: Json) -> Iterator[Pool]:
    for pool in value["memory"]["mempools"]:
        yield Pool(pool["name"], _amount(pool["offset"]), _amount(pool["size"]), None)


def _amount(entry: Json) -> int:
    return int(entry["value"], 0) * _MAGNITUDES[entry["magnitude"]]
