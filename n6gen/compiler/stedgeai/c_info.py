"""`<name>_c_info.json`: schema 2.0 in every release from 1.0 to 4.0.1, and what 2.x `validate` leaves in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from n6gen.compiler.stedgeai import version
from n6gen.compiler.stedgeai.failures import NPU_ASKED, not_npu
from n6gen.compiler.stedgeai.report import Epoch, EpochCounts, EpochKind, NetworkReport, Path, Pool

#: The compiler of NPU code, as an entry of `environment.tools`: the sure mark of the NPU path.
_NPU_COMPILER = "ATONN Compiler"
_KINDS: Mapping[str, EpochKind] = {
    "NODE_HW": "hw",
    "NODE_EC": "hw",
    "NODE_SW_HW": "hybrid",
    "NODE_SW": "sw",
}
_DESCRIBED = "Node kind="

Json = Mapping[str, Any]


def is_c_info(value: Any) -> bool:
    """Whether a parsed JSON file is a c_info, a validation's included."""
    return isinstance(value, dict) and "json_schema_version" in value and "environment" in value


def read_c_info(info: Json) -> NetworkReport:
    """Read a parsed c_info. Raises KeyError, TypeError or ValueError where it breaks its own schema."""
    tools: list[Json] = info["environment"]["tools"]
    core = version.parse(tools[0]["version"])
    command: str = tools[0].get("arguments", "")
    if "memory_pools" not in info:
        return NetworkReport(
            kind="result of a validation",
            tool="stedgeai",
            path="npu" if "aton_execution_time" in info else "unknown",
            command=command,
            notes=("a validation wrote over the network's c_info; its figures are gone",),
            core=core,
        )
    npu = any(tool["name"] == _NPU_COMPILER for tool in tools[1:])
    path: Path = "npu" if npu else "cpu"
    nodes: list[Json] = info["graphs"][0]["nodes"]
    # Releases from 3.0 on mark their bookkeeping epochs; before, they are the first and the last.
    marked = core is not None and core.major >= 3
    return NetworkReport(
        kind="c_info",
        tool="stedgeai",
        path=path,
        command=command,
        pools=tuple(_pools(info, npu=npu)),
        counts=_counts(nodes, marked=marked) if npu else EpochCounts(),
        epochs=tuple(_epochs(nodes if marked else nodes[1:-1])) if npu else (),
        application_io=_application_io(info) if npu else None,
        errors=(str(not_npu(command)),) if path == "cpu" and NPU_ASKED in command else (),
        core=core,
    )


def _pools(info: Json, *, npu: bool) -> Iterator[Pool]:
    holds = _holds(info)
    traffic = _traffic(info)
    for pool in info["memory_pools"]:
        if pool.get("subpools") or pool.get("user_allocated"):
            continue
        address = pool["address"]
        yield Pool(
            name=pool["name"],
            address=int(address) if npu and address.isdecimal() else None,
            size=pool["size_bytes"] if pool["size_bytes"] >= 0 else None,
            used=pool["used_size_bytes"],
            holds=holds.get(pool["id"], ()) if pool["used_size_bytes"] else (),
            traffic=traffic.get(pool["id"]),
        )


def _holds(info: Json) -> dict[int, tuple[str, ...]]:
    """What lies in each pool. A buffer in a virtual pool may lie in any of that pool's members."""
    members = {pool["id"]: pool.get("subpools") or [pool["id"]] for pool in info["memory_pools"]}
    found: dict[int, set[str]] = {}
    for buffer in info["buffers"]:
        for pool in members.get(buffer["mpool_id"], ()):
            found.setdefault(pool, set()).add("weights" if buffer["is_param"] else "activations")
    return {pool: tuple(sorted(kinds, reverse=True)) for pool, kinds in found.items()}


def _traffic(info: Json) -> dict[int, tuple[int, int]]:
    totals: dict[int, tuple[int, int]] = {}
    for access in info.get("memory_accesses", ()):
        read, written = totals.get(access["mpool_id"], (0, 0))
        totals[access["mpool_id"]] = (read + access["reads"], written + access["writes"])
    return totals


def _counts(nodes: list[Json], *, marked: bool) -> EpochCounts:
    if not marked:
        kinds = Counter(node["mapping"] for node in nodes[1:-1])
        total, sw, hybrid = len(nodes) - 2, kinds["NODE_SW"], kinds["NODE_SW_HW"]
        return EpochCounts(total, total - sw - hybrid, hybrid, sw)
    kinds = Counter(node["mapping"] for node in nodes)
    blobs = [node["subgraph_nodes"] for node in nodes if node["mapping"] == "NODE_EC"]
    in_blobs = sum(part["mapping"] == "NODE_HW" for blob in blobs for part in blob)
    hw, hybrid, sw = kinds["NODE_HW"] + in_blobs, kinds["NODE_SW_HW"], kinds["NODE_SW"]
    return EpochCounts(hw + hybrid + sw, hw, hybrid, sw, len(blobs))


def _epochs(nodes: list[Json]) -> Iterator[Epoch]:
    for node in nodes:
        kind = _KINDS.get(node["mapping"])
        if kind is not None:
            yield Epoch(node["name"], kind, tuple(_operators(node)) if kind != "hw" else ())


def _operators(node: Json) -> Iterator[str]:
    for part in node["subgraph_nodes"]:
        operator = part.get("type") or part.get("description", "").removeprefix(_DESCRIBED)
        if operator:
            yield operator


def _application_io(info: Json) -> tuple[int, int] | None:
    own = [pool for pool in info["memory_pools"] if pool.get("user_allocated")]
    if not own:
        return None
    inputs = sum(pool["size_bytes"] for pool in own if "input" in pool["name"])
    return inputs, sum(pool["size_bytes"] for pool in own) - inputs
