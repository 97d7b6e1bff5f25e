"""What the tool prints and writes as text: pool tables, epoch lists, summaries, in the forms of the releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stedgeai_parts.layout import Pool
from stedgeai_parts.network_text import Block, BufferText
from stedgeai_parts.releases import Release

_C_TYPES = {"INT8": "int8", "UINT8": "uint8", "FLOAT": "f32"}


def amount(size: int) -> str:
    """As the tables have it: three decimals, binary units."""
    if size < 1024:
        return f"{size:>10}  B"
    return f"{size / 1024:>10.3f} kB" if size < 1 << 20 else f"{size / (1 << 20):>10.3f} MB"


def memory_table(pools: Sequence[Pool]) -> list[str]:
    """`Memory usage information` and `Used memory ranges`."""
    lines = ["Memory usage information  (input/output buffers are included in activations)", "-" * 84]
    for pool in pools:
        share = f"({100 * pool.used / pool.size if pool.size else 0:6.2f} % used)"
        parts = (pool.used, 0) if pool.read_only else (0, pool.used)
        lines.append(
            f"\t{pool.name:<10} [0x{pool.base:08X} - 0x{pool.base + pool.size:08X}]: {amount(pool.used)} / "
            f"{amount(pool.size)}  {share} -- weights: {amount(parts[0])} {share}  activations: "
            f"{amount(parts[1])} {share}"
        )
    lines += ["---", f"Total: {amount(sum(pool.used for pool in pools))}", "=" * 84, "", "Used memory ranges", "-" * 84]
    for pool in pools:
        if pool.used:
            end = pool.base + -(-pool.used // 16) * 16
            span = f"[0x{pool.base:08X} - 0x{pool.base + pool.size:08X}]"
            lines.append(f"\t{pool.name:<10} {span}: 0x{pool.base:08X}-0x{end:08X}")
    return [*lines, "=" * 84, ""]


def epoch_list(release: Release, blocks: Sequence[Block]) -> list[str]:
    """`Epochs details`."""
    count = {
        kind: sum(b.last - b.first + 1 for b in blocks if b.kind == kind) for kind in ("hw", "blob", "sw", "hybrid")
    }
    total = sum(count.values())
    lines = ["Epochs details", "-" * 84]
    if not release.marked:
        lines += [f"Total number of epochs: {total} of which {count['sw']} implemented in software", "---"]
        lines.append("epoch ID   HW/SW/EC Operation (SW only)")
        for block in blocks:
            word = {"hw": "HW", "blob": "EC", "sw": f"-SW-   ({block.operator:^20})", "hybrid": "??"}[block.kind]
            lines += [f"epoch {number:<7} {word}" for number in range(block.first, block.last + 1)]
        return [*lines, "=" * 84]
    blobs = sum(block.kind == "blob" for block in blocks)
    implemented = f"(implemented in {blobs} epoch controller blobs/meta epochs)"
    lines += [
        f"Total number of epochs                             {total:>5}",
        f">> pure software (SW) epochs                       {count['sw']:>5}",
        f">> hybrid epochs (using both software and hardware){count['hybrid']:>5}",
        f">> pure hardware (HW or EC) epochs                 {count['hw'] + count['blob']:>5}  {implemented}",
        "---",
        "+--------------------+--------+--------------+",
        "| epoch ID           |  Type  |   Details    |",
        "+--------------------+--------+--------------+",
    ]
    names = {"hw": "HW", "blob": "EC", "sw": "SW", "hybrid": "Hybrid"}
    for block in blocks:
        name = f"epochs {block.first:>4} -> {block.last}" if block.kind == "blob" else f"epoch_{block.first}"
        lines.append(f"| {name:<18} |{names[block.kind]:^8}|{block.operator:^14}|")
    return [*lines, lines[5], "=" * 84]


def summary(command: str, facts: dict[str, Any], buffers: Sequence[tuple[str, BufferText]]) -> list[str]:
    """`Exec/report summary`."""
    lines = [f" Exec/report summary ({command})", " " + "-" * 90]
    lines += [f" {key:<19}:   {value}" for key, value in facts.items()]
    lines.append(" " + "-" * 90)
    for name, buffer in buffers:
        shape = "x".join(map(str, buffer.shape))
        quantised = f"QLinear({buffer.scale:.9f},{buffer.zero_point},int8), " if buffer.scale is not None else ""
        lines.append(
            f" {name:<19}:   '{buffer.name}', {_C_TYPES[buffer.type]}({shape}), {buffer.size} Bytes, {quantised}"
        )
    return lines


def c_info(
    release: Release,
    arguments: str,
    facts: dict[str, Any],
    pools: Sequence[Pool],
    blocks: Sequence[Block],
    buffers: Sequence[tuple[str, BufferText]],
) -> dict[str, Any]:
    """`network_c_info.json`, without what stedgeai adds to it."""
    by_id = list(enumerate(pools, 1))
    return {
        "json_schema_version": "2.0",
        **({"ec_blobs_info": []} if (release.major, release.minor) >= (2, 2) else {}),
        "environment": {
            "tools": [
                {"name": "ST.EdgeAI.Core", "version": release.title, "arguments": arguments},
                {"name": "ATONN Compiler", "version": release.compiler, "arguments": facts["options"]},
            ],
            "generated_model": {"name": "network", "model_files": []},
            "network_signature": "0x0123456789abcdef",
        },
        "memory_pools": [
            {
                "id": number,
                "name": pool.name,
                "fname": f"atonbuf.{pool.file}.raw",
                "address": str(pool.base),
                "size_bytes": pool.size,
                "used_size_bytes": pool.used,
                "rights": "ACC_READ" if pool.read_only else "ACC_WRITE",
                "user_allocated": False,
                "subpools": [],
                "buffers": [],
            }
            for number, pool in by_id
        ],
        "buffers": [
            {"id": i, "name": b.name, "mpool_id": 1, "size_bytes": b.size, "is_param": False, "shape": list(b.shape)}
            for i, (_, b) in enumerate(buffers, 1)
        ]
        + [
            {
                "id": 100 + n,
                "name": f"in_{pool.name}",
                "mpool_id": n,
                "size_bytes": pool.used,
                "is_param": pool.read_only,
                "shape": [],
            }
            for n, pool in by_id
            if pool.used
        ],
        "graphs": [{"id": 1, "nodes": _nodes(release, blocks), "inputs": [1], "outputs": [2], "edges": []}],
        "memory_accesses": [],
        "power_estimates": [],
    }


def _nodes(release: Release, blocks: Sequence[Block]) -> list[dict[str, Any]]:
    kinds = {"hw": "NODE_HW", "blob": "NODE_EC", "sw": "NODE_SW", "hybrid": "NODE_SW_HW"}
    last = max(block.last for block in blocks) + 1

    def node(name: str, mapping: str, operator: str = "", parts: Sequence[Any] = ()) -> dict[str, Any]:
        said = {"type": operator} if release.marked else {"description": f"Node kind={operator}"}
        return {"name": name, "mapping": mapping, "macc": 0, "subgraph_nodes": list(parts), **said}

    nodes = [node("epoch_0", "NODE_NO_X" if release.marked else "NODE_HW")]
    for block in blocks:
        numbers = range(block.first, block.last + 1)
        if block.kind == "blob" and release.marked:
            parts = [node(f"epoch_{number}", "NODE_HW") for number in numbers]
            nodes.append(node(f"_ec_blob_network_{block.first}", "NODE_EC", "Epoch Controller Blob", parts))
            continue
        inner = [node(block.operator, "NODE_SW", block.operator)] if block.operator else []
        nodes += [node(f"epoch_{number}", kinds[block.kind], "", inner) for number in numbers]
    return [*nodes, node(f"epoch_{last}", "NODE_NO_X" if release.marked else "NODE_SW")]
